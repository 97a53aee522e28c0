import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLastingDoors } from '../../src/catalog/lasting-doors.ts'
import type { AcsCredentialId, AcsEntranceId } from '../../src/model/ids.ts'

const entranceIds = ['E1', 'E2', 'E3'] as AcsEntranceId[]
const credentialIds = ['C1', 'C2', 'C3', 'C4', 'C5'] as AcsCredentialId[]
const maxAgeMs = 100
const staleMs = 1_000

type Opens = ReadonlyMap<AcsCredentialId, ReadonlySet<AcsEntranceId>>

/** Doors that fail while they're broken, and otherwise answer when the scheduler lets them. */
function createWorld(pause: () => Promise<unknown>) {
  const opens = new Map<AcsCredentialId, Set<AcsEntranceId>>()
  const state = { clock: 0, isBroken: false }
  async function ask<T>(look: () => T): Promise<T> {
    await pause()
    if (state.isBroken) throw new Error('down')
    const seen = look()
    await pause()
    return seen
  }
  const source = {
    credentialsOf: (id: AcsEntranceId) =>
      ask(() => [...opens].flatMap(([credential, to]) => (to.has(id) ? [credential] : []))),
    entrancesOf: (id: AcsCredentialId) => ask(() => [...(opens.get(id) ?? [])]),
  }
  const open = () =>
    createLastingDoors(source, { maxAgeMs, staleMs, patienceMs: 1_000, now: () => state.clock })
  return { opens, state, open }
}

const credential = fc.constantFrom(...credentialIds)
const entrance = fc.constantFrom(...entranceIds)
const to = fc.uniqueArray(entrance)
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('told' as const), id: credential, to }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('silent' as const), id: credential, to }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('break' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('mend' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('age' as const), ms: fc.constantFrom(50, 100, 900, 1_000) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('doors' as const),
      ids: fc.uniqueArray(credential, { minLength: 1 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('keys' as const), id: entrance }) },
)

describe('who opens what over outages and restarts', () => {
  it('should never tell edges that were known to be out of date, nor what is too old', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 3, maxLength: 40 }), async (s, steps) => {
        const { opens, state, open } = createWorld(() => s.schedule(Promise.resolve()))
        let doors = open()
        const list = async () => entranceIds
        /** How everything stood, from when on, and since when that may not be told any more. */
        const history: { readonly opens: Opens; readonly since: number }[] = []
        const record = () =>
          history.push({
            opens: new Map([...opens].map(([id, to]) => [id, new Set(to)])),
            since: state.clock,
          })
        record()
        /** The place in history of the last news of each credential. */
        const told = new Map<AcsCredentialId, number>()
        const reads: Promise<void>[] = []

        /** Whether an edge may be told: it stood so at some time since the last news of it, and not too long ago. */
        function expectPossible(
          id: AcsCredentialId,
          door: AcsEntranceId,
          isTold: boolean,
          toldAt: number,
          askedAt: number,
        ) {
          const possible = history
            .filter((_, index) => {
              const endedAt = history[index + 1]?.since ?? Number.POSITIVE_INFINITY
              return index >= toldAt && askedAt - endedAt < staleMs
            })
            .map((then) => then.opens.get(id)?.has(door) ?? false)
          expect(possible).toContain(isTold)
        }

        for (const each of steps) {
          if (each.do === 'told' || each.do === 'silent') {
            opens.set(each.id, new Set(each.to))
            record()
            if (each.do === 'told') {
              told.set(each.id, history.length - 1)
              doors.doubtCredential(each.id)
            }
          } else if (each.do === 'break') state.isBroken = true
          else if (each.do === 'mend') state.isBroken = false
          else if (each.do === 'age') {
            // A call to Seam has a deadline that is much shorter than any age.
            await s.waitIdle()
            state.clock += each.ms
          } else if (each.do === 'restart') {
            const dump = doors.dump()
            doors = open()
            if (dump !== null) doors.restore(dump)
          } else if (each.do === 'doors') reads.push(readDoors(each.ids))
          else if (each.do === 'keys') reads.push(readKeys(each.id))
          while (s.count() > (each.do === 'settle' ? 0 : 2)) await s.waitOne()
          if (each.do === 'settle') await Promise.race([Promise.all(reads), s.waitIdle()])
        }
        await s.waitFor(Promise.all(reads))

        async function readDoors(ids: AcsCredentialId[]): Promise<void> {
          const [then, askedAt] = [new Map(told), state.clock]
          const [single] = ids
          const known = ids.length === 1 && single !== undefined ? doors.entrancesOf(single) : undefined
          const answer = known === undefined ? doors.learnCredentials(ids, list) : Promise.resolve([known])
          const found = await answer.catch(() => null)
          for (const [index, id] of ids.entries())
            for (const door of entranceIds)
              if (found !== null)
                expectPossible(id, door, found[index]?.has(door) ?? false, then.get(id) ?? 0, askedAt)
        }

        async function readKeys(door: AcsEntranceId): Promise<void> {
          const [then, askedAt] = [new Map(told), state.clock]
          const known = doors.credentialsOf(door)
          const answer = known === undefined ? doors.learnEntrances([door]) : Promise.resolve([known])
          const [found] = (await answer.catch(() => null)) ?? []
          for (const id of credentialIds)
            if (found !== undefined) expectPossible(id, door, found.has(id), then.get(id) ?? 0, askedAt)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
