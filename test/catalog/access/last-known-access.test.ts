import { beforeEach, describe, expect, it } from 'vitest'
import { createLastKnownAccess, type LastKnownAccess } from '../../../src/catalog/access/last-known-access.ts'
import type { AcsCredentialId, AcsEntranceId } from '../../../src/model/ids.ts'

const [front, back] = ['front', 'back'] as AcsEntranceId[] as [AcsEntranceId, AcsEntranceId]
const [ada, bob] = ['ada', 'bob'] as AcsCredentialId[] as [AcsCredentialId, AcsCredentialId]
const listEntrances = async () => [front, back]

describe('last known access', () => {
  let clock: number
  let isDown: boolean
  let calls: number
  let access: LastKnownAccess
  const unlocks = new Map<AcsCredentialId, AcsEntranceId[]>()
  const load = (...ids: AcsCredentialId[]) =>
    access.loadForCredentials(ids, listEntrances).then((edges) => edges.map((entrances) => [...entrances]))

  beforeEach(async () => {
    clock = 0
    isDown = false
    calls = 0
    unlocks.clear()
    unlocks.set(ada, [front, back]).set(bob, [front])
    const respond = async <T>(response: T): Promise<T> => {
      calls++
      if (isDown) throw new Error('down')
      return response
    }
    access = createLastKnownAccess(
      {
        entrancesOf: (id) => respond(unlocks.get(id) ?? []),
        credentialsOf: (id) =>
          respond([ada, bob].filter((credential) => unlocks.get(credential)?.includes(id))),
      },
      { maxAgeMs: 100, maxStaleAgeMs: 1_000, maxWaitMs: 50, now: () => clock },
    )
    await load(ada, bob)
  })

  it('should load edges again that are too old', async () => {
    unlocks.set(bob, [back])
    expect(access.entrancesOf(bob)).toEqual(new Set([front]))
    clock = 100
    expect(access.entrancesOf(bob)).toBeUndefined()
    expect(await load(bob)).toEqual([[back]])
    expect(access.failure).toBeNull()
  })

  it('should serve stale edges while Seam fails, up to the maximum stale age', async () => {
    isDown = true
    clock = 100
    expect(await load(ada, bob)).toEqual([[front, back], [front]])
    expect(access.failure).toEqual(new Error('down'))
    expect(access.loadedAt).toBe(0)
    const callsBefore = calls
    expect(access.entrancesOf(ada)).toEqual(new Set([front, back]))
    expect(calls).toBe(callsBefore)
    clock = 999
    expect(await load(ada)).toEqual([[front, back]])
    clock = 1_000
    await expect(load(ada)).rejects.toThrow('down')
  })

  it('should not serve invalidated edges while Seam fails', async () => {
    isDown = true
    clock = 100
    access.invalidateCredential(bob)
    await expect(load(bob)).rejects.toThrow('down')
    expect(await load(ada)).toEqual([[front, back]])
    access.removeCredential(ada)
    await expect(access.loadForEntrances([back])).rejects.toThrow('down')
    access.clear()
    await expect(load(ada)).rejects.toThrow('down')
  })

  it('should return edges from Seam once it responds again', async () => {
    isDown = true
    clock = 100
    await load(ada, bob)
    isDown = false
    unlocks.set(ada, [])
    clock = 1_500
    expect(await load(ada, bob)).toEqual([[], [front]])
    expect(access.failure).toBeNull()
    expect(access.loadedAt).toBe(1_500)
  })
})
