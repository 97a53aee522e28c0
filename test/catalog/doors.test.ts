import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDoors } from '../../src/catalog/doors.ts'
import type { AcsCredentialId, AcsEntranceId } from '../../src/model/ids.ts'

const entranceIds = ['E1', 'E2', 'E3'] as AcsEntranceId[]
const credentialIds = ['C1', 'C2', 'C3', 'C4', 'C5'] as AcsCredentialId[]

function createWorld(pause: () => Promise<unknown>) {
  const opens = new Map<AcsCredentialId, Set<AcsEntranceId>>()
  let calls = 0
  async function ask<T>(look: () => T): Promise<T> {
    calls++
    await pause()
    const seen = look()
    await pause()
    return seen
  }
  const doors = createDoors(
    {
      credentialsOf: (id) =>
        ask(() => [...opens].flatMap(([credential, to]) => (to.has(id) ? [credential] : []))),
      entrancesOf: (id) => ask(() => [...(opens.get(id) ?? [])]),
    },
    () => 0,
  )
  const list = async () => entranceIds
  return { opens, doors, list, calls: () => calls }
}

const someDoors = fc.uniqueArray(fc.constantFrom(...entranceIds))
const someCredential = fc.constantFrom(...credentialIds)
const step = fc.oneof(
  fc.record({ do: fc.constant('set' as const), id: someCredential, to: someDoors }),
  fc.record({ do: fc.constant('remove' as const), id: someCredential }),
  fc.record({ do: fc.constant('doors' as const), ids: fc.uniqueArray(someCredential, { minLength: 1 }) }),
  fc.record({ do: fc.constant('credentials' as const), id: fc.constantFrom(...entranceIds) }),
)

describe('who opens what', () => {
  it('should never tell edges that were out of date when they were asked for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 1, maxLength: 20 }), async (s, steps) => {
        const { opens, doors, list } = createWorld(() => s.schedule(Promise.resolve()))
        // An edge may be told as it stood at any time since the question, and no earlier.
        const history: Map<AcsCredentialId, Set<AcsEntranceId>>[] = []
        const record = () => history.push(new Map([...opens].map(([id, to]) => [id, new Set(to)])))
        record()
        const reads: Promise<void>[] = []
        for (const each of steps) {
          if (each.do === 'set') {
            opens.set(each.id, new Set(each.to))
            doors.doubtCredential(each.id)
            record()
          } else if (each.do === 'remove') {
            opens.delete(each.id)
            doors.doubtCredential(each.id)
            record()
          } else if (each.do === 'doors') {
            reads.push(checkCredentials(each.ids, history.length - 1))
          } else {
            reads.push(checkEntrance(each.id, history.length - 1))
          }
          if (s.count() > 1) await s.waitOne()
        }
        await s.waitFor(Promise.all(reads))
        const last = s.waitFor(doors.learnCredentials(credentialIds, list))
        expect((await last).map((to) => [...to].sort())).toEqual(
          credentialIds.map((id) => [...(opens.get(id) ?? [])].sort()),
        )

        async function checkCredentials(ids: AcsCredentialId[], since: number): Promise<void> {
          const found = (await doors.learnCredentials(ids, list)).map((to) => new Set(to))
          ids.forEach((id, index) => {
            for (const entrance of entranceIds) {
              const possible = history.slice(since).map((then) => then.get(id)?.has(entrance) ?? false)
              expect(possible).toContain(found[index]?.has(entrance) ?? false)
            }
          })
        }

        async function checkEntrance(id: AcsEntranceId, since: number): Promise<void> {
          const [found] = (await doors.learnEntrances([id])).map((by) => new Set(by))
          for (const credential of credentialIds) {
            const possible = history.slice(since).map((then) => then.get(credential)?.has(id) ?? false)
            expect(possible).toContain(found?.has(credential) ?? false)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  const atOnce = () => Promise.resolve()

  it('should learn a system by its doors when those are fewer, and then know it', async () => {
    const { opens, doors, list, calls } = createWorld(atOnce)
    opens.set('C1' as AcsCredentialId, new Set(entranceIds))
    await doors.learnCredentials(credentialIds, list)
    expect(calls()).toBe(3)
    expect(doors.entrancesOf('C1' as AcsCredentialId)?.size).toBe(3)
    expect(doors.credentialsOf('E1' as AcsEntranceId)?.size).toBe(1)
    expect(doors.entrancesOf('C2' as AcsCredentialId)?.size).toBe(0)
    expect(calls()).toBe(3)
  })

  it('should learn single credentials by themselves', async () => {
    const { doors, list, calls } = createWorld(atOnce)
    await doors.learnCredentials(credentialIds.slice(0, 2), list)
    expect(calls()).toBe(2)
    expect(doors.entrancesOf('C3' as AcsCredentialId)).toBeUndefined()
  })

  it('should ask only about the credential that changed', async () => {
    const { opens, doors, list, calls } = createWorld(atOnce)
    await doors.learnCredentials(credentialIds, list)
    opens.set('C2' as AcsCredentialId, new Set(entranceIds.slice(0, 1)))
    doors.doubtCredential('C2' as AcsCredentialId)
    expect(doors.entrancesOf('C1' as AcsCredentialId)?.size).toBe(0)
    expect(doors.credentialsOf('E1' as AcsEntranceId)).toBeUndefined()
    await doors.learnCredentials(['C2' as AcsCredentialId], list)
    expect(calls()).toBe(4)
    expect(doors.credentialsOf('E1' as AcsEntranceId)).toEqual(new Set(['C2']))
  })
})
