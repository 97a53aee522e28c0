import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Journal } from '../../src/journal/journal.ts'
import { openRedisJournal } from '../../src/journal/redis/redis-journal.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts'
import { startRedis } from '../support/redis-server.ts'
import { type Counts, countMembers, countRows } from '../support/store-counts.ts'
import { sampleEntry } from './sample-changes.ts'

const times = 10_000
const dayMs = 86_400_000
const numbers = Array.from({ length: times }, (_, index) => index)
const keptChanges = 100

/** Every operation of a journal. None of them may leave data behind for ever. */
const operations: Readonly<Record<string, (journal: Journal, index: number) => Promise<unknown>>> = {
  append: (journal, n) => journal.append([sampleEntry(`event ${n}`)]),
  'append a duplicate': (journal) => journal.append([sampleEntry('event 1')]),
  'append nothing': (journal) => journal.append([]),
  read: (journal, n) => journal.read(n, 1),
  bounds: (journal) => Promise.all([journal.readHead(), journal.readFloor()]),
  'put and delete a value': async (journal, n) => {
    await journal.putValueIfAbsent(`key ${n}`, 'value', dayMs)
    await journal.deleteValue(`key ${n}`)
  },
  'put the same value': (journal) => journal.putValueIfAbsent('same', 'value', dayMs),
  'put a value that expires': (journal, n) => journal.putValueIfAbsent(`moment ${n}`, 'value', 1),
  'replace a value': (journal, n) => journal.putValue('replaced', `${n}`, dayMs),
  'acquire and release a lease': async (journal, n) => {
    const lease = await journal.acquireLease(`lease ${n}`, 'holder', 60_000)
    if (lease !== null) await journal.releaseLease(lease)
  },
  'let a lease expire': (journal, n) => journal.acquireLease(`left ${n}`, 'holder', 1),
  'renew a lease': (journal) => journal.acquireLease('renewed', 'holder', 60_000),
}

async function runAllOperations(journal: Journal): Promise<void> {
  for (const run of Object.values(operations))
    for (let start = 0; start < times; start += 500)
      await Promise.all(numbers.slice(start, start + 500).map((n) => run(journal, n)))
  for (let n = 0; n < 100; n++) await journal.rotateSigningKey()
}

/** Runs all operations twice, a month apart, and expects the same numbers of rows after both. */
async function expectBounded(
  journal: Journal,
  passTime: (ms: number) => void,
  count: () => Promise<Counts>,
): Promise<void> {
  await runAllOperations(journal)
  passTime(31 * dayMs)
  await journal.trim(30 * dayMs, keptChanges)
  const first = await count()
  for (const [name, rows] of Object.entries(first)) expect(rows, name).toBeLessThanOrEqual(keptChanges)
  await runAllOperations(journal)
  passTime(31 * dayMs)
  await journal.trim(30 * dayMs, keptChanges)
  expect(await count()).toEqual(first)
}

describe(`${times} runs of every operation`, () => {
  it('should leave nothing in SQLite after retention', { timeout: 600_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-growth-'))
    const file = join(folder, 'journal.db')
    let clock = Date.parse('2026-07-20T12:00:00.000Z')
    const journal = await openSqliteJournal({ file, now: () => new Date(clock) })
    await expectBounded(
      journal,
      (ms) => {
        clock += ms
      },
      async () => countRows(file),
    )
    // The write-ahead log is truncated as well.
    expect((await stat(`${file}-wal`)).size).toBeLessThanOrEqual(16 * 1024 * 1024)
    await journal.close()
    await rm(folder, { recursive: true })
  })

  it('should leave nothing in Redis after retention', { timeout: 600_000 }, async () => {
    await using redis = await startRedis(['--appendfsync', 'no'])
    let clock = Date.parse('2026-07-20T12:00:00.000Z')
    const journal = await openRedisJournal({ url: redis.url, workspaceId: 'w', now: () => new Date(clock) })
    await expectBounded(
      journal,
      (ms) => {
        clock += ms
      },
      () => countMembers(redis),
    )
    await journal.close()
  })
})
