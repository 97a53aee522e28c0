import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Journal, JournalUnavailable } from '../../src/journal/journal.ts'
import type { Change, NewChange } from '../../src/model/change.ts'
import type { AcsEntranceId } from '../../src/model/ids.ts'
import { describeAgainstModel } from './against-model.ts'
import { sampleChange, sampleEntry } from './sample.ts'

/** One place that journals live in: what one of them wrote, the next one finds. */
export type Store = {
  open(now: () => Date): Promise<Journal>
  remove(): Promise<void>
}

const dayMs = 86_400_000
const idsOf = (changes: readonly Change[]) => changes.map(({ seamEventId }) => seamEventId)
const offsetsOf = (changes: readonly Change[]) => changes.map(({ offset }) => offset)
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index)

/** What every driver promises; `createStore` makes an empty place. */
export function describeJournal(driver: string, createStore: () => Promise<Store>): void {
  let store: Store
  let journal: Journal
  let clock = Date.parse('2026-07-20T12:00:00.000Z')
  const now = (): Date => new Date(clock)
  const ago = (days: number): string => new Date(clock - days * dayMs).toISOString()

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
    it('should give dense offsets from 1, in the given order, over calls and restarts', async () => {
      expect(await journal.head()).toBe(0)
      const [first, second] = await append('a', 'b')
      await reopen()
      const [third] = await append('c')
      const appended = [first, second, third].flatMap((each) => each?.changes ?? [])
      expect(offsetsOf(appended)).toEqual([1, 2, 3])
      expect(idsOf(appended)).toEqual(['a', 'b', 'c'])
      expect(await all()).toEqual(appended)
      expect(await journal.head()).toBe(3)
    })

    it('should give back everything that a change says, and when it was recorded', async () => {
      const change = sampleChange('a', {
        actor: 'ada "quoted" 🔑',
        acsEntranceIds: ['55555555-5555-4555-8555-555555555555' as AcsEntranceId],
        changedFields: ['endsAt', 'displayName'],
        problem: { code: 'lost', message: 'line\nbreak', since: null },
      })
      await journal.append([{ dedupeKey: null, changes: [change] }])
      await reopen()
      expect(await all()).toEqual([{ ...change, offset: 1, recordedAt: now().toISOString() }])
    })

    it('should keep and give back only what a change is made of', async () => {
      const problem = { code: 'lost', message: 'm', since: null, error_data: '8675309' }
      const change = { ...sampleChange('a', { problem }), code: '8675309' } as NewChange
      const [appended] = await journal.append([{ dedupeKey: null, changes: [change] }])
      expect(JSON.stringify([appended, await all()])).not.toContain('8675309')
    })

    it('should keep the changes of an entry together, also among many callers', async () => {
      const entries = upTo(50).map((n) => ({
        dedupeKey: `${n}`,
        changes: [sampleChange(`${n}`), sampleChange(`${n}`)],
      }))
      await Promise.all(entries.map((entry) => journal.append([entry])))
      const ids = idsOf(await all())
      expect(ids.filter((_, index) => index % 2 === 0)).toEqual(ids.filter((_, index) => index % 2 === 1))
      expect(new Set(ids).size).toBe(50)
    })

    it('should answer each caller with its own changes', async () => {
      const answers = await Promise.all(upTo(20).map((n) => append(`${n}`)))
      expect(answers.map(([one]) => one?.changes[0]?.seamEventId)).toEqual(upTo(20).map(String))
    })

    it('should take an entry without changes, and remember that it came', async () => {
      expect(await journal.append([{ dedupeKey: 'a', changes: [] }])).toEqual([
        { duplicate: false, changes: [] },
      ])
      expect(await append('a')).toEqual([{ duplicate: true, changes: [] }])
      expect(await journal.append([])).toEqual([])
      expect(await journal.head()).toBe(0)
    })
  })

  describe(`${driver}: the same entry again`, () => {
    it('should be told as a duplicate and kept once: in one call, at the same time, and after a restart', async () => {
      const inOne = await append('a', 'b', 'a')
      expect(inOne.map(({ duplicate }) => duplicate)).toEqual([false, false, true])
      const atOnce = (await Promise.all([append('c'), append('c'), append('c')])).flat()
      expect(atOnce.map(({ duplicate }) => duplicate)).toEqual([false, true, true])
      await reopen()
      expect(await append('a', 'c', 'd')).toMatchObject([
        { duplicate: true, changes: [] },
        { duplicate: true, changes: [] },
        { duplicate: false, changes: [{ offset: 4 }] },
      ])
      expect(idsOf(await all())).toEqual(['a', 'b', 'c', 'd'])
    })

    it('should not be noticed where there is no key to know it by', async () => {
      const keyless = { dedupeKey: null, changes: [sampleChange('a')] }
      await journal.append([keyless, keyless])
      expect(await journal.head()).toBe(2)
    })

    it('should be known for 30 days although its change was trimmed, and for as long as changes are kept', async () => {
      await append('a')
      clock += 29 * dayMs
      await journal.trim(ago(1))
      expect(await all()).toEqual([])
      expect((await append('a'))[0]?.duplicate).toBe(true)
      clock += 60 * dayMs
      await journal.trim(ago(365))
      expect((await append('a'))[0]?.duplicate).toBe(true)
      await journal.trim(ago(0))
      expect((await append('a'))[0]?.duplicate).toBe(false)
    })
  })

  describe(`${driver}: read`, () => {
    it('should give what comes after an offset, in order, and no more than asked for', async () => {
      await append(...upTo(10).map(String))
      expect(offsetsOf(await journal.read(0, 3))).toEqual([1, 2, 3])
      expect(offsetsOf(await journal.read(7, 500))).toEqual([8, 9, 10])
      expect(await journal.read(10, 500)).toEqual([])
      expect(await journal.read(99, 500)).toEqual([])
      expect(await journal.read(0, 0)).toEqual([])
    })
  })

  describe(`${driver}: trim`, () => {
    it('should forget what is older, count it, and raise the floor to where reading is whole again', async () => {
      await append('a', 'b')
      clock += dayMs
      await append('c')
      expect(await journal.floor()).toBe(0)
      expect(await journal.trim(ago(0.5))).toBe(2)
      expect(await journal.floor()).toBe(2)
      expect(offsetsOf(await journal.read(await journal.floor(), 10))).toEqual([3])
      expect(await journal.trim(ago(0.5))).toBe(0)
      expect(await journal.floor()).toBe(2)
    })

    it('should never give an offset out twice, also when everything was forgotten', async () => {
      await append('a', 'b')
      clock += dayMs
      expect(await journal.trim(ago(0))).toBe(2)
      await reopen()
      expect([await journal.floor(), await journal.head()]).toEqual([2, 2])
      expect(offsetsOf((await append('c'))[0]?.changes ?? [])).toEqual([3])
    })

    it('should forget any number', async () => {
      await append(...upTo(12_001).map(String))
      clock += dayMs
      await append('last')
      expect(await journal.trim(ago(0.5))).toBe(12_001)
      expect(offsetsOf(await all())).toEqual([12_002])
      expect(await journal.floor()).toBe(12_001)
    })

    it('should refuse a time that is none', async () => {
      await expect(journal.trim('yesterday')).rejects.toThrow(RangeError)
    })
  })

  describe(`${driver}: tail`, () => {
    /** Reads a tail up to an offset. */
    async function readTo(last: number, batches: AsyncIterable<readonly Change[]>): Promise<Change[]> {
      const found: Change[] = []
      for await (const batch of batches) {
        found.push(...batch)
        if ((found.at(-1)?.offset ?? 0) >= last) break
      }
      return found
    }

    it('should give what is there, then what comes, without a hole or a repetition', async () => {
      await append('a', 'b', 'c')
      const reading = readTo(103, journal.tail(1, new AbortController().signal))
      for (const n of upTo(100)) await append(`later ${n}`)
      expect(offsetsOf(await reading)).toEqual(upTo(102, 2))
    })

    it('should wake for an append that comes while it waits', async () => {
      const batches = journal.tail(0, new AbortController().signal)[Symbol.asyncIterator]()
      const waiting = batches.next()
      await append('a')
      expect(idsOf((await waiting).value)).toEqual(['a'])
      await batches.return?.()
    })

    it('should read in batches of at most 500, and a slow reader gets them all', async () => {
      await append(...upTo(1_250).map(String))
      const sizes: number[] = []
      for await (const batch of journal.tail(0, new AbortController().signal)) {
        sizes.push(batch.length)
        if (batch.at(-1)?.offset === 1_250) break
      }
      expect(sizes).toEqual([500, 500, 250])
    })

    it('should serve many readers, each from its own place', async () => {
      await append(...upTo(10).map(String))
      const never = new AbortController().signal
      const readings = upTo(50).map((n) => readTo(20, journal.tail(n % 10, never)))
      await append(...upTo(10, 11).map(String))
      for (const [index, found] of (await Promise.all(readings)).entries()) {
        const after = (index + 1) % 10
        expect(offsetsOf(found)).toEqual(upTo(20 - after, after + 1))
      }
    })

    it('should end quietly when its reader gives up, whether it waits or reads or has not begun', async () => {
      await append('a')
      const given = new AbortController()
      const waiting = journal.tail(1, given.signal)[Symbol.asyncIterator]().next()
      const reader = journal.tail(0, given.signal)[Symbol.asyncIterator]()
      expect((await reader.next()).done).toBe(false)
      given.abort()
      expect((await waiting).done).toBe(true)
      expect((await reader.next()).done).toBe(true)
      expect((await journal.tail(0, given.signal)[Symbol.asyncIterator]().next()).done).toBe(true)
    })

    it('should let a reader leave while it waits', async () => {
      const batches = journal.tail(0, new AbortController().signal)[Symbol.asyncIterator]()
      const waiting = batches.next()
      await batches.return?.()
      expect((await waiting).done).toBe(true)
      expect((await batches.next()).done).toBe(true)
    })

    it('should leave no listener behind, however long it ran', async () => {
      const given = new AbortController()
      const listening = () => getEventListeners(given.signal, 'abort').length
      await append(...upTo(5_000).map(String))
      for await (const batch of journal.tail(0, given.signal)) {
        expect(listening()).toBeLessThanOrEqual(2)
        if (batch.at(-1)?.offset === 5_000) break
      }
      expect(listening()).toBe(0)
      const waiting = upTo(20).map(() => journal.tail(5_000, given.signal)[Symbol.asyncIterator]().next())
      given.abort()
      await Promise.all(waiting)
      expect(listening()).toBe(0)
    })

    it('should tell its readers when the journal is closed', async () => {
      const waiting = journal.tail(0, new AbortController().signal)[Symbol.asyncIterator]().next()
      const told = expect(waiting).rejects.toThrow(JournalUnavailable)
      await journal.close()
      await told
    })
  })

  describe(`${driver}: remember`, () => {
    it('should keep the first value for a key, and give that one to everybody who comes later', async () => {
      expect(await journal.recall('k')).toBeNull()
      const answers = await Promise.all([
        journal.remember('k', 'first', 1_000),
        journal.remember('k', 'second', 1_000),
      ])
      expect(answers).toEqual(['first', 'first'])
      await reopen()
      expect(await journal.remember('k', 'third', 1_000)).toBe('first')
      expect(await journal.recall('k')).toBe('first')
      expect(await journal.recall('another')).toBeNull()
    })

    it('should let go after its time, and not a moment sooner', async () => {
      await journal.remember('k', 'first', 1_000)
      clock += 999
      expect(await journal.remember('k', 'second', 1_000)).toBe('first')
      clock += 1
      expect(await journal.recall('k')).toBeNull()
      expect(await journal.remember('k', 'second', 1_000)).toBe('second')
    })

    it('should let go when told to', async () => {
      await journal.remember('k', 'first', 1_000)
      await journal.forget('k')
      await journal.forget('k')
      expect(await journal.recall('k')).toBeNull()
      expect(await journal.remember('k', 'second', 1_000)).toBe('second')
    })

    it('should have nothing to do with dedupe keys, nor with retention before its time', async () => {
      await append('a')
      expect(await journal.recall('a')).toBeNull()
      await journal.remember('k', 'first', 10 * dayMs)
      clock += 9 * dayMs
      await journal.trim(ago(0))
      expect(await journal.recall('k')).toBe('first')
    })
  })

  describe(`${driver}: identity`, () => {
    it('should keep its epoch and its signing keys over a restart', async () => {
      const { epoch } = journal
      const keys = await journal.signingKeys()
      await reopen()
      expect(journal.epoch).toBe(epoch)
      expect(await journal.signingKeys()).toEqual(keys)
      expect(keys).toHaveLength(1)
      expect(keys[0]?.secret).toHaveLength(32)
    })

    it('should share neither with another journal', async () => {
      const elsewhere = await createStore()
      const other = await elsewhere.open(now)
      expect(other.epoch).not.toBe(journal.epoch)
      expect(await other.signingKeys()).not.toEqual(await journal.signingKeys())
      await other.close()
      await elsewhere.remove()
    })

    it('should have an epoch and key names that a cursor can carry', async () => {
      const [key] = await journal.signingKeys()
      expect(journal.epoch).toMatch(/^[\w-]{1,40}$/)
      expect(key?.id).toMatch(/^[\w-]{1,20}$/)
    })
  })

  describe(`${driver}: close`, () => {
    it('should first keep what was appended before it', async () => {
      const appending = append('a')
      await journal.close()
      expect((await appending)[0]?.duplicate).toBe(false)
      journal = await store.open(now)
      expect(idsOf(await all())).toEqual(['a'])
    })

    it('should refuse everything afterwards as unavailable, and be harmless when repeated', async () => {
      await journal.close()
      await journal.close()
      const uses = [
        append('a'),
        all(),
        journal.head(),
        journal.floor(),
        journal.trim(ago(1)),
        journal.remember('k', 'v', 1),
        journal.recall('k'),
        journal.forget('k'),
        journal.signingKeys(),
      ]
      for (const result of await Promise.allSettled(uses)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'JOURNAL_UNAVAILABLE' } })
      }
    })
  })

  describeAgainstModel(driver, createStore)
}
