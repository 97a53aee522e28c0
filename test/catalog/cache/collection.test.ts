import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCollection } from '../../../src/catalog/cache/collection.ts'

type Row = { readonly id: string; readonly part: string; readonly version: number }

/** Creates a collection whose source takes its response between two calls of `pause`. */
function createFakeSource(pause: () => Promise<unknown>, now: () => number = () => 0, maxAgeMs = 1_000) {
  const rows = new Map<string, Row>()
  let calls = 0
  async function respond(readNow: () => Row[]): Promise<readonly Row[]> {
    calls++
    if (calls > 1_000) throw new Error('The collection calls Seam in an endless loop.')
    await pause()
    const response = readNow()
    await pause()
    return response
  }
  const collection = createCollection<string, string, Row>(
    {
      idOf: (row) => row.id,
      partitionOf: (row) => row.part,
      ownerOf: (row) => `owner of ${row.id}`,
      listPartition: (part) => respond(() => [...rows.values()].filter((row) => row.part === part)),
      listPartitions: () => respond(() => [...rows.values()]),
      fetch: (ids) => respond(() => ids.flatMap((id) => rows.get(id) ?? [])),
    },
    { maxAgeMs, maxStaleAgeMs: 10 * maxAgeMs, maxWaitMs: 50, now },
  )
  return { rows, collection, calls: () => calls }
}

const partOf = (id: string): string => (id < 'd' ? 'north' : 'south')
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('write' as const), id: fc.constantFrom(...'abcdef') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delete' as const), id: fc.constantFrom(...'abcdef') }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('list' as const), id: fc.constantFrom('a', 'e') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('get' as const), id: fc.constantFrom(...'abcdef') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('put' as const), id: fc.constantFrom(...'abcdef') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('putList' as const), id: fc.constantFrom('a', 'e') }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('invalidatePart' as const), id: fc.constantFrom('a', 'e') }),
  },
)

