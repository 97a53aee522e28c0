import { access, constants, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { openApiKeyStore } from '../../auth/api-keys/open-api-key-store.ts'
import type { Config } from '../../config/config.ts'
import type { Journal } from '../../journal/journal.ts'
import { listJournalFiles } from '../../journal/open-journal.ts'
import { checkRedis } from '../../journal/redis/redis-health.ts'
import { openRedisJournal } from '../../journal/redis/redis-journal.ts'
import { openSqliteJournal } from '../../journal/sqlite/sqlite-journal.ts'
import type { Finding } from './finding.ts'

/** Checks that DATA_DIR is writable, or can be created. */
export async function checkDataDir({ dataDir }: Config): Promise<Finding> {
  const folder = resolve(dataDir)
  const nearest = await findNearestExisting(folder)
  const where = nearest === folder ? folder : `${folder} (to be created in ${nearest})`
  try {
    if (!(await stat(nearest)).isDirectory()) throw new Error('it is a file')
    await access(nearest, constants.W_OK | constants.X_OK)
    return { state: 'ok', message: `${where} is writable` }
  } catch (error) {
    const message = `${where} is not writable: ${(error as Error).message}`
    return {
      state: 'FAIL',
      message,
      advice: 'Give this user write permission, or set DATA_DIR to another folder.',
    }
  }
}

async function findNearestExisting(folder: string): Promise<string> {
  const exists = await stat(folder).then(
    () => true,
    () => false,
  )
  return exists || dirname(folder) === folder ? folder : findNearestExisting(dirname(folder))
}

/** Checks that the API keys can be read, and counts them. `workspaceId` is `null` if Seam did not return it. */
export async function checkApiKeyStore(config: Config, workspaceId: string | null): Promise<Finding> {
  const { redisUrl } = config
  const file = join(config.dataDir, 'keys.db')
  if (redisUrl === null && (await findNearestExisting(file)) !== file)
    return { state: 'note', message: 'there are no keys yet', advice: createApiKeyAdvice }
  if (redisUrl !== null && workspaceId === null) return unknownWorkspace
  const where = redisUrl === null ? file : 'Redis'
  try {
    const store = await openApiKeyStore({ ...config, workspaceId: async () => workspaceId ?? '' })
    const { length } = await store.list()
    await store.close()
    if (length === 0) return { state: 'note', message: 'there are no keys yet', advice: createApiKeyAdvice }
    return { state: 'ok', message: `${length} in ${where}` }
  } catch (error) {
    const message = `those in ${where} can't be read: ${(error as Error).message}`
    return {
      state: 'FAIL',
      message,
      advice: redisUrl === null ? restoreApiKeysAdvice : 'Correct the Redis finding first.',
    }
  }
}

/** The finding for data in Redis, which belongs to a workspace, if the workspace is unknown. It says nothing about Redis. */
const unknownWorkspace: Finding = {
  state: 'note',
  message: 'not checked: the data in Redis belongs to a workspace, whose id needs a valid Seam API key',
  advice: 'Correct the Seam API key first.',
}

const createApiKeyAdvice = 'npm run latchkey -- keys create --name me --scopes read,events'
const restoreApiKeysAdvice =
  'Restore a backup of the file, or move it to another folder and create new API keys.'

/** Checks that Redis can be reached, and does not lose acknowledged writes. */
export async function checkRedisServer(url: string): Promise<Finding> {
  const health = await checkRedis(url)
  if (health.state === 'unreachable')
    return {
      state: 'FAIL',
      message: health.reason,
      advice: 'Start Redis, allow this machine to connect, or correct REDIS_URL.',
    }
  const { address, version, problems } = health
  const server = `Redis ${version} at ${address}`
  if (problems.length === 0)
    return { state: 'ok', message: `${server}, which does not lose acknowledged writes` }
  return {
    state: 'FAIL',
    message: `${server}: ${problems.map((problem) => problem.found).join('; ')}`,
    advice: problems.map((problem) => problem.advice).join(' '),
  }
}

/** Checks that each journal can be opened and appended to. */
export async function checkJournal(config: Config, workspaceId: string | null): Promise<Finding> {
  const { dataDir, redisUrl } = config
  if (redisUrl !== null)
    return workspaceId === null
      ? unknownWorkspace
      : checkOneJournal(
          'the one in Redis',
          () => openRedisJournal({ url: redisUrl, workspaceId }),
          'Correct the Redis finding first.',
        )
  const files = await listJournalFiles(dataDir)
  if (files.length === 0) return { state: 'note', message: 'none yet: the first start creates it' }
  const messages: string[] = []
  // There is one file for each workspace that this gateway has served.
  for (const name of files) {
    const file = join(dataDir, name)
    const finding = await checkOneJournal(
      file,
      () => openSqliteJournal({ file, isShared: true }),
      restoreJournalAdvice,
    )
    if (finding.state === 'FAIL') return finding
    messages.push(finding.message)
  }
  return { state: 'ok', message: messages.join('; ') }
}

const restoreJournalAdvice =
  'Make the file writable for this user. If it is damaged, restore a backup, or move it to another folder: subscribers then receive a gap and must fetch their data again.'

async function checkOneJournal(
  description: string,
  open: () => Promise<Journal>,
  advice: string,
): Promise<Finding> {
  try {
    const journal = await open()
    try {
      // An entry without changes is invisible to subscribers; its dedupe key is always the same.
      await journal.append([{ dedupeKeys: ['doctor'], changes: [] }])
      await journal.putValue('doctor', '', 60_000)
      return {
        state: 'ok',
        message: `${description} at change ${await journal.readHead()}, writable`,
      }
    } finally {
      await journal.close()
    }
  } catch (error) {
    return { state: 'FAIL', message: `${description} can't be used: ${(error as Error).message}`, advice }
  }
}
