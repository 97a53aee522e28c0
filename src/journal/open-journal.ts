import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Journal } from './journal.ts'
import { openRedisJournal } from './redis/redis-journal.ts'
import { openSqliteJournal } from './sqlite/sqlite-journal.ts'

/** Opens a workspace's journal: in Redis if `redisUrl` is set, else in a file of `dataDir`. Rejects with `JournalUnavailable`. */
export function openJournal(options: {
  readonly redisUrl: string | null
  readonly dataDir: string
  readonly workspaceId: string
  /** Whether a gateway may have the journal open at the same time. */
  readonly isShared?: boolean
  /** Whether this machine's clock agrees with another one. Never, by default. */
  readonly isClockTrusted?: () => boolean
}): Promise<Journal> {
  const { redisUrl, dataDir, workspaceId, isShared = false, isClockTrusted = () => false } = options
  if (redisUrl !== null) return openRedisJournal({ url: redisUrl, workspaceId, isClockTrusted })
  return openSqliteJournal({ file: join(dataDir, `journal-${workspaceId}.db`), isShared, isClockTrusted })
}

/** Returns the names of the journal files in `dataDir`, one for each workspace served so far. Empty if the folder does not exist. */
export async function listJournalFiles(dataDir: string): Promise<readonly string[]> {
  return (await readdir(dataDir).catch(() => [])).filter(isJournalFile)
}

/** Whether this is the name of a journal file. */
export function isJournalFile(name: string): boolean {
  return /^journal-.+\.db$/.test(name)
}
