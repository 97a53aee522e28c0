import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type AuditRange,
  type Journal,
  JournalUnavailable,
  type Lease,
  LeaseLost,
} from '../../src/journal/journal.ts'
import type { TailBatch } from '../../src/journal/tail.ts'
import { type AuditRow, auditSortKey } from '../../src/model/audit.ts'
import type { Change, NewChange } from '../../src/model/change.ts'
import type { AcsEntranceId } from '../../src/model/ids.ts'
import { describeConditions } from './append-conditions-suite.ts'
import { describeAgainstModel } from './model-based-suite.ts'
import { sampleChange, sampleEntry } from './sample-changes.ts'
import { describeSearch } from './search-suite.ts'

/** A store for journals: an opened journal finds what earlier ones have written. */
export type Store = {
  open(now: () => Date): Promise<Journal>
  remove(): Promise<void>
}

const dayMs = 86_400_000
const idsOf = (changes: readonly Change[]) => changes.map(({ seamEventId }) => seamEventId)
const offsetsOf = (changes: readonly Change[]) => changes.map(({ offset }) => offset)
const changesOf = (batch: TailBatch) => (batch.kind === 'changes' ? batch.changes : [])
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index)

/** Tests that every driver must pass. `createStore` creates an empty store. */
export function describeJournal(driver: string, createStore: () => Promise<Store>): void {
  let store: Store
  let journal: Journal
  let clock = Date.parse('2026-07-20T12:00:00.000Z')
  const now = (): Date => new Date(clock)

  async function reopen(): Promise<void> {
    await journal.close()
    journal = await store.open(now)
  }
  const all = () => journal.read(0, 1_000_000)
  const append = async (...ids: string[]) => journal.append(ids.map(sampleEntry))

  beforeEach(async () => {
    store = await createStore()
    journal = await store.open(now)
  })
  afterEach(async () => {
    await journal.close()
    await store.remove()
  })

  describe(`${driver}: append`, () => {
    it('should assign dense offsets from 1, in the order of the entries, over calls and restarts', async () => {
      expect(await journal.readHead()).toBe(0)
      const [first, second] = await append('a', 'b')
      await reopen()
      const [third] = await append('c')
      const appended = [first, second, third].flatMap((result) => result?.changes ?? [])
      expect(offsetsOf(appended)).toEqual([1, 2, 3])
      expect(idsOf(appended)).toEqual(['a', 'b', 'c'])
      expect(await all()).toEqual(appended)
      expect(await journal.readHead()).toBe(3)
    })

    it('should return all fields of a change, and its record time', async () => {
      const change = sampleChange('a', {
        actor: 'ada "quoted" 🔑',
        acsEntranceIds: ['55555555-5555-4555-8555-555555555555' as AcsEntranceId],
        accessMethod: 'MOBILE_KEY',
        changedFields: ['endsAt', 'displayName'],
        problem: { code: 'lost', message: 'line\nbreak', since: null },
      })
      await journal.append([{ dedupeKeys: [], changes: [change] }])
      await reopen()
      expect(await all()).toEqual([{ ...change, offset: 1, recordedAt: now().toISOString() }])
    })

    it('should drop properties that are not fields of a change', async () => {
      const problem = { code: 'lost', message: 'm', since: null, error_data: '8675309' }
      const change = { ...sampleChange('a', { problem }), code: '8675309' } as NewChange
      const [appended] = await journal.append([{ dedupeKeys: [], changes: [change] }])
      expect(JSON.stringify([appended, await all()])).not.toContain('8675309')
    })

    it('should append the changes of an entry next to each other, also with many concurrent callers', async () => {
      const entries = upTo(50).map((n) => ({
        dedupeKeys: [`${n}`],
        changes: [sampleChange(`${n}`), sampleChange(`${n}`)],
      }))
      await Promise.all(entries.map((entry) => journal.append([entry])))
      const ids = idsOf(await all())
      expect(ids.filter((_, index) => index % 2 === 0)).toEqual(ids.filter((_, index) => index % 2 === 1))
      expect(new Set(ids).size).toBe(50)
    })

    it('should return to each caller its own changes', async () => {
      const answers = await Promise.all(upTo(20).map((n) => append(`${n}`)))
      expect(answers.map(([result]) => result?.changes[0]?.seamEventId)).toEqual(upTo(20).map(String))
    })

    it('should accept an entry without changes, and store its dedupe key', async () => {
      expect(await journal.append([{ dedupeKeys: ['a'], changes: [] }])).toEqual([
        { isDuplicate: false, changes: [] },
      ])
      expect(await append('a')).toEqual([{ isDuplicate: true, changes: [] }])
      expect(await journal.append([])).toEqual([])
      expect(await journal.readHead()).toBe(0)
    })
  })

  describe(`${driver}: duplicates`, () => {
    it('should be reported and stored once: in one call, in concurrent calls, and after a restart', async () => {
      const inOne = await append('a', 'b', 'a')
      expect(inOne.map(({ isDuplicate }) => isDuplicate)).toEqual([false, false, true])
      const atOnce = (await Promise.all([append('c'), append('c'), append('c')])).flat()
      expect(atOnce.map(({ isDuplicate }) => isDuplicate)).toEqual([false, true, true])
      await reopen()
      expect(await append('a', 'c', 'd')).toMatchObject([
        { isDuplicate: true, changes: [] },
        { isDuplicate: true, changes: [] },
        { isDuplicate: false, changes: [{ offset: 4 }] },
      ])
      expect(idsOf(await all())).toEqual(['a', 'b', 'c', 'd'])
    })

    it('should be recognized by any dedupe key, and by all keys of the entry from then on', async () => {
      const entry = (...dedupeKeys: string[]) => ({ dedupeKeys, changes: [sampleChange('x')] })
      const results = await journal.append([
        entry('event', 'deletion'),
        entry('deletion', 'later'),
        entry('later'),
      ])
      expect(results.map(({ isDuplicate }) => isDuplicate)).toEqual([false, true, true])
      expect(await journal.append([entry('other', 'another')])).toMatchObject([{ isDuplicate: false }])
      expect(await journal.readHead()).toBe(2)
    })

    it('should not be recognized if the entry has no dedupe key', async () => {
      const entry = { dedupeKeys: [], changes: [sampleChange('a')] }
      await journal.append([entry, entry])
      expect(await journal.readHead()).toBe(2)
    })

    it('should be recognized for 30 days after the change was trimmed, and for as long as changes are kept', async () => {
      await append('a')
      clock += 29 * dayMs
      await journal.trim(1 * dayMs)
      expect(await all()).toEqual([])
      expect((await append('a'))[0]?.isDuplicate).toBe(true)
      clock += 60 * dayMs
      await journal.trim(365 * dayMs)
      expect((await append('a'))[0]?.isDuplicate).toBe(true)
      await journal.trim(0 * dayMs)
      expect((await append('a'))[0]?.isDuplicate).toBe(false)
    })
  })

  describe(`${driver}: read`, () => {
    it('should return the changes after an offset in order, at most `limit` of them', async () => {
      await append(...upTo(10).map(String))
      expect(offsetsOf(await journal.read(0, 3))).toEqual([1, 2, 3])
      expect(offsetsOf(await journal.read(7, 500))).toEqual([8, 9, 10])
      expect(await journal.read(10, 500)).toEqual([])
      expect(await journal.read(99, 500)).toEqual([])
      expect(await journal.read(0, 0)).toEqual([])
    })
  })

  describe(`${driver}: trim`, () => {
    it('should delete older changes, return their number, and raise the floor', async () => {
      await append('a', 'b')
      clock += dayMs
      await append('c')
      expect(await journal.readFloor()).toBe(0)
      expect(await journal.trim(0.5 * dayMs)).toBe(2)
      expect(await journal.readFloor()).toBe(2)
      expect(offsetsOf(await journal.read(await journal.readFloor(), 10))).toEqual([3])
      expect(await journal.trim(0.5 * dayMs)).toBe(0)
      expect(await journal.readFloor()).toBe(2)
    })

    it('should never assign an offset twice, even after all changes were deleted', async () => {
      await append('a', 'b')
      clock += dayMs
      expect(await journal.trim(0 * dayMs)).toBe(2)
      await reopen()
      expect([await journal.readFloor(), await journal.readHead()]).toEqual([2, 2])
      expect(offsetsOf((await append('c'))[0]?.changes ?? [])).toEqual([3])
    })

    it('should delete more changes than one step does', async () => {
      await append(...upTo(12_001).map(String))
      clock += dayMs
      await append('last')
      expect(await journal.trim(0.5 * dayMs)).toBe(12_001)
      expect(offsetsOf(await all())).toEqual([12_002])
      expect(await journal.readFloor()).toBe(12_001)
    })

    it('should delete the oldest changes beyond the number to keep', async () => {
      await append(...upTo(10).map(String))
      expect(await journal.trim(365 * dayMs, 4)).toBe(6)
      expect(await journal.trim(365 * dayMs, 4)).toBe(0)
      expect(await journal.trim(365 * dayMs, 40)).toBe(0)
      expect([await journal.readFloor(), await journal.readHead()]).toEqual([6, 10])
      expect(offsetsOf(await all())).toEqual([7, 8, 9, 10])
    })

    it('should reject an age that is not a number', async () => {
      await expect(journal.trim(Number.NaN)).rejects.toThrow(RangeError)
    })
  })

  describe(`${driver}: tail`, () => {
    /** Reads a tail up to an offset. */
    async function readTo(last: number, batches: AsyncIterable<TailBatch>): Promise<Change[]> {
      const found: Change[] = []
      for await (const batch of batches) {
        found.push(...changesOf(batch))
        if ((found.at(-1)?.offset ?? 0) >= last) break
      }
      return found
    }

    it('should yield existing changes, then new ones, without a gap or a repetition', async () => {
      await append('a', 'b', 'c')
      const reading = readTo(103, journal.tail(1, new AbortController().signal))
      for (const n of upTo(100)) await append(`later ${n}`)
      expect(offsetsOf(await reading)).toEqual(upTo(102, 2))
    })

    it('should wake up for an append while it waits', async () => {
      const batches = journal.tail(0, new AbortController().signal)[Symbol.asyncIterator]()
      const waiting = batches.next()
      await append('a')
      expect(idsOf(changesOf((await waiting).value))).toEqual(['a'])
      await batches.return?.()
    })

    it('should yield batches of at most 500 changes, and all of them to a slow reader', async () => {
      await append(...upTo(1_250).map(String))
      const sizes: number[] = []
      for await (const batch of journal.tail(0, new AbortController().signal)) {
        sizes.push(changesOf(batch).length)
        if (changesOf(batch).at(-1)?.offset === 1_250) break
      }
      expect(sizes).toEqual([500, 500, 250])
    })

    it('should serve many readers, each from its own offset', async () => {
      await append(...upTo(10).map(String))
      const never = new AbortController().signal
      const readings = upTo(50).map((n) => readTo(20, journal.tail(n % 10, never)))
      await append(...upTo(10, 11).map(String))
      for (const [index, found] of (await Promise.all(readings)).entries()) {
        const after = (index + 1) % 10
        expect(offsetsOf(found)).toEqual(upTo(20 - after, after + 1))
      }
    })

    it('should end without an error on abort, whether the reader waits, reads or has not begun', async () => {
      await append('a')
      const stop = new AbortController()
      const waiting = journal.tail(1, stop.signal)[Symbol.asyncIterator]().next()
      const reader = journal.tail(0, stop.signal)[Symbol.asyncIterator]()
      expect((await reader.next()).done).toBe(false)
      stop.abort()
      expect((await waiting).done).toBe(true)
      expect((await reader.next()).done).toBe(true)
      expect((await journal.tail(0, stop.signal)[Symbol.asyncIterator]().next()).done).toBe(true)
    })

    it('should end a reader that returns while it waits', async () => {
      const batches = journal.tail(0, new AbortController().signal)[Symbol.asyncIterator]()
      const waiting = batches.next()
      await batches.return?.()
      expect((await waiting).done).toBe(true)
      expect((await batches.next()).done).toBe(true)
    })

    it('should leave no abort listener behind, however long it ran', async () => {
      const stop = new AbortController()
      const listening = () => getEventListeners(stop.signal, 'abort').length
      await append(...upTo(5_000).map(String))
      for await (const batch of journal.tail(0, stop.signal)) {
        expect(listening()).toBeLessThanOrEqual(2)
        if (changesOf(batch).at(-1)?.offset === 5_000) break
      }
      expect(listening()).toBe(0)
      const waiting = upTo(20).map(() => journal.tail(5_000, stop.signal)[Symbol.asyncIterator]().next())
      stop.abort()
      await Promise.all(waiting)
      expect(listening()).toBe(0)
    })

    it('should report changes that were trimmed before they were read, and continue after them', async () => {
      const batches = journal.tail(0, new AbortController().signal)[Symbol.asyncIterator]()
      await append('a', 'b')
      expect((await batches.next()).value).toMatchObject({ kind: 'changes' })
      await append(...upTo(8).map(String))
      await journal.trim(365 * dayMs, 3)
      expect((await batches.next()).value).toEqual({ kind: 'hole', after: 2, upTo: 7 })
      expect(offsetsOf(changesOf((await batches.next()).value))).toEqual([8, 9, 10])
      await append('c')
      clock += dayMs
      await journal.trim(0)
      expect((await batches.next()).value).toEqual({ kind: 'hole', after: 10, upTo: 11 })
      await append('d')
      expect(offsetsOf(changesOf((await batches.next()).value))).toEqual([12])
    })

    it('should reject for its readers when the journal is closed', async () => {
      const waiting = journal.tail(0, new AbortController().signal)[Symbol.asyncIterator]().next()
      const rejection = expect(waiting).rejects.toThrow(JournalUnavailable)
      await journal.close()
      await rejection
    })
  })

  describe(`${driver}: values`, () => {
    it('should store the first value for a key, and return it to later callers', async () => {
      expect(await journal.getValue('k')).toBeNull()
      const answers = await Promise.all([
        journal.putValueIfAbsent('k', 'first', 1_000),
        journal.putValueIfAbsent('k', 'second', 1_000),
      ])
      expect(answers).toEqual(['first', 'first'])
      await reopen()
      expect(await journal.putValueIfAbsent('k', 'third', 1_000)).toBe('first')
      expect(await journal.getValue('k')).toBe('first')
      expect(await journal.getValue('another')).toBeNull()
    })

    it('should expire after `ttlMs`, and not earlier', async () => {
      await journal.putValueIfAbsent('k', 'first', 1_000)
      clock += 999
      expect(await journal.putValueIfAbsent('k', 'second', 1_000)).toBe('first')
      clock += 1
      expect(await journal.getValue('k')).toBeNull()
      expect(await journal.putValueIfAbsent('k', 'second', 1_000)).toBe('second')
    })

    it('should be absent after its deletion', async () => {
      await journal.putValueIfAbsent('k', 'first', 1_000)
      await journal.deleteValue('k')
      await journal.deleteValue('k')
      expect(await journal.getValue('k')).toBeNull()
      expect(await journal.putValueIfAbsent('k', 'second', 1_000)).toBe('second')
    })

    it('should replace a value, with the new `ttlMs`', async () => {
      await journal.putValue('k', 'first', 1_000)
      await journal.putValue('k', 'second', 2_000)
      clock += 1_999
      await reopen()
      expect(await journal.getValue('k')).toBe('second')
      clock += 1
      expect(await journal.getValue('k')).toBeNull()
    })

    it('should list all values whose keys begin with a prefix, and no others', async () => {
      const keys = ['saga/1', 'saga/2', 'saga/*', 'saga', 'sagb/1', 'a/saga/1', '*']
      for (const key of keys) await journal.putValueIfAbsent(key, `value of ${key}`, 1_000)
      await journal.putValueIfAbsent('saga/3', 'short', 10)
      clock += 10
      const found = await journal.listValues('saga/')
      expect([...found].toSorted()).toEqual([
        ['saga/*', 'value of saga/*'],
        ['saga/1', 'value of saga/1'],
        ['saga/2', 'value of saga/2'],
      ])
      expect([...(await journal.listValues('*')).keys()]).toEqual(['*'])
      expect(await journal.listValues('nothing')).toEqual(new Map())
    })

    it('should be separate from dedupe keys, and survive a trim before they expire', async () => {
      await append('a')
      expect(await journal.getValue('a')).toBeNull()
      await journal.putValueIfAbsent('k', 'first', 10 * dayMs)
      clock += 9 * dayMs
      await journal.trim(0 * dayMs)
      expect(await journal.getValue('k')).toBe('first')
    })
  })

  describe(`${driver}: audit`, () => {
    const row = (second: number, id: string): AuditRow => ({
      at: new Date(Date.UTC(2026, 6, 20, 12, 0, second)).toISOString(),
      id,
      content: JSON.stringify({ of: id }),
    })
    const rowsIn = (range: Partial<AuditRange> = {}) =>
      journal.readAudit({ from: null, to: null, limit: 100, isNewestFirst: true, ...range })
    const idsIn = async (range: Partial<AuditRange> = {}) => (await rowsIn(range)).map(({ id }) => id)

    it('should store records in chronological order, each id once, over restarts', async () => {
      await journal.appendAudit([row(1, 'a b'), row(3, 'c')])
      await journal.appendAudit([row(2, 'late'), row(9, 'c')])
      await reopen()
      expect(await rowsIn()).toEqual([row(3, 'c'), row(2, 'late'), row(1, 'a b')])
      expect(await idsIn({ isNewestFirst: false })).toEqual(['a b', 'late', 'c'])
    })

    it('should return the records between two sort keys, from either end', async () => {
      await journal.appendAudit([1, 2, 2, 3, 4].map((second, index) => row(second, `r${index}`)))
      expect(await idsIn({ limit: 2 })).toEqual(['r4', 'r3'])
      const to = auditSortKey(row(3, 'r3'))
      expect(await idsIn({ to, limit: 1 })).toEqual(['r2'])
      expect(await idsIn({ to: auditSortKey(row(2, 'r2')) })).toEqual(['r1', 'r0'])
      expect(await idsIn({ from: auditSortKey(row(1, 'r0')), to, isNewestFirst: false })).toEqual([
        'r1',
        'r2',
      ])
      expect(
        await idsIn({ from: auditSortKey({ at: row(2, '').at, id: '' }), isNewestFirst: false }),
      ).toEqual(['r1', 'r2', 'r3', 'r4'])
    })

    it('should delete older records, and the oldest beyond the number to keep', async () => {
      await journal.appendAudit(upTo(10).map((second) => row(second, `r${second}`)))
      expect(await journal.trimAudit(row(4, '').at, 100)).toBe(3)
      expect(await journal.trimAudit('', 5)).toBe(2)
      expect(await idsIn({ isNewestFirst: false })).toEqual(['r6', 'r7', 'r8', 'r9', 'r10'])
      // The id of a deleted record can be used again.
      await journal.appendAudit([row(1, 'r1')])
      expect(await idsIn({ isNewestFirst: false, limit: 1 })).toEqual(['r1'])
    })

    it('should store a record together with a value, and not without it', async () => {
      await journal.putValueIfAbsent('k', 'first', 1_000, row(1, 'remembered'))
      await journal.putValueIfAbsent('k', 'second', 1_000, row(2, 'not remembered'))
      await journal.putValue('k', 'third', 1_000, undefined, row(3, 'replaced'))
      const lease = (await journal.acquireLease('l', 'me', 1_000)) as Lease
      await journal.releaseLease(lease)
      await expect(journal.putValue('k', 'lost', 1_000, lease, row(4, 'lost'))).rejects.toThrow(LeaseLost)
      await journal.deleteValue('k', undefined, row(5, 'forgotten'))
      await journal.rotateSigningKey(row(6, 'rotated'))
      expect(await idsIn({ isNewestFirst: false })).toEqual([
        'remembered',
        'replaced',
        'forgotten',
        'rotated',
      ])
      await journal.renewEpoch(row(7, 'renewed'))
      await reopen()
      expect(await idsIn({ limit: 1 })).toEqual(['renewed'])
    })
  })

  describe(`${driver}: deleteValue`, () => {
    it('should delete a value, or only a value that equals the given one', async () => {
      await journal.putValueIfAbsent('k', 'mine', 1_000)
      await journal.deleteValue('k', "another's")
      expect(await journal.getValue('k')).toBe('mine')
      await journal.deleteValue('k', 'mine')
      expect(await journal.getValue('k')).toBeNull()
      await journal.putValueIfAbsent('k', "another's", 1_000)
      await journal.deleteValue('k', 'mine')
      expect(await journal.getValue('k')).toBe("another's")
      await journal.deleteValue('k')
      expect(await journal.getValue('k')).toBeNull()
    })
  })

  describe(`${driver}: lease`, () => {
    const acquire = async (name: string, holder: string, ttlMs = 1_000): Promise<Lease> => {
      const lease = await journal.acquireLease(name, holder, ttlMs)
      if (lease === null) throw new Error(`${holder} did not get ${name}`)
      return lease
    }

    it('should have one holder at a time, who can renew it', async () => {
      const first = await acquire('work', 'one')
      expect(await journal.acquireLease('work', 'two', 1_000)).toBeNull()
      expect(await acquire('other work', 'two')).toMatchObject({ holder: 'two' })
      clock += 999
      expect(await acquire('work', 'one')).toEqual(first)
      clock += 999
      expect(await journal.acquireLease('work', 'two', 1_000)).toBeNull()
    })

    it('should be available after its expiry or release, with a greater token', async () => {
      const first = await acquire('work', 'one')
      clock += 1_000
      const second = await acquire('work', 'two')
      expect(second.token).toBeGreaterThan(first.token)
      await journal.releaseLease(first)
      expect(await journal.acquireLease('work', 'one', 1_000)).toBeNull()
      await journal.releaseLease(second)
      await reopen()
      const third = await acquire('work', 'one')
      expect(third.token).toBeGreaterThan(second.token)
    })

    it('should have a token greater than all before it, whatever was acquired and released', async () => {
      let last = 0
      for (const [name, holder] of [
        ['a', 'one'],
        ['a', 'one'],
        ['b', 'two'],
        ['a', 'two'],
        ['b', 'one'],
      ] as const) {
        const lease = await acquire(name, holder)
        expect(lease.token).toBeGreaterThan(last)
        last = lease.token
        await journal.releaseLease(lease)
      }
      const expired = await acquire('a', 'one')
      clock += dayMs
      await journal.trim(365 * dayMs)
      expect((await acquire('a', 'one')).token).toBeGreaterThan(expired.token)
    })

    it('should be returned with its holder, and not after its expiry or release', async () => {
      expect(await journal.getLease('work')).toBeNull()
      const first = await acquire('work', 'one')
      expect(await journal.getLease('work')).toEqual(first)
      clock += 1_000
      expect(await journal.getLease('work')).toBeNull()
      const second = await acquire('work', 'two')
      expect(await journal.getLease('work')).toEqual(second)
      await journal.releaseLease(second)
      expect(await journal.getLease('work')).toBeNull()
    })

    it('should let its holder append, and reject earlier holders', async () => {
      const first = await acquire('work', 'one')
      await journal.append([sampleEntry('a')], first)
      clock += 1_000
      // It has expired, but nobody else has acquired it, so there is still a single writer.
      await journal.append([sampleEntry('b')], first)
      const second = await acquire('work', 'two')
      const late = journal.append([sampleEntry('c')], first)
      const withoutLease = journal.append([sampleEntry('d')])
      await expect(late).rejects.toThrow(LeaseLost)
      await withoutLease
      await journal.append([sampleEntry('e')], second)
      await journal.releaseLease(second)
      await expect(journal.append([sampleEntry('f')], second)).rejects.toMatchObject({ code: 'LEASE_LOST' })
      await journal.putValue('k', 'kept', 1_000)
      await expect(journal.putValue('k', 'late', 1_000, first)).rejects.toThrow(LeaseLost)
      expect(await journal.getValue('k')).toBe('kept')
      expect(idsOf(await all())).toEqual(['a', 'b', 'd', 'e'])
      expect((await append('c'))[0]?.isDuplicate).toBe(false)
    })
  })

  describe(`${driver}: identity`, () => {
    it('should list the newest signing key first, and the one before it', async () => {
      const [first] = await journal.listSigningKeys()
      await journal.rotateSigningKey()
      const [second, ...others] = await journal.listSigningKeys()
      expect(others).toEqual([first])
      await journal.rotateSigningKey()
      await reopen()
      const [third, ...rest] = await journal.listSigningKeys()
      expect(rest).toEqual([second])
      expect(new Set([first, second, third].map((key) => key?.secret.toString('hex'))).size).toBe(3)
    })

    it('should keep its epoch and its signing keys over a restart', async () => {
      const { epoch } = journal
      const keys = await journal.listSigningKeys()
      await reopen()
      expect(journal.epoch).toBe(epoch)
      expect(await journal.listSigningKeys()).toEqual(keys)
      expect(keys).toHaveLength(1)
      expect(keys[0]?.secret).toHaveLength(32)
    })

    it('should have another epoch after a renewal, with all its changes', async () => {
      const { epoch } = journal
      await append('a', 'b')
      await journal.renewEpoch()
      await reopen()
      expect(journal.epoch).not.toBe(epoch)
      expect(offsetsOf(await all())).toEqual([1, 2])
      expect((await append('a', 'c')).map(({ isDuplicate }) => isDuplicate)).toEqual([true, false])
    })

    it('should share epoch and signing keys with no other journal', async () => {
      const otherStore = await createStore()
      const other = await otherStore.open(now)
      expect(other.epoch).not.toBe(journal.epoch)
      expect(await other.listSigningKeys()).not.toEqual(await journal.listSigningKeys())
      await other.close()
      await otherStore.remove()
    })

    it('should have an epoch and key ids that fit into a cursor', async () => {
      const [key] = await journal.listSigningKeys()
      expect(journal.epoch).toMatch(/^[\w-]{1,40}$/)
      expect(key?.id).toMatch(/^[\w-]{1,20}$/)
    })
  })

  describe(`${driver}: close`, () => {
    it('should first commit earlier appends', async () => {
      const appending = append('a')
      await journal.close()
      expect((await appending)[0]?.isDuplicate).toBe(false)
      journal = await store.open(now)
      expect(idsOf(await all())).toEqual(['a'])
    })

    it('should make later calls reject with JOURNAL_UNAVAILABLE, and have no effect when repeated', async () => {
      await journal.close()
      await journal.close()
      const uses = [
        append('a'),
        all(),
        journal.readHead(),
        journal.readFloor(),
        journal.trim(1 * dayMs),
        journal.putValueIfAbsent('k', 'v', 1),
        journal.getValue('k'),
        journal.deleteValue('k'),
        journal.putValue('k', 'v', 1),
        journal.listValues('k'),
        journal.acquireLease('work', 'one', 1),
        journal.releaseLease({ name: 'work', holder: 'one', token: 1 }),
        journal.listSigningKeys(),
        journal.rotateSigningKey(),
        journal.renewEpoch(),
      ]
      for (const result of await Promise.allSettled(uses)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'JOURNAL_UNAVAILABLE' } })
      }
    })
  })

  describeConditions(driver, createStore)
  describeAgainstModel(driver, createStore)
  describeSearch(driver, createStore)
}
