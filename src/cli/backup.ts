import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, copyFile, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { pipeline } from 'node:stream/promises'
import { readConfig } from '../config/config.ts'
import { isJournalFile } from '../journal/open-journal.ts'
import { openSqliteJournal } from '../journal/sqlite/sqlite-journal.ts'
import { lockDataDir } from '../storage/data-dir-lock.ts'
import {
  createFolder,
  readChecksummedFile,
  syncFolder,
  unfinishedSuffix,
  writeChecksummedFile,
} from '../storage/durable-files.ts'
import { createJournalAudit } from './journal-audit.ts'
import { type Terminal, UsageError } from './terminal.ts'

/** Lists the files of a backup with their checksums. It is written last: a backup without it is incomplete. */
const manifestName = 'backup.json'
type Manifest = { readonly createdAt: string; readonly sha256: Readonly<Record<string, string>> }

/** Copies all pages in one step: with several steps, SQLite restarts the copy whenever a gateway writes in between. */
const pagesPerStep = 2 ** 31 - 1

const isDatabase = (name: string): boolean => name === 'keys.db' || isJournalFile(name)
/** Backs up everything that cannot be read from Seam again, and the workspace id, with which a gateway starts while Seam is down. */
const isBackedUp = (name: string): boolean => isDatabase(name) || /^workspace-[0-9a-f]+$/.test(name)
const isValidManifestName = (name: string): boolean => isBackedUp(name) && !/[/\\]/.test(name)

/**
 * `backup DIR`: copies the journals, the API keys and the workspace id into a new or empty folder. The gateway may be running. Each
 * copy of a database is a consistent snapshot that contains every write acknowledged before it.
 */
export async function runBackup(terminal: Terminal, [target = '']: readonly string[]): Promise<number> {
  const { dataDir, redisUrl } = readConfig(terminal.env)
  if (redisUrl !== null) throw new UsageError(storedInRedisMessage)
  const names = (await readdir(dataDir).catch(() => [])).filter(isBackedUp)
  if (!names.some(isDatabase))
    throw new UsageError(
      `DATA_DIR ${resolve(dataDir)} holds no journal and no API keys: there is nothing to copy.`,
    )
  await ensureEmptyFolder(target)
  try {
    await copyAll(dataDir, names, target)
  } catch (error) {
    for (const name of await readdir(target)) await rm(join(target, name), { force: true })
    throw error
  }
  terminal.writeMessage(
    `${names.length} files are in ${resolve(target)}. They contain the hashes of API keys and the signing keys of cursors and webhooks: store them where only you can read them.`,
  )
  return 0
}

/**
 * `restore DIR`: copies a backup into a `DATA_DIR` without journals and API keys, and begins a new epoch in each journal, so that
 * cursors issued after the backup result in a gap `JOURNAL_REPLACED`. Copies nothing from a damaged or incomplete backup.
 */
export async function runRestore(terminal: Terminal, [source = '']: readonly string[]): Promise<number> {
  const { dataDir, redisUrl } = readConfig(terminal.env)
  if (redisUrl !== null) throw new UsageError(storedInRedisMessage)
  const names = await checkBackup(source)
  const lock = await lockDataDir(dataDir)
  try {
    const present = (await readdir(dataDir)).filter((name) => isBackedUp(name.replace(/-(wal|shm)$/, '')))
    if (present.some((name) => !name.startsWith('workspace-')))
      throw new UsageError(
        `DATA_DIR ${resolve(dataDir)} already holds ${present.join(', ')}: move these files to another folder first.`,
      )
    for (const name of names) await restoreFile(join(source, name), join(dataDir, name), isJournalFile(name))
  } finally {
    lock.release()
  }
  terminal.writeMessage(
    `${names.length} files are in ${resolve(dataDir)}, and a new epoch has begun. Start the gateway: its subscribers receive a gap and must fetch their data again. API keys that were revoked after the backup are valid again: revoke them now.`,
  )
  return 0
}

const storedInRedisMessage =
  'REDIS_URL is set, so the journal and the API keys are in Redis, and DATA_DIR holds only data that is read from Seam again: back up Redis itself, with its append-only file or an RDB snapshot.'

async function ensureEmptyFolder(target: string): Promise<void> {
  createFolder(resolve(target))
  if ((await readdir(target)).length > 0)
    throw new UsageError(`${resolve(target)} is not empty: use a new or empty folder.`)
}

async function copyAll(dataDir: string, names: readonly string[], target: string): Promise<void> {
  const sha256: Record<string, string> = {}
  for (const name of names) {
    const copy = join(target, name)
    if (isDatabase(name)) await copyDatabase(join(dataDir, name), copy)
    else await copyDurably(join(dataDir, name), copy)
    sha256[name] = await computeChecksum(copy)
  }
  const manifest: Manifest = { createdAt: new Date().toISOString(), sha256 }
  await writeChecksummedFile(join(target, manifestName), JSON.stringify(manifest))
}

/** Copies a database, including its write-ahead log, in one read transaction into one file that is complete by itself. */
async function copyDatabase(file: string, copy: string): Promise<void> {
  using source = new DatabaseSync(file, { timeout: 5_000 })
  await backup(source, copy, { rate: pagesPerStep })
  using copied = new DatabaseSync(copy)
  const { quick_check: health } = copied.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
  if (health !== 'ok') throw new Error(`The copy of ${file} is damaged (${health}). Check the disk.`)
  copied.exec('PRAGMA journal_mode = DELETE')
  await makeDurable(copy)
}

async function copyDurably(file: string, copy: string): Promise<void> {
  await copyFile(file, copy)
  await makeDurable(copy)
}

async function makeDurable(file: string): Promise<void> {
  await chmod(file, 0o600)
  await using handle = await open(file, 'r+')
  await handle.sync()
}

/** Returns the file names of a complete backup. Throws `UsageError` for a damaged or incomplete one. */
async function checkBackup(source: string): Promise<readonly string[]> {
  const manifest = await readChecksummedFile(join(source, manifestName))
  if (manifest.state === 'missing')
    throw new UsageError(
      `${resolve(source)} holds no finished backup: ${manifestName} is missing. Use another backup.`,
    )
  if (manifest.state === 'damaged')
    throw new UsageError(
      `The file ${join(resolve(source), manifestName)} ${manifest.problem}: use another backup.`,
    )
  const { sha256 } = JSON.parse(manifest.text) as Manifest
  for (const [name, expected] of Object.entries(sha256))
    if (
      !isValidManifestName(name) ||
      (await computeChecksum(join(source, name)).catch(() => null)) !== expected
    )
      throw new UsageError(
        `The file ${join(resolve(source), name)} is missing or damaged: use another backup.`,
      )
  return Object.keys(sha256)
}

async function computeChecksum(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** Restores one file under a temporary name until it is complete, because a journal must never be visible in its old epoch. */
async function restoreFile(copy: string, file: string, isJournal: boolean): Promise<void> {
  const unfinished = `${file}${unfinishedSuffix}`
  for (const suffix of ['', '-wal', '-shm']) await rm(`${unfinished}${suffix}`, { force: true })
  await copyDurably(copy, unfinished)
  if (isJournal) await beginNewEpoch(unfinished)
  await rename(unfinished, file)
  await syncFolder(dirname(file))
}

async function beginNewEpoch(file: string): Promise<void> {
  const journal = await openSqliteJournal({ file })
  try {
    await journal.renewEpoch(createJournalAudit('restore'))
  } finally {
    await journal.close()
  }
}
