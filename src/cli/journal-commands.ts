import { join } from 'node:path'
import { type Config, readConfig } from '../config/config.ts'
import type { Journal } from '../journal/journal.ts'
import { listJournalFiles } from '../journal/open-journal.ts'
import { openRedisJournal } from '../journal/redis/redis-journal.ts'
import { openSqliteJournal } from '../journal/sqlite/sqlite-journal.ts'
import { lockDataDir } from '../storage/data-dir-lock.ts'
import { createJournalAudit } from './journal-audit.ts'
import { type Terminal, UsageError } from './terminal.ts'
import { fetchWorkspaceId } from './workspace-id.ts'

/** `cursors rotate`: adds a new signing key for cursors. Cursors issued before remain valid until the next rotation. */
export async function rotateCursorKey(terminal: Terminal): Promise<number> {
  const journals = await openJournals(readConfig(terminal.env))
  if (journals.length === 0)
    throw new UsageError(
      'There is no journal yet, so there is no signing key to rotate. Start the gateway first.',
    )
  await forEachJournal(journals, (journal) => journal.rotateSigningKey(createJournalAudit('cursors rotate')))
  terminal.writeMessage(
    'A new key signs cursors within a minute. Cursors issued before are valid until the next rotation: give clients time before you rotate again.',
  )
  return 0
}

/** `journal renew`: begins a new epoch in each journal, which invalidates every cursor issued before. */
export async function renewJournal(terminal: Terminal): Promise<number> {
  const config = readConfig(terminal.env)
  // A running gateway would continue in the old epoch of a SQLite file. With Redis it notices the new epoch.
  const lock = config.redisUrl === null ? await lockDataDir(config.dataDir) : null
  try {
    const journals = await openJournals(config)
    if (journals.length === 0)
      throw new UsageError('There is no journal yet. Restore one first, or start the gateway.')
    await forEachJournal(journals, (journal) => journal.renewEpoch(createJournalAudit('journal renew')))
  } finally {
    lock?.release()
  }
  terminal.writeMessage(
    'A new epoch has begun. Start the gateway: its subscribers receive a gap and must fetch their data again.',
  )
  return 0
}

async function forEachJournal(
  journals: readonly Journal[],
  work: (journal: Journal) => Promise<void>,
): Promise<void> {
  for (const journal of journals) {
    await work(journal)
    await journal.close()
  }
}

/** Opens the journals of a configuration: the one in Redis, or those in `DATA_DIR`, one for each workspace. */
async function openJournals(config: Config): Promise<Journal[]> {
  const { dataDir, redisUrl } = config
  if (redisUrl !== null)
    return [await openRedisJournal({ url: redisUrl, workspaceId: await fetchWorkspaceId(config) })]
  const files = await listJournalFiles(dataDir)
  return Promise.all(files.map((name) => openSqliteJournal({ file: join(dataDir, name), isShared: true })))
}
