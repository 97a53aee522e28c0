import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate, type Objection, writesIn } from '../support/mutations.ts'
import { inBuilding } from '../support/seam.ts'
import { startWorld, type World } from '../support/world.ts'

type Door = {
  readonly acs_entrance_id: string
  readonly acs_system_id: string
  readonly can_unlock_with_code?: boolean
  readonly can_unlock_with_mobile_key?: boolean
}
type User = {
  readonly acs_user_id: string
  readonly acs_system_id: string
  readonly email_address?: string
  readonly user_identity_id?: string
  readonly warnings: readonly { readonly warning_code: string }[]
}
type Credential = {
  readonly acs_credential_id: string
  readonly acs_user_id: string
  readonly acs_system_id: string
  readonly access_method: string
  readonly starts_at?: string
  readonly ends_at?: string
}

const nobody = '00000000-0000-4000-8000-000000000000'
const past = '2020-01-01T00:00:00Z'
const soon = '2099-01-01T00:00:00Z'
const later = '2099-02-01T00:00:00Z'

describe("Latch's rules", () => {
  let world: World
  let rules: readonly (readonly [
    why: string,
    mutation: string,
    input: object,
    expected: Partial<Objection>,
  ])[]
  beforeAll(async () => {
    world = await startWorld()
    // A person as Latch Mission Control makes them, and others.
    const list = async <T>(path: string, key: string): Promise<T[]> =>
      (await inBuilding<Record<string, T[]>>(world, path, { limit: 5000 }))[key] ?? []
    const users = await list<User>('acs/users/list', 'acs_users')
    const allDoors = await list<Door>('acs/entrances/list', 'acs_entrances')
    const credentials = await list<Credential>('acs/credentials/list', 'acs_credentials')
    const isResident = (user: User) =>
      user.warnings.some(({ warning_code }) => warning_code === 'latch_resident_user')
    const resident = users.find(isResident) as User
    const residentKey = credentials.find((row) => row.acs_user_id === resident.acs_user_id) as Credential
    const home = resident.acs_system_id
    const person = users.find(
      (user) => user.acs_system_id === home && !isResident(user) && user.user_identity_id !== undefined,
    ) as User
    const unlinked = users.find((user) => user.user_identity_id === undefined) as User
    const other = users.find(
      (user) =>
        user.acs_system_id === home &&
        user.acs_user_id !== person.acs_user_id &&
        user.email_address &&
        !isResident(user),
    ) as User
    const here = allDoors.filter((door) => door.acs_system_id === home)
    const codeDoor = here.find((door) => door.can_unlock_with_code === true)?.acs_entrance_id
    const plainDoor = here.find((door) => door.can_unlock_with_code === false)?.acs_entrance_id
    const farDoor = allDoors.find((door) => door.acs_system_id !== home)?.acs_entrance_id
    const keyed = credentials.find(
      (row) => row.acs_user_id === person.acs_user_id && row.access_method === 'mobile_key',
    ) as Credential
    const pinned = credentials.find(
      (row) =>
        row.acs_system_id === home &&
        row.access_method === 'code' &&
        row.acs_user_id !== resident.acs_user_id,
    ) as Credential
    const person_ = { acsUserId: person.acs_user_id }
    const resident_ = { acsUserId: resident.acs_user_id }
    const new_ = { acsSystemId: home, fullName: 'Jane Doe' }
    const move = { ...new_, startsAt: soon, mobileKeyAcsEntranceIds: [codeDoor] }
    const at = (...field: string[]) => field
    rules = [
      [
        'a person has a name',
        'createAcsUser',
        { ...new_, fullName: ' ' },
        { code: 'REQUIRED', field: at('fullName') },
      ],
      [
        'an address is one',
        'createAcsUser',
        { ...new_, emailAddress: 'nowhere' },
        { code: 'INVALID', field: at('emailAddress') },
      ],
      [
        'a number is in E.164',
        'createAcsUser',
        { ...new_, phoneNumber: '0123' },
        { code: 'INVALID', field: at('phoneNumber') },
      ],
      [
        'a schedule ends after it starts',
        'createAcsUser',
        { ...new_, accessSchedule: { startsAt: later, endsAt: soon } },
        { code: 'SCHEDULE_INVALID', field: at('accessSchedule', 'endsAt') },
      ],
      [
        'a schedule ends in the future',
        'createAcsUser',
        { ...new_, accessSchedule: { startsAt: past, endsAt: past } },
        { code: 'SCHEDULE_INVALID' },
      ],
      [
        'an address is one person’s in a building',
        'createAcsUser',
        { ...new_, emailAddress: other.email_address?.toUpperCase() },
        { code: 'CONFLICT', field: at('emailAddress') },
      ],
      [
        'a Mission Control resident comes first',
        'createAcsUser',
        { ...new_, emailAddress: resident.email_address },
        { code: 'CONFLICT', message: expect.stringContaining('Mission Control') },
      ],
      [
        'an identity has one person in a building',
        'createAcsUser',
        { ...new_, userIdentityId: person.user_identity_id },
        { code: 'CONFLICT', field: at('userIdentityId') },
      ],
      [
        'a building must be there',
        'createAcsUser',
        { ...new_, acsSystemId: nobody },
        { code: 'NOT_FOUND', field: at('acsSystemId') },
      ],
      [
        'an id must be one',
        'createAcsUser',
        { ...new_, acsSystemId: 'riverside' },
        { code: 'NOT_FOUND', field: at('acsSystemId') },
      ],
      [
        'an identity must be there',
        'createAcsUser',
        { ...new_, userIdentityId: nobody },
        { code: 'NOT_FOUND', field: at('userIdentityId') },
      ],
      ['an update says what', 'updateAcsUser', person_, { code: 'REQUIRED' }],
      [
        'a changed schedule has both ends',
        'updateAcsUser',
        { ...person_, accessSchedule: { startsAt: soon } },
        { code: 'SCHEDULE_INVALID', field: at('accessSchedule', 'endsAt') },
      ],
      [
        'a changed address is one person’s',
        'updateAcsUser',
        { ...person_, emailAddress: other.email_address },
        { code: 'CONFLICT', field: at('emailAddress') },
      ],
      ...(
        ['updateAcsUser', 'suspendAcsUser', 'unsuspendAcsUser', 'deleteAcsUser', 'moveOut'] as const
      ).flatMap((name) => [
        [
          'Mission Control’s residents are managed there',
          name,
          name === 'updateAcsUser' ? { ...resident_, fullName: 'X' } : resident_,
          { code: 'NOT_ALLOWED', field: at('acsUserId') },
        ] as const,
        [
          'a person must be there',
          name,
          { acsUserId: nobody, ...(name === 'updateAcsUser' && { fullName: 'X' }) },
          { code: 'NOT_FOUND', field: at('acsUserId') },
        ] as const,
      ]),
      [
        'no PIN for a resident of Mission Control',
        'issueCode',
        { ...resident_, acsEntranceId: codeDoor },
        { code: 'NOT_ALLOWED' },
      ],
      [
        'no key for a resident of Mission Control',
        'issueMobileKey',
        { ...resident_, acsEntranceIds: [codeDoor] },
        { code: 'NOT_ALLOWED' },
      ],
      [
        'a PIN needs a door that takes one',
        'issueCode',
        { ...person_, acsEntranceId: plainDoor },
        { code: 'NOT_SUPPORTED_BY_LATCH', field: at('acsEntranceId') },
      ],
      [
        'a PIN’s door is in the person’s building',
        'issueCode',
        { ...person_, acsEntranceId: farDoor },
        { code: 'INVALID', field: at('acsEntranceId') },
      ],
      [
        'a PIN’s door must be there',
        'issueCode',
        { ...person_, acsEntranceId: nobody },
        { code: 'NOT_FOUND', field: at('acsEntranceId') },
      ],
      [
        'a PIN ends in the future',
        'issueCode',
        { ...person_, acsEntranceId: codeDoor, endsAt: past },
        { code: 'SCHEDULE_INVALID', field: at('endsAt') },
      ],
      [
        'a PIN ends after it starts',
        'issueCode',
        { ...person_, acsEntranceId: codeDoor, startsAt: later, endsAt: soon },
        { code: 'SCHEDULE_INVALID', field: at('endsAt') },
      ],
      [
        'a mobile key opens something',
        'issueMobileKey',
        { ...person_, acsEntranceIds: [] },
        { code: 'REQUIRED', field: at('acsEntranceIds') },
      ],
      [
        'each door of a key is in the building',
        'issueMobileKey',
        { ...person_, acsEntranceIds: [codeDoor, farDoor] },
        { code: 'INVALID', field: at('acsEntranceIds', '1') },
      ],
      [
        'each door of a key must be there',
        'issueMobileKey',
        { ...person_, acsEntranceIds: [codeDoor, nobody] },
        { code: 'NOT_FOUND', field: at('acsEntranceIds', '1') },
      ],
      [
        'a key ends after it starts',
        'issueMobileKey',
        { ...person_, acsEntranceIds: [codeDoor], startsAt: soon, endsAt: soon },
        { code: 'SCHEDULE_INVALID' },
      ],
      [
        'an update of a credential says what',
        'updateCredential',
        { acsCredentialId: keyed.acs_credential_id },
        { code: 'REQUIRED' },
      ],
      [
        'a credential must be there',
        'updateCredential',
        { acsCredentialId: nobody, endsAt: soon },
        { code: 'NOT_FOUND', field: at('acsCredentialId') },
      ],
      [
        'a new end is in the future',
        'updateCredential',
        { acsCredentialId: keyed.acs_credential_id, endsAt: past },
        { code: 'SCHEDULE_INVALID', field: at('endsAt') },
      ],
      [
        'a new end is after the start',
        'updateCredential',
        { acsCredentialId: keyed.acs_credential_id, startsAt: later, endsAt: soon },
        { code: 'SCHEDULE_INVALID' },
      ],
      [
        'a PIN stays with one door',
        'updateCredential',
        {
          acsCredentialId: pinned.acs_credential_id,
          acsEntranceIds: here
            .filter((door) => door.can_unlock_with_code === true)
            .slice(0, 2)
            .map((door) => door.acs_entrance_id),
          endsAt: soon,
        },
        { code: 'INVALID', field: at('acsEntranceIds') },
      ],
      [
        'a credential opens something',
        'updateCredential',
        { acsCredentialId: keyed.acs_credential_id, acsEntranceIds: [], endsAt: soon },
        { code: 'REQUIRED', field: at('acsEntranceIds') },
      ],
      [
        'a Mission Control resident’s key stays',
        'updateCredential',
        { acsCredentialId: residentKey.acs_credential_id, endsAt: soon },
        { code: 'NOT_ALLOWED' },
      ],
      [
        'a Mission Control resident’s key is not taken',
        'revokeCredential',
        { acsCredentialId: residentKey.acs_credential_id },
        { code: 'NOT_ALLOWED' },
      ],
      [
        'what is revoked must be there',
        'revokeCredential',
        { acsCredentialId: nobody },
        { code: 'NOT_FOUND', field: at('acsCredentialId') },
      ],
      [
        'whoever moves in opens something',
        'moveIn',
        { ...new_, startsAt: soon },
        { code: 'REQUIRED', field: at('mobileKeyAcsEntranceIds') },
      ],
      [
        'each PIN of a move has a door that takes one',
        'moveIn',
        { ...move, codeAcsEntranceIds: [codeDoor, plainDoor] },
        { code: 'NOT_SUPPORTED_BY_LATCH', field: at('codeAcsEntranceIds', '1') },
      ],
      [
        'a move is into one building',
        'moveIn',
        { ...move, mobileKeyAcsEntranceIds: [farDoor] },
        { code: 'INVALID', field: at('mobileKeyAcsEntranceIds', '0') },
      ],
      [
        'a move has an end in the future',
        'moveIn',
        { ...move, startsAt: past, endsAt: past },
        { code: 'SCHEDULE_INVALID', field: at('endsAt') },
      ],
      [
        'nobody moves in twice',
        'moveIn',
        { ...move, emailAddress: other.email_address },
        { code: 'CONFLICT', field: at('emailAddress') },
      ],
      [
        'a phone needs an identity',
        'createClientSession',
        { acsUserId: unlinked.acs_user_id },
        { code: 'IDENTITY_REQUIRED', field: at('acsUserId') },
      ],
      [
        'a session ends in the future',
        'createClientSession',
        { ...person_, expiresAt: past },
        { code: 'SCHEDULE_INVALID', field: at('expiresAt') },
      ],
      ['an identity says who', 'createUserIdentity', {}, { code: 'REQUIRED' }],
      [
        'a browser is not sent to a script',
        'createConnectWebview',
        { customRedirectUrl: 'javascript:alert(1)' },
        { code: 'INVALID', field: at('customRedirectUrl') },
      ],
      [
        'an account must be there',
        'deleteConnectedAccount',
        { connectedAccountId: nobody },
        { code: 'NOT_FOUND', field: at('connectedAccountId') },
      ],
      [
        'an idempotency key is no blank',
        'createUserIdentity',
        { fullName: 'X', idempotencyKey: ' ' },
        { code: 'INVALID', field: at('idempotencyKey') },
      ],
    ]
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('should refuse what they forbid, name the field, and change nothing at Seam', async () => {
    world.sandbox.resetCalls()
    for (const [why, mutation, input, expected] of rules) {
      const { payload, error } = await mutate(world, mutation, input)
      expect(error, `${mutation}: ${why}`).toBeNull()
      expect(payload?.userErrors, `${mutation}: ${why}`).toEqual([expect.objectContaining(expected)])
      expect(payload?.cursor, `${mutation}: ${why}`).toBeNull()
      expect(writesIn(world), `${mutation}: ${why}`).toEqual([])
    }
    expect(rules.length).toBeGreaterThan(50)
  })

  it('should pass on what Seam refuses, in its own words, at the field it names', async () => {
    const acsSystemId = world.sandbox.ids().acsSystemIds[0]
    // An address that looks like one, and that Seam doesn't take.
    const input = { acsSystemId, fullName: 'Jane Doe', emailAddress: 'a..b@example.com' }
    const { payload } = await mutate(world, 'createAcsUser', input)
    expect(payload?.userErrors).toEqual([
      { field: ['emailAddress'], code: 'REFUSED_BY_SEAM', message: 'Invalid email' },
    ])
    world.sandbox.addFault({ kind: 'status', status: 400, route: 'acs/users/suspend', times: 1 })
    const acsUserId = world.sandbox.ids().acsUserIds[0]
    const refused = await mutate(world, 'suspendAcsUser', { acsUserId })
    expect(refused.payload?.userErrors).toMatchObject([{ field: null, code: 'REFUSED_BY_SEAM' }])
  })

  it('should give an address to one of many who ask at the same time', async () => {
    const [acsSystemId] = world.sandbox.ids().acsSystemIds
    const before = world.sandbox.ids().acsUserIds.length
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        mutate(world, 'createAcsUser', {
          acsSystemId,
          fullName: `Racer ${index}`,
          emailAddress: 'racer@example.com',
        }),
      ),
    )
    const refused = answers.filter(({ payload }) => payload?.userErrors[0]?.code === 'CONFLICT')
    expect(refused).toHaveLength(9)
    expect(world.sandbox.ids().acsUserIds).toHaveLength(before + 1)
  })
})
