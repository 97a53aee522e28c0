import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import { callApi, openSandbox } from '../sandbox-fixture.ts'

let sandbox: Sandbox
/** ACS users of the first ACS system: `jane` with a user identity, `joe` without. */
let jane: string
let joe: string
let identity: string
let systems: string[]
/** Ids of the entrances of the first ACS system by name; `elsewhere` is in the second. */
let doors: Record<string, string>

beforeAll(async () => {
  sandbox = await openSandbox()
  systems = sandbox.ids().acsSystemIds
  const [acs_system_id, other] = systems
  const own = await callApi(sandbox, 'acs/entrances/list', { acs_system_id })
  const foreign = await callApi(sandbox, 'acs/entrances/list', { acs_system_id: other })
  doors = Object.fromEntries(
    own.body.acs_entrances.map((door: Record<string, string>) => [door.display_name, door.acs_entrance_id]),
  )
  doors.elsewhere = foreign.body.acs_entrances[0].acs_entrance_id
  identity = (await callApi(sandbox, 'user_identities/create', { full_name: 'Jane' })).body.user_identity
    .user_identity_id
  const create = { acs_system_id, full_name: 'Jane' }
  jane = (await callApi(sandbox, 'acs/users/create', { ...create, user_identity_id: identity })).body.acs_user
    .acs_user_id
  joe = (await callApi(sandbox, 'acs/users/create', { ...create, full_name: 'Joe' })).body.acs_user
    .acs_user_id
})

afterAll(() => sandbox.close())

type Case = { when: string; params: () => Record<string, unknown>; about: string }

const code = (given: Record<string, unknown> = {}) => ({
  acs_user_id: jane,
  access_method: 'code',
  allowed_acs_entrance_ids: [doors.Garage],
  ...given,
})

const mobileKey = (given: Record<string, unknown> = {}) => ({
  acs_user_id: jane,
  access_method: 'mobile_key',
  is_multi_phone_sync_credential: true,
  allowed_acs_entrance_ids: [doors.Garage, doors.Gym],
  ...given,
})

const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()

const refused: Case[] = [
  {
    when: 'an access code has no entrance',
    params: () => code({ allowed_acs_entrance_ids: [] }),
    about: 'allowed_acs_entrance_ids',
  },
  {
    when: 'an access code has two entrances',
    params: () => code({ allowed_acs_entrance_ids: [doors.Garage, doors['Front Door']] }),
    about: 'allowed_acs_entrance_ids',
  },
  { when: 'a PIN is given', params: () => code({ code: '1234567' }), about: 'code' },
  {
    when: 'an access code is a multi-phone sync credential',
    params: () => code({ is_multi_phone_sync_credential: true }),
    about: 'is_multi_phone_sync_credential',
  },
  {
    when: 'an access code is for an entrance without a keypad',
    params: () => code({ allowed_acs_entrance_ids: [doors.Gym] }),
    about: 'allowed_acs_entrance_ids',
  },
  {
    when: 'an access code is for an entrance of another ACS system',
    params: () => code({ allowed_acs_entrance_ids: [doors.elsewhere] }),
    about: 'allowed_acs_entrance_ids',
  },
  {
    when: 'a mobile key has no entrance',
    params: () => mobileKey({ allowed_acs_entrance_ids: [] }),
    about: 'allowed_acs_entrance_ids',
  },
  {
    when: 'a mobile key is not a multi-phone sync credential',
    params: () => mobileKey({ is_multi_phone_sync_credential: false }),
    about: 'is_multi_phone_sync_credential',
  },
  {
    when: 'a mobile key is for an ACS user without a user identity',
    params: () => mobileKey({ acs_user_id: joe }),
    about: 'acs_user_id',
  },
  { when: 'a mobile key has a PIN', params: () => mobileKey({ code: '1234567' }), about: 'code' },
  {
    when: 'a mobile key is for an entrance of another ACS system',
    params: () => mobileKey({ allowed_acs_entrance_ids: [doors.Gym, doors.elsewhere] }),
    about: 'allowed_acs_entrance_ids',
  },
  { when: 'the end is in the past', params: () => code({ ends_at: inMinutes(-1) }), about: 'ends_at' },
  {
    when: 'the end is before the start',
    params: () => code({ starts_at: inMinutes(20), ends_at: inMinutes(10) }),
    about: 'ends_at',
  },
  {
    when: 'the end equals the start',
    params: () => mobileKey({ starts_at: '2099-01-01T00:00:00Z', ends_at: '2099-01-01T00:00:00Z' }),
    about: 'ends_at',
  },
  { when: 'no ACS user is given', params: () => code({ acs_user_id: undefined }), about: 'acs_user_id' },
  {
    when: 'both an ACS user and a user identity are given',
    params: () => code({ user_identity_id: identity }),
    about: 'user_identity_id',
  },
  {
    when: 'no access method is given',
    params: () => code({ access_method: undefined }),
    about: 'access_method',
  },
  { when: 'a date is not valid', params: () => code({ ends_at: 'tomorrow' }), about: 'ends_at' },
]

