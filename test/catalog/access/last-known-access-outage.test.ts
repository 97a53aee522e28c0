import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLastKnownAccess } from '../../../src/catalog/access/last-known-access.ts'
import type { AcsCredentialId, AcsEntranceId } from '../../../src/model/ids.ts'

const entranceIds = ['E1', 'E2', 'E3'] as AcsEntranceId[]
const credentialIds = ['C1', 'C2', 'C3', 'C4', 'C5'] as AcsCredentialId[]
const maxAgeMs = 100
const maxStaleAgeMs = 1_000

type Unlocks = ReadonlyMap<AcsCredentialId, ReadonlySet<AcsEntranceId>>

/** Creates a source that fails while it is down, and otherwise takes its response between two calls of `pause`. */
function createFakeSource(pause: () => Promise<unknown>) {
  const unlocks = new Map<AcsCredentialId, Set<AcsEntranceId>>()
  const state = { clock: 0, isDown: false }
  async function respond<T>(readNow: () => T): Promise<T> {
    await pause()
    if (state.isDown) throw new Error('down')
    const response = readNow()
    await pause()
    return response
  }
  const source = {
    credentialsOf: (id: AcsEntranceId) =>
      respond(() =>
        [...unlocks].flatMap(([credential, entrances]) => (entrances.has(id) ? [credential] : [])),
      ),
    entrancesOf: (id: AcsCredentialId) => respond(() => [...(unlocks.get(id) ?? [])]),
  }
  const createAccess = () =>
    createLastKnownAccess(source, { maxAgeMs, maxStaleAgeMs, maxWaitMs: 1_000, now: () => state.clock })
  return { unlocks, state, createAccess }
}

const credential = fc.constantFrom(...credentialIds)
const entrance = fc.constantFrom(...entranceIds)
const entrances = fc.uniqueArray(entrance)
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('changeWithEvent' as const), id: credential, entrances }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('changeWithoutEvent' as const), id: credential, entrances }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('startOutage' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('endOutage' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('age' as const), ms: fc.constantFrom(50, 100, 900, 1_000) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('readCredentials' as const),
      ids: fc.uniqueArray(credential, { minLength: 1 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('readEntrance' as const), id: entrance }) },
)

describe('last known access over outages and restarts', () => {
  it('should never return edges that were invalidated before the request, nor edges that are too old', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 3, maxLength: 40 }), async (s, steps) => {
        const { unlocks, state, createAccess } = createFakeSource(() => s.schedule(Promise.resolve()))
        let access = createAccess()
        const listEntrances = async () => entranceIds
        /** All states, with the time at which each began. */
        const history: { readonly unlocks: Unlocks; readonly since: number }[] = []
        const record = () =>
          history.push({
            unlocks: new Map([...unlocks].map(([id, entrances]) => [id, new Set(entrances)])),
            since: state.clock,
          })
        record()
        /** Index in `history` of the last change with an event, by credential. */
        const lastEventIndex = new Map<AcsCredentialId, number>()
        const reads: Promise<void>[] = []

        /** An edge must be of a state since the last event, and that state must have ended less than `maxStaleAgeMs` ago. */
        function expectPossible(
          id: AcsCredentialId,
          entranceId: AcsEntranceId,
          isReturned: boolean,
          eventIndex: number,
          requestedAt: number,
        ) {
          const possible = history
            .filter((_, index) => {
              const endedAt = history[index + 1]?.since ?? Number.POSITIVE_INFINITY
              return index >= eventIndex && requestedAt - endedAt < maxStaleAgeMs
            })
            .map((past) => past.unlocks.get(id)?.has(entranceId) ?? false)
          expect(possible).toContain(isReturned)
        }

        for (const each of steps) {
          if (each.do === 'changeWithEvent' || each.do === 'changeWithoutEvent') {
            unlocks.set(each.id, new Set(each.entrances))
            record()
            if (each.do === 'changeWithEvent') {
              lastEventIndex.set(each.id, history.length - 1)
              access.invalidateCredential(each.id)
            }
          } else if (each.do === 'startOutage') state.isDown = true
          else if (each.do === 'endOutage') state.isDown = false
          else if (each.do === 'age') {
            // A call to Seam has a deadline that is much shorter than any age.
            await s.waitIdle()
            state.clock += each.ms
          } else if (each.do === 'restart') {
            const dump = access.dump()
            access = createAccess()
            if (dump !== null) await access.restore(dump)
          } else if (each.do === 'readCredentials') reads.push(readCredentials(each.ids))
          else if (each.do === 'readEntrance') reads.push(readEntrance(each.id))
          while (s.count() > (each.do === 'settle' ? 0 : 2)) await s.waitOne()
          if (each.do === 'settle') await Promise.race([Promise.all(reads), s.waitIdle()])
        }
        await s.waitFor(Promise.all(reads))

        async function readCredentials(ids: AcsCredentialId[]): Promise<void> {
          const [eventIndexes, requestedAt] = [new Map(lastEventIndex), state.clock]
          const [single] = ids
          const cached = ids.length === 1 && single !== undefined ? access.entrancesOf(single) : undefined
          const loading =
            cached === undefined ? access.loadForCredentials(ids, listEntrances) : Promise.resolve([cached])
          const edges = await loading.catch(() => null)
          if (edges === null) return
          for (const [index, id] of ids.entries())
            for (const entranceId of entranceIds) {
              const isReturned = edges[index]?.has(entranceId) ?? false
              expectPossible(id, entranceId, isReturned, eventIndexes.get(id) ?? 0, requestedAt)
            }
        }

        async function readEntrance(entranceId: AcsEntranceId): Promise<void> {
          const [eventIndexes, requestedAt] = [new Map(lastEventIndex), state.clock]
          const cached = access.credentialsOf(entranceId)
          const loading =
            cached === undefined ? access.loadForEntrances([entranceId]) : Promise.resolve([cached])
          const [edges] = (await loading.catch(() => null)) ?? []
          if (edges === undefined) return
          for (const id of credentialIds)
            expectPossible(id, entranceId, edges.has(id), eventIndexes.get(id) ?? 0, requestedAt)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
