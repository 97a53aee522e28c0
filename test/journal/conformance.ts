import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Journal, JournalUnavailable, type Lease, LeaseLost } from '../../src/journal/journal.ts'
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
      await journal.append([{ dedupeKeys: [], changes: [change] }])
      await reopen()
      expect(await all()).toEqual([{ ...change, offset: 1, recordedAt: now().toISOString() }])
    })

    it('should keep and give back only what a change is made of', async () => {
      const problem = { code: 'lost', message: 'm', since: null, error_data: '8675309' }
      const change = { ...sampleChange('a', { problem }), code: '8675309' } as NewChange
      const [appended] = await journal.append([{ dedupeKeys: [], changes: [change] }])
      expect(JSON.stringify([appended, await all()])).not.toContain('8675309')
    })

    it('should keep the changes of an entry together, also among many callers', async () => {
      const entries = upTo(50).map((n) => ({
        dedupeKeys: [`${n}`],
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
      expect(await journal.append([{ dedupeKeys: ['a'], changes: [] }])).toEqual([
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

    it('should be known by any of its keys, and by all of them from then on', async () => {
      const entry = (...dedupeKeys: string[]) => ({ dedupeKeys, changes: [sampleChange('x')] })
      const told = await journal.append([entry('event', 'gone'), entry('gone', 'later'), entry('later')])
      expect(told.map(({ duplicate }) => duplicate)).toEqual([false, true, true])
      expect(await journal.append([entry('other', 'another')])).toMatchObject([{ duplicate: false }])
      expect(await journal.head()).toBe(2)
    })

    it('should not be noticed where there is no key to know it by', async () => {
      const keyless = { dedupeKeys: [], changes: [sampleChange('a')] }
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

    it('should forget the oldest of more than are to be kept', async () => {
      await append(...upTo(10).map(String))
      expect(await journal.trim(ago(365), 4)).toBe(6)
      expect(await journal.trim(ago(365), 4)).toBe(0)
      expect(await journal.trim(ago(365), 40)).toBe(0)
      expect([await journal.floor(), await journal.head()]).toEqual([6, 10])
      expect(offsetsOf(await all())).toEqual([7, 8, 9, 10])
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

    it('should put one value in place of another when told to, for as long as is said then', async () => {
      await journal.replace('k', 'first', 1_000)
      await journal.replace('k', 'second', 2_000)
      clock += 1_999
      await reopen()
      expect(await journal.recall('k')).toBe('second')
      clock += 1
      expect(await journal.recall('k')).toBeNull()
    })

    it('should give all the values whose keys begin alike, and no others', async () => {
      const keys = ['saga/1', 'saga/2', 'saga/*', 'saga', 'sagb/1', 'a/saga/1', '*']
      for (const key of keys) await journal.remember(key, `value of ${key}`, 1_000)
      await journal.remember('saga/3', 'short', 10)
      clock += 10
      const found = await journal.recallAll('saga/')
      expect([...found].toSorted()).toEqual([
        ['saga/*', 'value of saga/*'],
        ['saga/1', 'value of saga/1'],
        ['saga/2', 'value of saga/2'],
      ])
      expect([...(await journal.recallAll('*')).keys()]).toEqual(['*'])
      expect(await journal.recallAll('nothing')).toEqual(new Map())
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

  describe(`${driver}: lease`, () => {
    const taken = async (name: string, holder: string, ttlMs = 1_000): Promise<Lease> => {
      const lease = await journal.lease(name, holder, ttlMs)
      if (lease === null) throw new Error(`${holder} did not get ${name}`)
      return lease
    }

    it("should be one holder's at a time, who may renew it", async () => {
      const first = await taken('work', 'one')
      expect(await journal.lease('work', 'two', 1_000)).toBeNull()
      expect(await taken('other work', 'two')).toMatchObject({ holder: 'two' })
      clock += 999
      expect(await taken('work', 'one')).toEqual(first)
      clock += 999
      expect(await journal.lease('work', 'two', 1_000)).toBeNull()
    })

    it('should go to whoever asks once its time is over or it was given back, with a greater token', async () => {
      const first = await taken('work', 'one')
      clock += 1_000
      const second = await taken('work', 'two')
      expect(second.token).toBeGreaterThan(first.token)
      await journal.release(first)
      expect(await journal.lease('work', 'one', 1_000)).toBeNull()
      await journal.release(second)
      await reopen()
      const third = await taken('work', 'one')
      expect(third.token).toBeGreaterThan(second.token)
    })

    it('should let its holder append, and nobody who had it before', async () => {
      const first = await taken('work', 'one')
      await journal.append([sampleEntry('a')], first)
      clock += 1_000
      // Over, but nobody else's: what is done under it is still done by one at a time.
      await journal.append([sampleEntry('b')], first)
      const second = await taken('work', 'two')
      const late = journal.append([sampleEntry('c')], first)
      const beside = journal.append([sampleEntry('d')])
      await expect(late).rejects.toThrow(LeaseLost)
      await beside
      await journal.append([sampleEntry('e')], second)
      await journal.release(second)
      await expect(journal.append([sampleEntry('f')], second)).rejects.toMatchObject({ code: 'LEASE_LOST' })
      await journal.replace('k', 'kept', 1_000)
      await expect(journal.replace('k', 'late', 1_000, first)).rejects.toThrow(LeaseLost)
      expect(await journal.recall('k')).toBe('kept')
      expect(idsOf(await all())).toEqual(['a', 'b', 'd', 'e'])
      expect((await append('c'))[0]?.duplicate).toBe(false)
    })
  })

  describe(`${driver}: identity`, () => {
    it('should sign with the newest key, and verify with the one before it too', async () => {
      const [first] = await journal.signingKeys()
      await journal.rotateSigningKey()
      const [second, ...others] = await journal.signingKeys()
      expect(others).toEqual([first])
      await journal.rotateSigningKey()
      await reopen()
      const [third, ...rest] = await journal.signingKeys()
      expect(rest).toEqual([second])
      expect(new Set([first, second, third].map((key) => key?.secret.toString('hex'))).size).toBe(3)
    })

    it('should keep its epoch and its signing keys over a restart', async () => {
      const { epoch } = journal
      const keys = await journal.signingKeys()
      await reopen()
      expect(journal.epoch).toBe(epoch)
      expect(await journal.signingKeys()).toEqual(keys)
      expect(keys).toHaveLength(1)
      expect(keys[0]?.secret).toHaveLength(32)
    })

    it('should have another epoch once it was renewed, with all that is in it', async () => {
      const { epoch } = journal
      await append('a', 'b')
      await journal.renew()
      await reopen()
      expect(journal.epoch).not.toBe(epoch)
      expect(offsetsOf(await all())).toEqual([1, 2])
      expect((await append('a', 'c')).map(({ duplicate }) => duplicate)).toEqual([true, false])
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
        journal.replace('k', 'v', 1),
        journal.recallAll('k'),
        journal.lease('work', 'one', 1),
        journal.release({ name: 'work', holder: 'one', token: 1 }),
        journal.signingKeys(),
        journal.rotateSigningKey(),
        journal.renew(),
      ]
      for (const result of await Promise.allSettled(uses)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'JOURNAL_UNAVAILABLE' } })
      }
    })
  })

  describeAgainstModel(driver, createStore)
}