describe('acs/credentials/create', () => {
  it.each(refused)('should get 400 if $when', async ({ params, about }) => {
    const before = sandbox.ids().acsCredentialIds.length
    const { status, body } = await callApi(sandbox, 'acs/credentials/create', params())
    expect([status, body.error.type]).toEqual([400, 'invalid_input'])
    expect(Object.keys(body.error.validation_errors)).toContain(about)
    expect(sandbox.ids().acsCredentialIds).toHaveLength(before)
  })

  it.each(['card', 'cloud_key'])('should not support the access method %s', async (access_method) => {
    const { status, body } = await callApi(sandbox, 'acs/credentials/create', code({ access_method }))
    expect([status, body.error.type]).toEqual([400, 'not_supported'])
  })

  it('should get 404 for an unknown entrance or ACS user', async () => {
    const nowhere = '00000000-0000-4000-8000-000000000000'
    const door = await callApi(
      sandbox,
      'acs/credentials/create',
      code({ allowed_acs_entrance_ids: [nowhere] }),
    )
    const user = await callApi(sandbox, 'acs/credentials/create', code({ acs_user_id: nowhere }))
    expect([door.status, door.body.error.type]).toEqual([404, 'acs_entrance_not_found'])
    expect([user.status, user.body.error.type]).toEqual([404, 'acs_user_not_found'])
  })

  it('should generate a PIN of seven digits for an access code, and none for a mobile key', async () => {
    const pin = await callApi(sandbox, 'acs/credentials/create', code())
    const key = await callApi(sandbox, 'acs/credentials/create', mobileKey())
    expect(pin.body.acs_credential).toMatchObject({ code: expect.stringMatching(/^\d{7}$/), warnings: [] })
    expect(key.body.acs_credential).not.toHaveProperty('code')
    expect(key.body.acs_credential).toMatchObject({
      is_multi_phone_sync_credential: true,
      user_identity_id: identity,
    })
  })

  it('should create an ACS user if the user identity has none in the ACS system', async () => {
    const [, acs_system_id] = systems
    const given = { acs_user_id: undefined, user_identity_id: identity, acs_system_id }
    const params = mobileKey({ ...given, allowed_acs_entrance_ids: [doors.elsewhere] })
    const first = await callApi(sandbox, 'acs/credentials/create', params)
    const again = await callApi(sandbox, 'acs/credentials/create', params)
    expect(first.body.acs_credential.acs_system_id).toBe(acs_system_id)
    expect(again.body.acs_credential.acs_user_id).toBe(first.body.acs_credential.acs_user_id)
  })

  it('should not create an ACS user if the credential is refused', async () => {
    const created = await callApi(sandbox, 'user_identities/create', { full_name: 'Refused' })
    const { user_identity_id } = created.body.user_identity
    const before = sandbox.ids().acsUserIds.length
    const given = {
      acs_user_id: undefined,
      user_identity_id,
      acs_system_id: systems[0],
      ends_at: inMinutes(-5),
    }
    expect((await callApi(sandbox, 'acs/credentials/create', code(given))).status).toBe(400)
    expect(sandbox.ids().acsUserIds).toHaveLength(before)
  })

  it('should replace a start in the past with the current time, and add a warning', async () => {
    const { body } = await callApi(sandbox, 'acs/credentials/create', code({ starts_at: inMinutes(-600) }))
    expect(body.acs_credential.warnings).toMatchObject([{ warning_code: 'schedule_modified' }])
    expect(Date.parse(body.acs_credential.starts_at)).toBeGreaterThan(Date.now() - 60_000)
  })
})

describe('an existing credential', () => {
  const created = async () => (await callApi(sandbox, 'acs/credentials/create', code())).body.acs_credential

  it('should get another end, but no other PIN', async () => {
    const { acs_credential_id } = await created()
    const chosen = await callApi(sandbox, 'acs/credentials/update', { acs_credential_id, code: '7654321' })
    const past = await callApi(sandbox, 'acs/credentials/update', {
      acs_credential_id,
      ends_at: inMinutes(-1),
    })
    const ends_at = inMinutes(90)
    const moved = await callApi(sandbox, 'acs/credentials/update', { acs_credential_id, ends_at })
    expect([chosen.status, past.status, moved.status]).toEqual([400, 400, 200])
    expect(moved.body.acs_credential.ends_at).toBe(ends_at)
  })

  it('should be assigned only within its ACS system', async () => {
    const { acs_credential_id } = await created()
    const elsewhere = await callApi(sandbox, 'acs/users/create', {
      acs_system_id: systems[1],
      full_name: 'Far',
    })
    const { acs_user_id } = elsewhere.body.acs_user
    const far = await callApi(sandbox, 'acs/credentials/assign', { acs_credential_id, acs_user_id })
    const near = await callApi(sandbox, 'acs/credentials/assign', { acs_credential_id, acs_user_id: joe })
    expect([far.status, near.status, near.body.acs_credential.acs_user_id]).toEqual([400, 200, joe])
    const taken = await callApi(sandbox, 'acs/credentials/unassign', { acs_credential_id, acs_user_id: joe })
    expect(taken.body.acs_credential).not.toHaveProperty('acs_user_id')
  })

  it('should not be assigned to an ACS user without a user identity if it is a mobile key', async () => {
    const key = await callApi(sandbox, 'acs/credentials/create', mobileKey())
    const { acs_credential_id } = key.body.acs_credential
    const assigned = await callApi(sandbox, 'acs/credentials/assign', { acs_credential_id, acs_user_id: joe })
    expect(assigned.status).toBe(400)
  })
})

