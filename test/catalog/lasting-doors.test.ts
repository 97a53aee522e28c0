import { beforeEach, describe, expect, it } from 'vitest'
import { createLastingDoors, type LastingDoors } from '../../src/catalog/lasting-doors.ts'
import type { AcsCredentialId, AcsEntranceId } from '../../src/model/ids.ts'

const [front, back] = ['front', 'back'] as AcsEntranceId[] as [AcsEntranceId, AcsEntranceId]
const [ada, bob] = ['ada', 'bob'] as AcsCredentialId[] as [AcsCredentialId, AcsCredentialId]
const list = async () => [front, back]

describe('doors that are kept while Seam fails', () => {
  let clock: number
  let isDown: boolean
  let calls: number
  let doors: LastingDoors
  const opens = new Map<AcsCredentialId, AcsEntranceId[]>()
  const learn = (...ids: AcsCredentialId[]) =>
    doors.learnCredentials(ids, list).then((found) => found.map((each) => [...each]))

  beforeEach(async () => {
    clock = 0
    isDown = false
    calls = 0
    opens.clear()
    opens.set(ada, [front, back]).set(bob, [front])
    const ask = async <T>(answer: T): Promise<T> => {
      calls++
      if (isDown) throw new Error('down')
      return answer
    }
    doors = createLastingDoors(
      {
        entrancesOf: (id) => ask(opens.get(id) ?? []),
        credentialsOf: (id) => ask([ada, bob].filter((each) => opens.get(each)?.includes(id))),
      },
      { maxAgeMs: 100, staleMs: 1_000, patienceMs: 50, now: () => clock },
    )
    await learn(ada, bob)
  })

  it('should learn anew what has become too old', async () => {
    opens.set(bob, [back])
    expect(doors.entrancesOf(bob)).toEqual(new Set([front]))
    clock = 100
    expect(doors.entrancesOf(bob)).toBeUndefined()
    expect(await learn(bob)).toEqual([[back]])
    expect(doors.failure).toBeNull()
  })

  it('should serve what was known before while Seam fails, up to the limit', async () => {
    isDown = true
    clock = 100
    expect(await learn(ada, bob)).toEqual([[front, back], [front]])
    expect(doors.failure).toEqual(new Error('down'))
    expect(doors.learntAt).toBe(0)
    const asked = calls
    expect(doors.entrancesOf(ada)).toEqual(new Set([front, back]))
    expect(calls).toBe(asked)
    clock = 999
    expect(await learn(ada)).toEqual([[front, back]])
    clock = 1_000
    await expect(learn(ada)).rejects.toThrow('down')
  })

  it('should not serve what news has cast doubt on', async () => {
    isDown = true
    clock = 100
    doors.doubtCredential(bob)
    await expect(learn(bob)).rejects.toThrow('down')
    expect(await learn(ada)).toEqual([[front, back]])
    doors.removeCredential(ada)
    await expect(doors.learnEntrances([back])).rejects.toThrow('down')
    doors.forget()
    await expect(learn(ada)).rejects.toThrow('down')
  })

  it('should tell what Seam says once it can be asked again', async () => {
    isDown = true
    clock = 100
    await learn(ada, bob)
    isDown = false
    opens.set(ada, [])
    clock = 1_500
    expect(await learn(ada, bob)).toEqual([[], [front]])
    expect(doors.failure).toBeNull()
    expect(doors.learntAt).toBe(1_500)
  })
})
