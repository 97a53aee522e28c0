import { writeSync } from 'node:fs'
import { openSqliteJournal } from '../../src/journal/sqlite.ts'
import { sampleChange } from './sample.ts'

/**
 * A process of its own that appends as fast as it can: `appender.ts FILE NAME`. It says `ready`, then `<event id> <offset>` for each
 * entry once it's acknowledged, and ends with the code of the error when one is refused.
 */
const [file = '', name = ''] = process.argv.slice(2)
const journal = await openSqliteJournal({ file })

const say = (line: string): void => void writeSync(1, `${line}\n`)

/** Each entry is two changes: half an entry would show. Every tenth comes twice. */
async function appendOne(id: string): Promise<void> {
  const entry = { dedupeKey: id, changes: [sampleChange(id), sampleChange(id)] }
  const [appended] = await journal.append(id.endsWith('0') ? [entry, entry] : [entry])
  say(`${id} ${appended?.changes[0]?.offset}`)
}

async function appendOnAndOn(lane: number): Promise<void> {
  for (let n = 0; ; n++) await appendOne(`${name}.${lane}.${n}`)
}

say('ready')
try {
  await Promise.all([0, 1, 2, 3, 4].map(appendOnAndOn))
} catch (error) {
  say(`refused ${(error as { code?: string }).code}`)
}
