import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Config, readConfig } from '../config.ts'
import type { Journal } from '../journal/journal.ts'
import { openRedisJournal } from '../journal/redis.ts'
import { openSqliteJournal } from '../journal/sqlite.ts'
import { type Console, readFlags, UsageError } from './usage.ts'
import { workspaceOf } from './workspace.ts'

/** `cursors rotate`: another secret signs cursors; those given out before stay good until the next time. */
export async function rotateCursors(args: readonly string[], console: Console): Promise<number> {
  readFlags(args, [])
  const journals = await openJournals(readConfig(console.env))
  if (journals.length === 0) throw new UsageError('There is no journal yet: nothing has been signed.')
  await useAll(journals, (journal) => journal.rotateSigningKey())
  console.advise(
    'Another secret signs cursors within a minute. Those given out before are good until the next rotation: leave clients time in between.',
  )
  return 0
}

/** `journal renew`: no cursor given out before is good any more. */
export async function renewJournal(args: readonly string[], console: Console): Promise<number> {
  readFlags(args, [])
  const journals = await openJournals(readConfig(console.env))
  if (journals.length === 0) throw new UsageError('There is no journal yet: nothing was put back.')
  await useAll(journals, (journal) => journal.renew())
  console.advise('A new epoch has begun. Start the gateway again: its subscribers are told to fetch anew.')
  return 0
}

async function useAll(journals: readonly Journal[], use: (journal: Journal) => Promise<void>): Promise<void> {
  for (const journal of journals) {
    await use(journal)
    await journal.close()
  }
}

/** The journals that a configuration leads to: in a folder one for each workspace. */
async function openJournals(config: Config): Promise<Journal[]> {
  const { dataDir, redisUrl } = config
  if (redisUrl !== null)
    return [await openRedisJournal({ url: redisUrl, workspaceId: await workspaceOf(config) })]
  const files = (await readdir(dataDir).catch(() => [])).filter((name) => /^journal-.+\.db$/.test(name))
  return Promise.all(files.map((name) => openSqliteJournal({ file: join(dataDir, name) })))
}
