import { join } from 'node:path'
import type { Journal } from './journal.ts'
import { openRedisJournal } from './redis.ts'
import { openSqliteJournal } from './sqlite.ts'

/** Where a configuration keeps a workspace's journal. Throws `JournalUnavailable` with what to do. */
export function openJournal(config: {
  readonly redisUrl: string | null
  readonly dataDir: string
  readonly workspaceId: string
}): Promise<Journal> {
  const { redisUrl, dataDir, workspaceId } = config
  if (redisUrl !== null) return openRedisJournal({ url: redisUrl, workspaceId })
  return openSqliteJournal({ file: join(dataDir, `journal-${workspaceId}.db`) })
}
