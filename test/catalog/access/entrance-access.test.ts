import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEntranceAccess } from '../../../src/catalog/access/entrance-access.ts'
import type { AcsCredentialId, AcsEntranceId } from '../../../src/model/ids.ts'

const entranceIds = ['E1', 'E2', 'E3'] as AcsEntranceId[]
const credentialIds = ['C1', 'C2', 'C3', 'C4', 'C5'] as AcsCredentialId[]

/** Creates access whose source takes its response between two calls of `pause`. */
function createFakeSource(pause: () => Promise<unknown>) {
  const unlocks = new Map<AcsCredentialId, Set<AcsEntranceId>>()
  let calls = 0
  async function respond<T>(readNow: () => T): Promise<T> {
    calls++
    await pause()
    const response = readNow()
    await pause()
    return response
  }
  const access = createEntranceAccess(
    {
      credentialsOf: (id) =>
        respond(() =>
          [...unlocks].flatMap(([credential, entrances]) => (entrances.has(id) ? [credential] : [])),
        ),
      entrancesOf: (id) => respond(() => [...(unlocks.get(id) ?? [])]),
    },
    () => 0,
  )
  const listEntrances = async () => entranceIds
  return { unlocks, access, listEntrances, calls: () => calls }
}

const someEntrances = fc.uniqueArray(fc.constantFrom(...entranceIds))
const someCredential = fc.constantFrom(...credentialIds)
const step = fc.oneof(
  fc.record({ do: fc.constant('set' as const), id: someCredential, entrances: someEntrances }),
  fc.record({ do: fc.constant('remove' as const), id: someCredential }),
  fc.record({
    do: fc.constant('readCredentials' as const),
    ids: fc.uniqueArray(someCredential, { minLength: 1 }),
  }),
  fc.record({ do: fc.constant('readEntrance' as const), id: fc.constantFrom(...entranceIds) }),
)

describe('entrance access', () => {
  it('should never return edges that were already outdated when they were requested', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 1, maxLength: 20 }), async (s, steps) => {
        const { unlocks, access, listEntrances } = createFakeSource(() => s.schedule(Promise.resolve()))
        // An edge may be returned in any state since the request, but not in an earlier one.
        const history: Map<AcsCredentialId, Set<AcsEntranceId>>[] = []
        const record = () =>
          history.push(new Map([...unlocks].map(([id, entrances]) => [id, new Set(entrances)])))
        record()
        const reads: Promise<void>[] = []
        for (const each of steps) {
          if (each.do === 'set') {
            unlocks.set(each.id, new Set(each.entrances))
            access.invalidateCredential(each.id)
            record()
          } else if (each.do === 'remove') {
            unlocks.delete(each.id)
            access.invalidateCredential(each.id)
            record()
          } else if (each.do === 'readCredentials') {
            reads.push(checkCredentials(each.ids, history.length - 1))
          } else {
            reads.push(checkEntrance(each.id, history.length - 1))
          }
          if (s.count() > 1) await s.waitOne()
        }
        await s.waitFor(Promise.all(reads))
        const last = s.waitFor(access.loadForCredentials(credentialIds, listEntrances))
        expect((await last).map((entrances) => [...entrances].sort())).toEqual(
          credentialIds.map((id) => [...(unlocks.get(id) ?? [])].sort()),
        )

        async function checkCredentials(ids: AcsCredentialId[], since: number): Promise<void> {
          const loaded = (await access.loadForCredentials(ids, listEntrances)).map((edges) => new Set(edges))
          ids.forEach((id, index) => {
            for (const entrance of entranceIds) {
              const possible = history.slice(since).map((state) => state.get(id)?.has(entrance) ?? false)
              expect(possible).toContain(loaded[index]?.has(entrance) ?? false)
            }
          })
        }

        async function checkEntrance(id: AcsEntranceId, since: number): Promise<void> {
          const [loaded] = (await access.loadForEntrances([id])).map((edges) => new Set(edges))
          for (const credential of credentialIds) {
            const possible = history.slice(since).map((state) => state.get(credential)?.has(id) ?? false)
            expect(possible).toContain(loaded?.has(credential) ?? false)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  const noPause = () => Promise.resolve()

  it('should load a system by its entrances if they are fewer, and then cache all its access', async () => {
    const { unlocks, access, listEntrances, calls } = createFakeSource(noPause)
    unlocks.set('C1' as AcsCredentialId, new Set(entranceIds))
    await access.loadForCredentials(credentialIds, listEntrances)
    expect(calls()).toBe(3)
    expect(access.entrancesOf('C1' as AcsCredentialId)?.size).toBe(3)
    expect(access.credentialsOf('E1' as AcsEntranceId)?.size).toBe(1)
    expect(access.entrancesOf('C2' as AcsCredentialId)?.size).toBe(0)
    expect(calls()).toBe(3)
  })

  it('should load a few credentials one by one', async () => {
    const { access, listEntrances, calls } = createFakeSource(noPause)
    await access.loadForCredentials(credentialIds.slice(0, 2), listEntrances)
    expect(calls()).toBe(2)
    expect(access.entrancesOf('C3' as AcsCredentialId)).toBeUndefined()
  })

  it('should load only the credential that changed', async () => {
    const { unlocks, access, listEntrances, calls } = createFakeSource(noPause)
    await access.loadForCredentials(credentialIds, listEntrances)
    unlocks.set('C2' as AcsCredentialId, new Set(entranceIds.slice(0, 1)))
    access.invalidateCredential('C2' as AcsCredentialId)
    expect(access.entrancesOf('C1' as AcsCredentialId)?.size).toBe(0)
    expect(access.credentialsOf('E1' as AcsEntranceId)).toBeUndefined()
    await access.loadForCredentials(['C2' as AcsCredentialId], listEntrances)
    expect(calls()).toBe(4)
    expect(access.credentialsOf('E1' as AcsEntranceId)).toEqual(new Set(['C2']))
  })
})
