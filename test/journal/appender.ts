import { writeSync } from 'node:fs'
import type { Journal } from '../../src/journal/journal.ts'
import { openRedisJournal } from '../../src/journal/redis.ts'
import { openSqliteJournal } from '../../src/journal/sqlite.ts'
import type { Place } from './appending.ts'
import { sampleChange } from './sample.ts'

/**
 * A process of its own that appends as fast as it can: `appender.ts PLACE NAME`. It says `ready`, then `<event id> <offset>` for each
 * entry once it's acknowledged, and ends with the code of the error when one is refused.
 */
const [where = '', name = ''] = process.argv.slice(2)
const place = JSON.parse(where) as Place
let journal: Journal

const say = (line: string): void => void writeSync(1, `${line}\n`)

/** Each entry is two changes: half an entry would show. Every tenth comes twice. */
async function appendOne(id: string): Promise<void> {
  const entry = { dedupeKeys: [id], changes: [sampleChange(id), sampleChange(id)] }
  const [appended] = await journal.append(id.endsWith('0') ? [entry, entry] : [entry])
  say(`${id} ${appended?.changes[0]?.offset}`)
}

async function appendOnAndOn(lane: number): Promise<void> {
  for (let n = 0; ; n++) await appendOne(`${name}.${lane}.${n}`)
}

try {
  journal = await ('file' in place ? openSqliteJournal(place) : openRedisJournal(place))
  say('ready')
  await Promise.all([0, 1, 2, 3, 4].map(appendOnAndOn))
} catch (error) {
  say(`refused ${(error as { code?: string }).code}`)
  process.exit(0)
}