describe('ACS users and user identities', () => {
  it('should not be linked if the user identity has another ACS user in the ACS system', async () => {
    const [acs_system_id] = systems
    const params = { acs_system_id, full_name: 'Jane', user_identity_id: identity }
    expect((await callApi(sandbox, 'acs/users/create', params)).status).toBe(400)
    const linked = await callApi(sandbox, 'user_identities/add_acs_user', {
      acs_user_id: joe,
      user_identity_id: identity,
    })
    expect(linked.status).toBe(400)
  })

  it('should not be created without a name or with an unknown user identity', async () => {
    const [acs_system_id] = systems
    const nameless = await callApi(sandbox, 'acs/users/create', { acs_system_id, full_name: '' })
    const user_identity_id = '00000000-0000-4000-8000-000000000000'
    const unknown = await callApi(sandbox, 'acs/users/create', {
      acs_system_id,
      full_name: 'X',
      user_identity_id,
    })
    expect([nameless.status, nameless.body.error.type]).toEqual([400, 'full_name_required'])
    expect([unknown.status, unknown.body.error.type]).toEqual([400, 'user_identity_not_found'])
  })

  it('should not be changed if Mission Control created them', async () => {
    const resident = await missionControlResident()
    const { acs_user_id } = resident
    for (const route of ['update', 'suspend', 'unsuspend', 'delete']) {
      const { status, body } = await callApi(sandbox, `acs/users/${route}`, { acs_user_id })
      expect([route, status, body.error.type]).toEqual([route, 400, 'not_supported'])
    }
  })

  it('should have an error if Mission Control has an ACS user with the same e-mail address', async () => {
    const { acs_system_id, email_address } = await missionControlResident()
    const again = await callApi(sandbox, 'acs/users/create', {
      acs_system_id,
      email_address,
      full_name: 'Twin',
    })
    expect(again.body.acs_user.errors).toMatchObject([{ error_code: 'latch_conflict_with_resident_user' }])
  })

  it.each([
    ['user_identity_key', 'resident_1'],
    ['email_address', 'OMAR.eriksen.1@example.com'],
    ['phone_number', '+12125550000'],
  ])('should have a unique %s', async (parameter, value) => {
    const { status, body } = await callApi(sandbox, 'user_identities/create', { [parameter]: value })
    expect([status, Object.keys(body.error.validation_errors)]).toEqual([400, ['_errors', parameter]])
    const update = { user_identity_id: identity, [parameter]: value }
    expect((await callApi(sandbox, 'user_identities/update', update)).status).toBe(400)
  })

  it('should not be created for an ACS user that is linked to another user identity', async () => {
    const before = sandbox.ids().userIdentityIds.length
    const params = { acs_user_id: jane, user_identity_key: 'somebody_else' }
    expect((await callApi(sandbox, 'user_identities/add_acs_user', params)).status).toBe(400)
    expect(sandbox.ids().userIdentityIds).toHaveLength(before)
  })

  it('should be created for an unknown user_identity_key', async () => {
    const params = { acs_user_id: joe, user_identity_key: 'joe' }
    expect((await callApi(sandbox, 'user_identities/add_acs_user', params)).status).toBe(200)
    const { body } = await callApi(sandbox, 'user_identities/get', { user_identity_key: 'joe' })
    expect(body.user_identity.acs_user_ids).toEqual([joe])
  })

  async function missionControlResident() {
    const { body } = await callApi(sandbox, 'acs/users/list')
    return body.acs_users.find((user: { warnings: { warning_code: string }[] }) =>
      user.warnings.some((one) => one.warning_code === 'latch_resident_user'),
    )
  }
})

describe('client sessions', () => {
  it('should be found again by get_or_create and by a PUT of create, but not by a POST of create', async () => {
    const params = { user_identifier_key: 'app_1', user_identity_id: identity }
    const first = await callApi(sandbox, 'client_sessions/create', params)
    const put = await callApi(sandbox, 'client_sessions/create', params, 'PUT')
    const post = await callApi(sandbox, 'client_sessions/create', params)
    const again = await callApi(sandbox, 'client_sessions/get_or_create', {
      ...params,
      expires_at: '2099-01-01T00:00:00Z',
    })
    const { client_session_id } = first.body.client_session
    expect(put.body.client_session.client_session_id).toBe(client_session_id)
    expect([post.status, post.body.error.type]).toEqual([400, 'client_session_token_already_exists'])
    expect(again.body.client_session).toMatchObject({ client_session_id, expires_at: '2099-01-01T00:00:00Z' })
  })
})
