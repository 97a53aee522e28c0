import { writeSync } from 'node:fs'
import type { Journal } from '../../src/journal/journal.ts'
import { openRedisJournal } from '../../src/journal/redis/redis-journal.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts'
import { sampleChange } from './sample-changes.ts'
import type { Place } from './start-appender.ts'

/**
 * A separate process that appends as fast as it can: `appender.ts PLACE NAME`. It prints `ready`, then `<event id> <offset>` for each
 * acknowledged entry. After a rejected append it prints the error's code and exits.
 */
const [placeJson = '', name = ''] = process.argv.slice(2)
const place = JSON.parse(placeJson) as Place
let journal: Journal

const print = (line: string): void => void writeSync(1, `${line}\n`)

/** Appends an entry with two changes, which would reveal half an entry. Every tenth entry is appended twice. */
async function appendOne(id: string): Promise<void> {
  const entry = { dedupeKeys: [id], changes: [sampleChange(id), sampleChange(id)] }
  const [appended] = await journal.append(id.endsWith('0') ? [entry, entry] : [entry])
  print(`${id} ${appended?.changes[0]?.offset}`)
}

async function appendForever(lane: number): Promise<void> {
  for (let n = 0; ; n++) await appendOne(`${name}.${lane}.${n}`)
}

try {
  journal = await ('file' in place ? openSqliteJournal(place) : openRedisJournal(place))
  print('ready')
  await Promise.all([0, 1, 2, 3, 4].map(appendForever))
} catch (error) {
  print(`refused ${(error as { code?: string }).code}`)
  process.exit(0)
}
