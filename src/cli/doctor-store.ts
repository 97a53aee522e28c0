import { access, constants, readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { openKeyStore } from '../auth/open-keys.ts'
import type { Config } from '../config.ts'
import { checkRedis } from '../journal/redis-health.ts'
import { headOfFile } from '../journal/sqlite.ts'
import type { Finding } from './finding.ts'
import { workspaceOf } from './workspace.ts'

/** Whether the folder of everything that is kept can be written. */
export async function checkDataDir({ dataDir }: Config): Promise<Finding> {
  const folder = resolve(dataDir)
  const nearest = await nearestExisting(folder)
  const where = nearest === folder ? folder : `${folder} (to be made in ${nearest})`
  try {
    if (!(await stat(nearest)).isDirectory()) throw new Error('it is a file')
    await access(nearest, constants.W_OK | constants.X_OK)
    return { state: 'ok', found: `${where} can be written` }
  } catch (error) {
    const found = `${where} can't be written: ${(error as Error).message}`
    return { state: 'FAIL', found, advice: 'Let this user write there, or set DATA_DIR to another folder.' }
  }
}

async function nearestExisting(folder: string): Promise<string> {
  const exists = await stat(folder).then(
    () => true,
    () => false,
  )
  return exists || dirname(folder) === folder ? folder : nearestExisting(dirname(folder))
}

/** How many keys there are, and whether they can be read. */
export async function checkKeyStore(config: Config): Promise<Finding> {
  const file = join(config.dataDir, 'keys.db')
  const where = config.redisUrl === null ? file : 'Redis'
  if (config.redisUrl === null && (await nearestExisting(file)) !== file)
    return { state: 'note', found: 'there are no keys yet', advice: makeKey }
  try {
    const store = await openKeyStore({ ...config, workspaceId: () => workspaceOf(config) })
    const { length } = await store.list()
    await store.close()
    if (length === 0) return { state: 'note', found: 'there are no keys yet', advice: makeKey }
    return { state: 'ok', found: `${length} in ${where}` }
  } catch (error) {
    const found = `those in ${where} can't be read: ${(error as Error).message}`
    return { state: 'FAIL', found, advice: config.redisUrl === null ? restoreKeys : 'See to Redis first.' }
  }
}

const makeKey = 'npm run latchkey -- keys create --name me --scopes read,events'
const restoreKeys = 'Put a backup of the file back, or move it away and make new keys.'

/** Whether the journal is where it should be, and as durable as its promise needs. */
export async function checkJournal(config: Config): Promise<Finding> {
  return config.redisUrl === null ? checkJournalFiles(config) : checkJournalInRedis(config.redisUrl)
}

async function checkJournalInRedis(url: string): Promise<Finding> {
  const health = await checkRedis(url)
  if (health.state === 'unreachable')
    return {
      state: 'FAIL',
      found: health.reason,
      advice: 'Start it, let this machine connect, or correct REDIS_URL.',
    }
  const { address, version, problems } = health
  const found = `Redis ${version} at ${address}`
  if (problems.length === 0) return { state: 'ok', found: `${found}, which keeps what it acknowledges` }
  return {
    state: 'FAIL',
    found: `${found}: ${problems.map((problem) => problem.found).join('; ')}`,
    advice: problems.map((problem) => problem.advice).join(' '),
  }
}

/** One file for each workspace that this gateway has served. */
async function checkJournalFiles({ dataDir }: Config): Promise<Finding> {
  const files = (await readdir(dataDir).catch(() => [])).filter((file) => /^journal-.+\.db$/.test(file))
  if (files.length === 0) return { state: 'note', found: 'none yet; the first start makes it' }
  const found: string[] = []
  for (const name of files) {
    const file = join(dataDir, name)
    try {
      found.push(`${file} at change ${headOfFile(file)}`)
    } catch (error) {
      const advice =
        'Put a backup of the file back, or move it away: subscribers are then told to fetch anew.'
      return { state: 'FAIL', found: `${file} can't be opened: ${(error as Error).message}`, advice }
    }
  }
  return { state: 'ok', found: found.join('; ') }
}
