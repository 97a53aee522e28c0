import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCollection } from '../../../src/catalog/cache/collection.ts'

type Row = { readonly id: string; readonly part: string; readonly version: number }

const ids = [...'abcdef']
const partOf = (id: string): string => (id < 'd' ? 'north' : 'south')
const maxAgeMs = 100

/** Creates a source that fails while it is down, and otherwise takes its response between two calls of `pause`. */
function createFakeSource(pause: () => Promise<unknown>) {
  const rows = new Map<string, Row>(ids.map((id) => [id, { id, part: partOf(id), version: 0 }]))
  const state = { clock: 0, isDown: false }
  async function respond(readNow: () => Row[]): Promise<readonly Row[]> {
    await pause()
    if (state.isDown) throw new Error('down')
    const response = readNow()
    await pause()
    return response
  }
  const createRows = () =>
    createCollection<string, string, Row>(
      {
        idOf: (row) => row.id,
        partitionOf: (row) => row.part,
        listPartition: (part) => respond(() => [...rows.values()].filter((row) => row.part === part)),
        listPartitions: () => respond(() => [...rows.values()]),
        maxIdsPerFetch: 1,
        fetch: (requested) => respond(() => requested.flatMap((id) => rows.get(id) ?? [])),
      },
      { maxAgeMs, maxStaleAgeMs: 10 * maxAgeMs, maxWaitMs: 1_000, now: () => state.clock },
    )
  return { rows, state, createRows }
}

const someId = fc.constantFrom(...ids)
const stepOf = <Action extends string>(action: Action, weight: number) => ({
  weight,
  arbitrary: fc.record({ do: fc.constant(action), id: someId }),
})
const step = fc.oneof(
  stepOf('changeWithEvent', 3),
  stepOf('changeWithoutEvent', 3),
  stepOf('delete', 1),
  stepOf('startOutage', 2),
  stepOf('endOutage', 2),
  stepOf('list', 5),
  stepOf('get', 4),
  stepOf('restart', 2),
  // Delivers all pending responses.
  stepOf('settle', 6),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('age' as const),
      id: someId,
      ms: fc.constantFrom(50, 100, 900, 1_000),
    }),
  },
)

describe('a collection over outages and restarts', () => {
  it('should never serve rows that were invalidated before the request, nor rows that are too old', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 3, maxLength: 40 }), async (s, steps) => {
        const { rows, state, createRows } = createFakeSource(() => s.schedule(Promise.resolve()))
        let collection = createRows()
        /** Version of the last change with an event, by id. */
        const eventVersions = new Map<string, number>()
        /** Time at which a version was replaced, by id and version. */
        const ended = new Map<string, number>()
        const deleted = new Set<string>()
        let version = 0
        const reads: Promise<void>[] = []

        function replace(id: string): void {
          const before = rows.get(id)
          if (before !== undefined) ended.set(`${id} ${before.version}`, state.clock)
          rows.set(id, { id, part: partOf(id), version: ++version })
        }

        /** A row must not be older than the last event before the request, nor have been replaced too long ago. */
        function check(row: Row, minVersions: ReadonlyMap<string, number>, requestedAt: number): void {
          expect(row.version).toBeGreaterThanOrEqual(minVersions.get(row.id) ?? 0)
          const endedAt = ended.get(`${row.id} ${row.version}`) ?? Number.POSITIVE_INFINITY
          expect(requestedAt - endedAt).toBeLessThan(10 * maxAgeMs)
        }

        for (const each of steps) {
          if (each.do === 'changeWithEvent' && !deleted.has(each.id)) {
            replace(each.id)
            eventVersions.set(each.id, version)
            collection.invalidate(each.id)
          } else if (each.do === 'changeWithoutEvent' && !deleted.has(each.id)) replace(each.id)
          else if (each.do === 'delete') {
            rows.delete(each.id)
            deleted.add(each.id)
            collection.remove(each.id)
          } else if (each.do === 'startOutage') state.isDown = true
          else if (each.do === 'endOutage') state.isDown = false
          else if (each.do === 'age') state.clock += each.ms
          else if (each.do === 'list') reads.push(readList(partOf(each.id)))
          else if (each.do === 'get') reads.push(readRow(each.id))
          else if (each.do === 'restart') {
            const dumps = ['north', 'south'].map((part) => [part, collection.dump(part)] as const)
            collection = createRows()
            for (const [part, dump] of dumps) if (dump !== null) await collection.restore(part, dump)
            // The journal replays the deletions after a restart.
            for (const id of deleted) collection.remove(id)
          }
          while (s.count() > (each.do === 'settle' ? 0 : 2)) await s.waitOne()
          if (each.do === 'settle') await Promise.race([Promise.all(reads), s.waitIdle()])
        }
        await s.waitFor(Promise.all(reads))

        async function readList(part: string): Promise<void> {
          const [minVersions, requestedAt, requested] = [new Map(eventVersions), state.clock, collection]
          const deletedBefore = new Set(deleted)
          const [error] = await requested.ensureLoaded([part], false)
          if (error != null || requested !== collection) return
          const served = requested.rowsIn(part)
          for (const row of served) check(row, minVersions, requestedAt)
          for (const id of deletedBefore) expect(served.some((row) => row.id === id)).toBe(false)
        }

        async function readRow(id: string): Promise<void> {
          const [minVersions, requestedAt, requested] = [new Map(eventVersions), state.clock, collection]
          const isDeleted = deleted.has(id)
          const cached = requested.getFresh(id)
          const row = cached === undefined ? (await requested.loadMany([id]))[0] : cached
          if (isDeleted && !(row instanceof Error)) expect(row).toBeNull()
          if (row != null && !(row instanceof Error)) check(row, minVersions, requestedAt)
        }
      }),
      { numRuns: 3_000 },
    )
  })

  it('should fetch again for a new reader if the running fetch started too long ago', async () => {
    const pauses: PromiseWithResolvers<void>[] = []
    const { rows, state, createRows } = createFakeSource(() => {
      const pause = Promise.withResolvers<void>()
      pauses.push(pause)
      return pause.promise
    })
    const endPause = async (index: number): Promise<void> => {
      pauses[index]?.resolve()
      await new Promise(setImmediate)
    }
    const collection = createRows()
    const first = collection.loadMany(['a'])
    await endPause(0)
    rows.set('a', { id: 'a', part: 'north', version: 1 })
    state.clock += maxAgeMs

    const second = collection.loadMany(['a'])
    await endPause(2)
    await endPause(3)
    await endPause(1)

    expect(await second).toEqual([{ id: 'a', part: 'north', version: 1 }])
    expect(await first).toEqual(await second)
    expect(collection.getFresh('a')).toEqual({ id: 'a', part: 'north', version: 1 })
  })
})