describe('a collection', () => {
  it.each([
    ['many of its rows are invalidated', (clock: { now: number }) => clock],
    ['it becomes too old', (clock: { now: number }) => Object.assign(clock, { now: 1_000 })],
  ])('should wait for a shared list only once if %s meanwhile', async (reason, passTime) => {
    const clock = { now: 0 }
    const { rows, collection, calls } = createFakeSource(
      () => Promise.resolve(),
      () => clock.now,
    )
    const ids = Array.from({ length: 30 }, (_, n) => `${n}`)
    for (const id of ids) rows.set(id, { id, part: 'north', version: 1 })
    collection.sharePendingList(Promise.resolve([...rows.values()]), () => undefined)
    for (const id of ids) {
      rows.set(id, { id, part: 'north', version: 2 })
      if (reason.startsWith('many')) collection.invalidate(id)
    }
    passTime(clock)
    expect(await collection.ensureLoaded(['north'], false)).toEqual([null])
    expect(collection.rowsIn('north').map(({ version }) => version)).toEqual(ids.map(() => 2))
    expect(calls()).toBe(1)
  })

  it('should dump any number of rows, with the time of the oldest', () => {
    let clock = 0
    const { collection } = createFakeSource(
      () => Promise.resolve(),
      () => clock,
    )
    const rows = Array.from({ length: 200_000 }, (_, n) => ({ id: `${n}`, part: 'north', version: 1 }))
    for (const [n, row] of rows.entries()) {
      clock = n === 0 ? 5 : 7
      collection.put([row], 0)
    }
    expect(collection.dump('north')).toEqual({ at: 5, rows, doubts: [], isWhole: false })
  })

  it('should never serve rows that were invalidated before the request, in any order of responses and changes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 1, maxLength: 25 }), async (s, steps) => {
        const { rows, collection } = createFakeSource(() => s.schedule(Promise.resolve()))
        const deleted = new Set<string>()
        const reads: Promise<void>[] = []
        let version = 0
        for (const { do: action, id } of steps) {
          const part = partOf(id)
          if (action === 'write' && !deleted.has(id)) {
            rows.set(id, { id, part, version: ++version })
            collection.invalidate(id)
          } else if (action === 'delete') {
            rows.delete(id)
            deleted.add(id)
            collection.remove(id)
          } else if (action === 'invalidatePart') {
            for (const row of rows.values())
              if (row.part === part) rows.set(row.id, { ...row, version: ++version })
            collection.invalidatePartition(part)
          } else if (action === 'put') {
            // The row is part of the response to another request.
            const { version } = collection
            const row = rows.get(id)
            reads.push(
              s
                .schedule(Promise.resolve())
                .then(() => collection.put(row === undefined ? [] : [row], version)),
            )
          } else if (action === 'putList') {
            // A reconciliation reads the whole list, and stores it.
            const { version } = collection
            const list = [...rows.values()].filter((row) => row.part === part)
            reads.push(s.schedule(Promise.resolve()).then(() => collection.putList(part, list, version, 0)))
          } else if (action === 'list') {
            const rowsAtRequest = new Map([...rows].filter(([, row]) => row.part === part))
            reads.push(checkList(part, rowsAtRequest, [...deleted]))
          } else if (action === 'get') {
            reads.push(checkRow(id, rows.get(id)))
          }
          if (version % 2 === 0 && s.count() > 0) await s.waitOne()
        }
        await s.waitFor(Promise.all(reads))
        const settled = Promise.resolve(collection.ensureLoaded(['north', 'south'], true))
        await s.waitFor(settled)
        expect(
          new Map([...collection.rowsIn('north'), ...collection.rowsIn('south')].map((row) => [row.id, row])),
        ).toEqual(rows)

        async function checkList(
          part: string,
          rowsAtRequest: Map<string, Row>,
          deletedAtRequest: string[],
        ): Promise<void> {
          await collection.ensureLoaded([part], false)
          const served = new Map(collection.rowsIn(part).map((row) => [row.id, row.version]))
          for (const row of rowsAtRequest.values()) {
            if (!deleted.has(row.id)) expect(served.get(row.id)).toBeGreaterThanOrEqual(row.version)
          }
          for (const id of deletedAtRequest) expect(served.has(id)).toBe(false)
        }

        async function checkRow(id: string, rowAtRequest: Row | undefined): Promise<void> {
          const [served] = (await collection.loadMany([id])) as (Row | null)[]
          if (rowAtRequest !== undefined && !deleted.has(id))
            expect(served?.version).toBeGreaterThanOrEqual(rowAtRequest.version)
          if (deleted.has(id)) expect(served).toBeNull()
        }
      }),
      { numRuns: 300 },
    )
  })

  const noPause = () => Promise.resolve()

  it('given an empty collection, should not serve a row of a list that was read before the row was invalidated', async () => {
    const { rows, collection } = createFakeSource(noPause)
    rows.set('a', { id: 'a', part: 'north', version: 1 })
    const list = [...rows.values()]
    const { version } = collection
    rows.set('a', { id: 'a', part: 'north', version: 2 })
    collection.invalidate('a')
    collection.putList('north', list, version, 0)
    await collection.ensureLoaded(['north'], false)
    expect(collection.rowsIn('north')).toEqual([...rows.values()])
    expect(collection.getFresh('a')).toMatchObject({ version: 2 })
  })

  it('should list a partition once if many rows of unknown partitions are invalidated', async () => {
    const { rows, collection, calls } = createFakeSource(noPause)
    rows.set('a', { id: 'a', part: 'north', version: 1 })
    await collection.ensureLoaded(['north'], false)
    for (let index = 0; index < 25; index++) collection.invalidate(`unknown-${index}`)
    await collection.ensureLoaded(['north'], false)
    await collection.ensureLoaded(['north'], false)
    expect(calls()).toBe(2)
  })

  it('should load a row of an invalidated owner again if the row is stored after the invalidation', async () => {
    const { rows, collection } = createFakeSource(noPause)
    rows.set('a', { id: 'a', part: 'north', version: 1 })
    const { version } = collection
    const list = [...rows.values()]
    rows.clear()
    collection.invalidateOwnedBy('owner of a')
    collection.putList('north', list, version, 0)
    await collection.ensureLoaded(['north'], false)
    expect(collection.rowsIn('north')).toEqual([])
  })

  it('should call Seam once for concurrent readers, and not at all while the list is fresh', async () => {
    const { rows, collection, calls } = createFakeSource(noPause)
    rows.set('a', { id: 'a', part: 'north', version: 1 })
    await Promise.all(Array.from({ length: 20 }, () => collection.ensureLoaded(['north'], true)))
    expect(calls()).toBe(1)
    expect(collection.ensureLoaded(['north'], true)).toEqual([null])
    expect(collection.getFresh('a')).toMatchObject({ version: 1 })
    expect(calls()).toBe(1)
  })

  it('should list all partitions with one call, and fetch only the row that changed', async () => {
    const { rows, collection, calls } = createFakeSource(noPause)
    for (const id of 'abcdef') rows.set(id, { id, part: partOf(id), version: 1 })
    await collection.ensureLoaded(['north', 'south'], true)
    expect(calls()).toBe(1)
    rows.set('b', { id: 'b', part: 'north', version: 2 })
    collection.invalidate('b')
    await collection.ensureLoaded(['north'], false)
    expect(collection.peek('b')?.version).toBe(2)
    expect(calls()).toBe(2)
  })

  it('should load a list again that is too old', async () => {
    let clock = 0
    const { rows, collection, calls } = createFakeSource(noPause, () => clock, 100)
    rows.set('a', { id: 'a', part: 'north', version: 1 })
    await collection.ensureLoaded(['north'], true)
    clock = 99
    expect(collection.ensureLoaded(['north'], true)).toEqual([null])
    clock = 100
    rows.set('a', { id: 'a', part: 'north', version: 2 })
    expect(collection.getFresh('a')).toBeUndefined()
    await collection.ensureLoaded(['north'], true)
    expect(collection.peek('a')?.version).toBe(2)
    expect(calls()).toBe(2)
  })

  it('should cache that a row does not exist, until it is invalidated', async () => {
    const { rows, collection, calls } = createFakeSource(noPause)
    expect(await collection.loadMany(['x'])).toEqual([null])
    expect(collection.getFresh('x')).toBeNull()
    rows.set('x', { id: 'x', part: 'north', version: 1 })
    collection.invalidate('x')
    expect(await collection.loadMany(['x'])).toEqual([{ id: 'x', part: 'north', version: 1 }])
    expect(calls()).toBe(2)
  })

  it('should report the error of a load, and load again for the next reader', async () => {
    let isDown = true
    const { rows, collection } = createFakeSource(async () => {
      if (isDown) throw new Error('down')
    })
    rows.set('a', { id: 'a', part: 'north', version: 1 })
    expect(await collection.ensureLoaded(['north'], true)).toEqual([new Error('down')])
    expect(collection.failureOf('north')).toEqual(new Error('down'))
    isDown = false
    await collection.ensureLoaded(['north'], true)
    expect(collection.rowsIn('north')).toHaveLength(1)
    expect(collection.failureOf('north')).toBeNull()
  })

  describe('while Seam fails', () => {
    let clock = 0
    let isDown = false
    const createStaleCollection = async () => {
      clock = 0
      isDown = false
      const fake = createFakeSource(
        async () => {
          if (isDown) throw new Error('down')
        },
        () => clock,
        100,
      )
      for (const id of 'ab') fake.rows.set(id, { id, part: 'north', version: 1 })
      await fake.collection.ensureLoaded(['north'], false)
      isDown = true
      clock = 100
      return fake
    }

    it('should serve stale rows, up to the maximum stale age', async () => {
      const { collection } = await createStaleCollection()
      expect(await collection.ensureLoaded(['north'], false)).toEqual([null])
      expect(collection.rowsIn('north')).toHaveLength(2)
      expect(await collection.loadMany(['a'])).toMatchObject([{ version: 1 }])
      clock = 999
      expect(await collection.ensureLoaded(['north'], false)).toEqual([null])
      clock = 1_000
      expect(await collection.ensureLoaded(['north'], false)).toEqual([new Error('down')])
      expect(await collection.loadMany(['a'])).toEqual([new Error('down')])
    })

    it('should not serve invalidated rows', async () => {
      const { collection } = await createStaleCollection()
      collection.invalidate('a')
      expect(await collection.ensureLoaded(['north'], false)).toEqual([new Error('down')])
      expect(await collection.loadMany(['a', 'b'])).toMatchObject([new Error('down'), { version: 1 }])
      collection.remove('a')
      expect(await collection.ensureLoaded(['north'], false)).toEqual([null])
      collection.invalidatePartition('north')
      expect(await collection.ensureLoaded(['north'], false)).toEqual([new Error('down')])
      expect(await collection.loadMany(['b'])).toEqual([new Error('down')])
    })

    it('should not call Seam again for every reader', async () => {
      const { collection, calls } = await createStaleCollection()
      await collection.ensureLoaded(['north'], false)
      const callsBefore = calls()
      for (let reader = 0; reader < 20; reader++)
        expect(collection.ensureLoaded(['north'], false)).toEqual([null])
      expect(calls()).toBe(callsBefore)
    })

    it('should serve stale rows if Seam does not respond in time', async () => {
      let isHanging = false
      const fake = createFakeSource(
        () => (isHanging ? new Promise<never>(() => {}) : Promise.resolve()),
        () => clock,
        100,
      )
      clock = 0
      fake.rows.set('a', { id: 'a', part: 'north', version: 1 })
      await fake.collection.ensureLoaded(['north'], false)
      isHanging = true
      clock = 100
      expect(await fake.collection.ensureLoaded(['north'], false)).toEqual([null])
      expect(fake.collection.rowsIn('north')).toHaveLength(1)
      expect(fake.collection.ensureLoaded(['north'], false)).toEqual([null])
    })

    it('should report errors by partition', async () => {
      const { collection } = await createStaleCollection()
      const [north, south] = await collection.ensureLoaded(['north', 'south'], false)
      expect([north, south]).toEqual([null, new Error('down')])
    })
  })
})
