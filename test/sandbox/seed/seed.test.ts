import { describe, expect, it } from 'vitest'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import { callApi, openSandbox, readAllPages } from '../sandbox-fixture.ts'

const lists = [
  ['acs/entrances/list', 'acs_entrances'],
  ['acs/users/list', 'acs_users'],
  ['acs/credentials/list', 'acs_credentials'],
  ['user_identities/list', 'user_identities'],
  ['connected_accounts/list', 'connected_accounts'],
] as const

type Row = Record<string, unknown> & {
  starts_at?: string
  ends_at?: string
  warnings: { warning_code: string }[]
  errors: unknown[]
}

async function rows(sandbox: Sandbox, path: string, key: string): Promise<Row[]> {
  return (await readAllPages(sandbox, path, key, {})).flat() as Row[]
}

async function everything(sandbox: Sandbox): Promise<unknown[]> {
  const { body } = await callApi(sandbox, 'acs/systems/list')
  const found = await Promise.all(lists.map(([path, key]) => rows(sandbox, path, key)))
  return [body.acs_systems, ...found]
}

describe('the seed', () => {
  it('should have 2 ACS systems, 40 entrances, 100 residents and 300 credentials by default', async () => {
    await using sandbox = await openSandbox()
    const { acsSystemIds, acsEntranceIds, acsUserIds, acsCredentialIds } = sandbox.ids()
    const sizes = [acsSystemIds, acsEntranceIds, acsUserIds, acsCredentialIds].map((ids) => ids.length)
    expect(sizes).toEqual([2, 40, 100, 300])
    expect(sandbox.events()).toEqual([])
  })

  it('should be the same at every start', async () => {
    const now = () => Date.UTC(2026, 0, 1)
    await using one = await openSandbox({ now })
    await using other = await openSandbox({ now })
    expect(await everything(one)).toEqual(await everything(other))
    expect(one.workspaceId).toBe(other.workspaceId)
  })

  it('should differ only in schedules if the current time differs', async () => {
    const withoutSchedule = (row: Row) => ({ ...row, starts_at: null, ends_at: null })
    await using one = await openSandbox({ now: () => Date.UTC(2026, 0, 1) })
    await using other = await openSandbox({ now: () => Date.UTC(2027, 0, 1) })
    const [early, late] = await Promise.all(
      [one, other].map((box) => rows(box, 'acs/credentials/list', 'acs_credentials')),
    )
    expect(early?.map(withoutSchedule)).toEqual(late?.map(withoutSchedule))
    expect(early).not.toEqual(late)
  })

  it('should keep the ids of the first objects if there are more', async () => {
    await using few = await openSandbox({ residents: 10, doors: 20 })
    await using many = await openSandbox({ residents: 500, doors: 60 })
    expect(many.ids().acsUserIds.slice(0, 10)).toEqual(few.ids().acsUserIds)
    expect(many.ids().acsCredentialIds.slice(0, 30)).toEqual(few.ids().acsCredentialIds)
    expect(many.ids().userIdentityIds.slice(0, 10)).toEqual(few.ids().userIdentityIds)
    expect(many.ids().acsEntranceIds.slice(0, 20)).toEqual(few.ids().acsEntranceIds)
  })

  it.each([
    { systems: 1, doors: 1, residents: 5 },
    { systems: 3, doors: 3, residents: 7 },
    { systems: 7, doors: 100, residents: 0 },
    { systems: 2, doors: 13, residents: 201 },
  ])('should have any size: $systems ACS systems, $doors entrances, $residents residents', async (size) => {
    await using sandbox = await openSandbox(size)
    const { acsSystemIds, acsEntranceIds, acsUserIds, acsCredentialIds } = sandbox.ids()
    expect([acsSystemIds.length, acsEntranceIds.length, acsUserIds.length]).toEqual([
      size.systems,
      size.doors,
      size.residents,
    ])
    for (const acs_credential_id of acsCredentialIds.slice(0, 15)) {
      const { body } = await callApi(sandbox, 'acs/credentials/list_accessible_entrances', {
        acs_credential_id,
      })
      expect(body.acs_entrances.length).toBeGreaterThan(0)
    }
  })

  it('should contain every edge case', async () => {
    await using sandbox = await openSandbox()
    const [doors = [], users = [], keys = [], identities = []] = await Promise.all(
      lists.map(([path, key]) => rows(sandbox, path, key)),
    )
    const now = new Date().toISOString()
    const warned = (row: Row, code: string) => row.warnings.some((one) => one.warning_code === code)
    const edgeCases = {
      offline: doors.filter(
        (door) => (door.latch_metadata as { is_connected?: boolean }).is_connected === false,
      ),
      perhapsOnline: doors.filter((door) => !('is_connected' in (door.latch_metadata as object))),
      noKeypad: doors.filter((door) => door.can_unlock_with_code === false),
      perhapsKeypad: doors.filter((door) => !('can_unlock_with_code' in door)),
      suspended: users.filter((user) => user.is_suspended === true),
      perhapsSuspended: users.filter((user) => !('is_suspended' in user)),
      missionControl: users.filter((user) => warned(user, 'latch_resident_user')),
      anonymous: users.filter((user) => !('user_identity_id' in user)),
      brokenUser: users.filter((user) => user.errors.length > 0),
      scheduled: users.filter((user) => 'access_schedule' in user),
      over: keys.filter((key) => key.ends_at !== undefined && key.ends_at < now),
      toCome: keys.filter((key) => key.starts_at !== undefined && key.starts_at > now),
      unissued: keys.filter((key) => warned(key, 'waiting_to_be_issued') && key.code === null),
      perhapsIssued: keys.filter((key) => !('is_issued' in key)),
      brokenKey: keys.filter((key) => key.errors.length > 0),
      inTwoBuildings: identities.filter((one) => (one.acs_user_ids as string[]).length === 2),
    }
    for (const [name, found] of Object.entries(edgeCases)) {
      expect([name, found.length > 0, found.length < 10]).toEqual([name, true, true])
    }
  })

  it("should obey Latch's rules", async () => {
    await using sandbox = await openSandbox({ residents: 300 })
    const keys = await rows(sandbox, 'acs/credentials/list', 'acs_credentials')
    const doors = new Map<string, number>()
    for (const acs_entrance_id of sandbox.ids().acsEntranceIds) {
      const { body } = await callApi(sandbox, 'acs/entrances/list_credentials_with_access', {
        acs_entrance_id,
      })
      for (const { acs_credential_id: id } of body.acs_credentials) doors.set(id, (doors.get(id) ?? 0) + 1)
    }
    for (const key of keys) {
      const count = doors.get(key.acs_credential_id as string) ?? 0
      if (key.access_method === 'code') expect(count).toBe(1)
      else expect([count > 0, typeof key.user_identity_id]).toEqual([true, 'string'])
    }
  })
})
