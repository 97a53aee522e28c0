import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBoundedClock, isClockTrusted } from '../../src/journal/bounded-clock.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openRedisJournal } from '../../src/journal/redis/redis-journal.ts'
import { trimJournal } from '../../src/journal/retention.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts'
import { Secret } from '../../src/model/secret.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { systemClock } from '../../src/seam/calls/clock.ts'
import { createSeamClient } from '../../src/seam/client.ts'
import { startRedis } from '../support/redis-server.ts'
import { sampleEntry } from './sample-changes.ts'

const dayMs = 86_400_000
const ahead = () => Date.now() + 365 * dayMs
const count = async (journal: Journal) => (await journal.read(0, 100)).length

describe('a clock that steps', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-clock-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('should delete nothing by age if it differs from the clock of Seam, or before Seam has answered', async () => {
    const file = join(folder, 'journal.db')
    const right = await openSqliteJournal({ file })
    for (const id of ['a', 'b', 'c', 'd']) await right.append([sampleEntry(id)])
    await right.close()
    const journal = await openSqliteJournal({ file, now: () => new Date(ahead()) })
    const trim = (aheadMs: number | null, keepAtMost = 100) =>
      trimJournal(journal, {
        keptMs: 30 * dayMs,
        keepAtMost,
        audit: { keptMs: 30 * dayMs, keepAtMost: 1_000 },
        getClockLeadMs: () => aheadMs,
      })
    for (const aheadMs of [365 * dayMs, 60_001, -60_001, null]) expect(await trim(aheadMs)).toBe(0)
    expect(await trim(null, 3)).toBe(1)
    expect(await trim(-dayMs, 2)).toBe(1)
    expect((await journal.append([sampleEntry('a')]))[0]?.isDuplicate).toBe(true)
    // Both clocks agree that a year has passed.
    expect(await trim(60_000)).toBe(2)
    await journal.close()
  })

  it('should be detected by the time in responses of Seam', async () => {
    await using sandbox = await startSandbox({ port: 0, activity: false, systems: 1, residents: 1 })
    for (const stepMs of [0, 365 * dayMs, -dayMs]) {
      const clock = { ...systemClock, now: () => Date.now() + stepMs }
      const seam = createSeamClient({ apiKey: new Secret(sandbox.apiKey), endpoint: sandbox.url, clock })
      expect(seam.clockAheadMs).toBeNull()
      await seam.listSystems()
      expect(Math.abs((seam.clockAheadMs ?? 0) - stepMs)).toBeLessThan(30_000)
      seam.close()
    }
  })

  it('should be detected between two responses of Seam', async () => {
    await using sandbox = await startSandbox({ port: 0, activity: false, systems: 1, residents: 1 })
    let stepMs = 0
    const clock = { ...systemClock, now: () => Date.now() + stepMs }
    const seam = createSeamClient({ apiKey: new Secret(sandbox.apiKey), endpoint: sandbox.url, clock })
    await seam.listSystems()
    expect(isClockTrusted(seam.clockAheadMs)).toBe(true)
    stepMs = 365 * dayMs
    expect(isClockTrusted(seam.clockAheadMs)).toBe(false)
    stepMs = 0
    expect(isClockTrusted(seam.clockAheadMs)).toBe(true)
    seam.close()
  })

  it('should never record a change as older than the one before it', async () => {
    let clock = Date.parse('2026-07-20T12:00:00.000Z')
    const file = join(folder, 'journal.db')
    let journal = await openSqliteJournal({ file, now: () => new Date(clock) })
    await journal.append([sampleEntry('a')])
    clock -= 400 * dayMs
    await journal.append([sampleEntry('b')])
    await journal.close()
    journal = await openSqliteJournal({ file, now: () => new Date(clock) })
    await journal.append([sampleEntry('c')])
    const times = (await journal.read(0, 10)).map(({ recordedAt }) => recordedAt)
    expect(times).toEqual(times.toSorted())
    // By the correct clock, nothing is 30 days old.
    clock += 400 * dayMs
    expect(await journal.trim(30 * dayMs)).toBe(0)
    expect(await count(journal)).toBe(3)
    await journal.close()
  })

  it('should not age anything by a step forward, and should follow a step back at once', () => {
    let [wall, elapsed] = [1_000 * dayMs, 5_000]
    const clock = createBoundedClock(
      () => wall,
      () => elapsed,
    )
    expect(clock()).toBe(1_000 * dayMs)
    wall += 365 * dayMs
    elapsed += dayMs
    expect(clock()).toBe(1_001 * dayMs)
    wall = 10 * dayMs
    expect(clock()).toBe(10 * dayMs)
  })

  /** Appends an entry, and resolves with its record time. */
  async function recordedAt(journal: Journal, id: string): Promise<number> {
    const [appended] = await journal.append([sampleEntry(id)])
    return Date.parse(appended?.changes[0]?.recordedAt ?? '')
  }

  it('should reset a record time that is far ahead once the clock is trusted', async () => {
    const start = Date.parse('2026-07-20T12:00:00.000Z')
    let [clock, isTrusted] = [start + 365 * dayMs, false]
    const options = {
      file: join(folder, 'journal.db'),
      now: () => new Date(clock),
      isClockTrusted: () => isTrusted,
    }
    let journal = await openSqliteJournal(options)
    expect(await recordedAt(journal, 'wrong')).toBe(start + 365 * dayMs)
    await journal.close()
    // The clock is correct again, but not trusted yet.
    clock = start
    journal = await openSqliteJournal(options)
    expect(await recordedAt(journal, 'untrusted')).toBe(start + 365 * dayMs)
    isTrusted = true
    expect(await recordedAt(journal, 'right')).toBe(start)
    // A small step back does not reset the record time.
    clock = start - 3_600_000
    expect(await recordedAt(journal, 'a step back')).toBe(start)
    clock = start + 5
    expect(await recordedAt(journal, 'later')).toBe(start + 5)
    await journal.close()
  })

  it('should reset a record time in Redis that is far ahead once both clocks are trusted', async () => {
    await using redis = await startRedis()
    const start = Date.parse('2026-07-20T12:00:00.000Z')
    let [server, process, isTrusted] = [start + 365 * dayMs, start + 365 * dayMs, false]
    const journal = await openRedisJournal({
      url: redis.url,
      workspaceId: 'w',
      now: () => new Date(server),
      processNow: () => process,
      isClockTrusted: () => isTrusted,
    })
    const wrong = start + 365 * dayMs
    expect(await recordedAt(journal, 'wrong')).toBe(wrong)
    ;[server, process] = [start, start]
    await journal.trim(30 * dayMs)
    expect(await recordedAt(journal, 'untrusted')).toBe(wrong)
    // The process's clock is trusted, but it does not agree with the server's.
    ;[isTrusted, process] = [true, start + 60_001]
    await journal.trim(30 * dayMs)
    expect(await recordedAt(journal, 'at odds')).toBe(wrong)
    process = start + 60_000
    await journal.trim(30 * dayMs)
    expect(await recordedAt(journal, 'right')).toBe(start)
    server = start - 3_600_000
    process = server
    await journal.trim(30 * dayMs)
    expect(await recordedAt(journal, 'a step back')).toBe(start)
    await journal.close()
  })

  it('should not delete changes after a recent one, though a clock that ran behind recorded them as old', async () => {
    const file = join(folder, 'journal.db')
    await (await openSqliteJournal({ file })).close()
    const db = new DatabaseSync(file)
    const days = [40, 40, 1, 40, 40, 1]
    for (const [index, age] of days.entries())
      db.prepare('INSERT INTO changes (offset, recorded_at, content) VALUES (?, ?, ?)').run(
        index + 1,
        new Date(Date.now() - age * dayMs).toISOString(),
        JSON.stringify(sampleEntry(`${index}`).changes[0]),
      )
    db.close()
    const journal = await openSqliteJournal({ file })
    expect(await journal.trim(30 * dayMs)).toBe(2)
    expect(await count(journal)).toBe(4)
    expect(await journal.readFloor()).toBe(2)
    expect(await journal.trim(30 * dayMs, 1)).toBe(3)
    await journal.close()
  })

  it.each([365 * dayMs, -365 * dayMs])(
    'should not expire a lease or value in a file by a step of %d ms, but elapsed time should',
    async (stepMs) => {
      let [clock, elapsed] = [Date.parse('2026-07-20T12:00:00.000Z'), 1_000]
      const options = {
        file: join(folder, 'journal.db'),
        now: () => new Date(clock),
        elapsedMs: () => elapsed,
      }
      let journal = await openSqliteJournal(options)
      await journal.putValueIfAbsent('key', 'first', dayMs)
      const lease = await journal.acquireLease('lease', 'holder', 6_000)
      clock += stepMs
      await journal.trim(Number.MAX_SAFE_INTEGER)
      expect(await journal.putValueIfAbsent('key', 'second', dayMs)).toBe('first')
      expect(await journal.getLease('lease')).toEqual(lease)
      expect(await journal.acquireLease('lease', 'another', 6_000)).toBeNull()
      elapsed += 6_000
      expect(await journal.getLease('lease')).toBeNull()
      await journal.close()
      // Nor does a restart, where the monotonic clock starts again and unmeasured time has passed.
      clock += stepMs
      elapsed = 0
      journal = await openSqliteJournal(options)
      expect(await journal.getValue('key')).toBe('first')
      elapsed += dayMs - 6_001
      expect(await journal.getValue('key')).toBe('first')
      elapsed += 6_001
      expect(await journal.getValue('key')).toBeNull()
      await journal.close()
    },
  )

  it('should not expire a lease of another process in the same file', async () => {
    const file = join(folder, 'journal.db')
    const local = await openSqliteJournal({ file })
    await local.acquireLease('lease', 'local', 60_000)
    const other = await openSqliteJournal({
      file,
      isShared: true,
      now: () => new Date(ahead()),
      elapsedMs: () => 0,
    })
    expect(await other.acquireLease('lease', 'other', 60_000)).toBeNull()
    await Promise.all([local.close(), other.close()])
  })

  it.each([
    ['of a process', { processNow: ahead }],
    ['of Redis', { now: () => new Date(ahead()), processNow: () => Date.now() }],
  ])('should not delete anything from a shared Redis by the clock %s alone', async (_whose, clocks) => {
    await using redis = await startRedis()
    const right = await openRedisJournal({ url: redis.url, workspaceId: 'w' })
    for (const id of ['a', 'b', 'c']) await right.append([sampleEntry(id)])
    const wrong = await openRedisJournal({ url: redis.url, workspaceId: 'w', ...clocks })
    expect(await wrong.trim(30 * dayMs)).toBe(0)
    expect(await count(right)).toBe(3)
    expect((await right.append([sampleEntry('a')]))[0]?.isDuplicate).toBe(true)
    await Promise.all([right.close(), wrong.close()])
  })
})
