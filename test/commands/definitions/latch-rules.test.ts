import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listSeamWrites, mutate, mutateSuccessfully, type UserError } from '../../support/graph-mutations.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import { startWorld, type World } from '../../support/world.ts'

type SandboxEntrance = {
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

const unknownId = '00000000-0000-4000-8000-000000000000'
const past = '2020-01-01T00:00:00Z'
const soon = '2099-01-01T00:00:00Z'
const later = '2099-02-01T00:00:00Z'

describe("Latch's rules", () => {
  let world: World
  let rules: readonly (readonly [
    rule: string,
    mutation: string,
    input: object,
    expected: Partial<UserError>,
  ])[]
  beforeAll(async () => {
    world = await startWorld()
    // An ACS user that Latch Mission Control manages, and others.
    const list = async <T>(path: string, key: string): Promise<T[]> =>
      (await callSandbox<Record<string, T[]>>(world, path, { limit: 5000 }))[key] ?? []
    const users = await list<User>('acs/users/list', 'acs_users')
    const allEntrances = await list<SandboxEntrance>('acs/entrances/list', 'acs_entrances')
    const credentials = await list<Credential>('acs/credentials/list', 'acs_credentials')
    const isResident = (user: User) =>
      user.warnings.some(({ warning_code }) => warning_code === 'latch_resident_user')
    const resident = users.find(isResident) as User
    const residentCredential = credentials.find(
      (row) => row.acs_user_id === resident.acs_user_id,
    ) as Credential
    const systemId = resident.acs_system_id
    const acsUser = users.find(
      (user) => user.acs_system_id === systemId && !isResident(user) && user.user_identity_id !== undefined,
    ) as User
    const unlinked = users.find((user) => user.user_identity_id === undefined) as User
    const other = users.find(
      (user) =>
        user.acs_system_id === systemId &&
        user.acs_user_id !== acsUser.acs_user_id &&
        user.email_address &&
        !isResident(user),
    ) as User
    const entrances = allEntrances.filter((row) => row.acs_system_id === systemId)
    const codeEntranceId = entrances.find((row) => row.can_unlock_with_code === true)?.acs_entrance_id
    const plainEntranceId = entrances.find((row) => row.can_unlock_with_code === false)?.acs_entrance_id
    const foreignEntranceId = allEntrances.find((row) => row.acs_system_id !== systemId)?.acs_entrance_id
    const mobileKey = credentials.find(
      (row) => row.acs_user_id === acsUser.acs_user_id && row.access_method === 'mobile_key',
    ) as Credential
    const code = credentials.find(
      (row) =>
        row.acs_system_id === systemId &&
        row.access_method === 'code' &&
        row.acs_user_id !== resident.acs_user_id,
    ) as Credential
    const userInput = { acsUserId: acsUser.acs_user_id }
    const residentInput = { acsUserId: resident.acs_user_id }
    const newUser = { acsSystemId: systemId, fullName: 'Jane Doe' }
    const move = { ...newUser, startsAt: soon, mobileKeyAcsEntranceIds: [codeEntranceId] }
    const at = (...field: string[]) => field
    rules = [
      [
        'an ACS user has a name',
        'createAcsUser',
        { ...newUser, fullName: ' ' },
        { code: 'REQUIRED', field: at('fullName') },
      ],
      [
        'an e-mail address is valid',
        'createAcsUser',
        { ...newUser, emailAddress: 'nowhere' },
        { code: 'INVALID', field: at('emailAddress') },
      ],
      [
        'a phone number is in E.164 form',
        'createAcsUser',
        { ...newUser, phoneNumber: '0123' },
        { code: 'INVALID', field: at('phoneNumber') },
      ],
      [
        'a schedule ends after it starts',
        'createAcsUser',
        { ...newUser, accessSchedule: { startsAt: later, endsAt: soon } },
        { code: 'SCHEDULE_INVALID', field: at('accessSchedule', 'endsAt') },
      ],
      [
        'a schedule ends in the future',
        'createAcsUser',
        { ...newUser, accessSchedule: { startsAt: past, endsAt: past } },
        { code: 'SCHEDULE_INVALID' },
      ],
      [
        'an e-mail address belongs to one ACS user in an ACS system',
        'createAcsUser',
        { ...newUser, emailAddress: other.email_address?.toUpperCase() },
        { code: 'CONFLICT', field: at('emailAddress') },
      ],
      [
        'an e-mail address may belong to an ACS user of Mission Control',
        'createAcsUser',
        { ...newUser, emailAddress: resident.email_address },
        { code: 'CONFLICT', message: expect.stringContaining('Mission Control') },
      ],
      [
        'a user identity has one ACS user in an ACS system',
        'createAcsUser',
        { ...newUser, userIdentityId: acsUser.user_identity_id },
        { code: 'CONFLICT', field: at('userIdentityId') },
      ],
      [
        'the ACS system exists',
        'createAcsUser',
        { ...newUser, acsSystemId: unknownId },
        { code: 'NOT_FOUND', field: at('acsSystemId') },
      ],
      [
        'an id is valid',
        'createAcsUser',
        { ...newUser, acsSystemId: 'riverside' },
        { code: 'NOT_FOUND', field: at('acsSystemId') },
      ],
      [
        'the user identity exists',
        'createAcsUser',
        { ...newUser, userIdentityId: unknownId },
        { code: 'NOT_FOUND', field: at('userIdentityId') },
      ],
      ['an update changes a field', 'updateAcsUser', userInput, { code: 'REQUIRED' }],
      [
        'a changed schedule has both ends',
        'updateAcsUser',
        { ...userInput, accessSchedule: { startsAt: soon } },
        { code: 'SCHEDULE_INVALID', field: at('accessSchedule', 'endsAt') },
      ],
      [
        'a changed e-mail address belongs to one ACS user',
        'updateAcsUser',
        { ...userInput, emailAddress: other.email_address },
        { code: 'CONFLICT', field: at('emailAddress') },
      ],
      ...(
        ['updateAcsUser', 'suspendAcsUser', 'unsuspendAcsUser', 'deleteAcsUser', 'moveOut'] as const
      ).flatMap((name) => [
        [
          'ACS users of Mission Control are managed there',
          name,
          name === 'updateAcsUser' ? { ...residentInput, fullName: 'X' } : residentInput,
          { code: 'NOT_ALLOWED', field: at('acsUserId') },
        ] as const,
        [
          'the ACS user exists',
          name,
          { acsUserId: unknownId, ...(name === 'updateAcsUser' && { fullName: 'X' }) },
          { code: 'NOT_FOUND', field: at('acsUserId') },
        ] as const,
      ]),
      [
        'no PIN for an ACS user of Mission Control',
        'issueCode',
        { ...residentInput, acsEntranceId: codeEntranceId },
        { code: 'NOT_ALLOWED' },
      ],
      [
        'no mobile key for an ACS user of Mission Control',
        'issueMobileKey',
        { ...residentInput, acsEntranceIds: [codeEntranceId] },
        { code: 'NOT_ALLOWED' },
      ],
      [
        'the entrance of a PIN unlocks with one',
        'issueCode',
        { ...userInput, acsEntranceId: plainEntranceId },
        { code: 'NOT_SUPPORTED_BY_LATCH', field: at('acsEntranceId') },
      ],
      [
        'the entrance of a PIN is in the ACS system of the ACS user',
        'issueCode',
        { ...userInput, acsEntranceId: foreignEntranceId },
        { code: 'INVALID', field: at('acsEntranceId') },
      ],
      [
        'the entrance of a PIN exists',
        'issueCode',
        { ...userInput, acsEntranceId: unknownId },
        { code: 'NOT_FOUND', field: at('acsEntranceId') },
      ],
      [
        'a PIN ends in the future',
        'issueCode',
        { ...userInput, acsEntranceId: codeEntranceId, endsAt: past },
        { code: 'SCHEDULE_INVALID', field: at('endsAt') },
      ],
      [
        'a PIN ends after it starts',
        'issueCode',
        { ...userInput, acsEntranceId: codeEntranceId, startsAt: later, endsAt: soon },
        { code: 'SCHEDULE_INVALID', field: at('endsAt') },
      ],
      [
        'a mobile key has an entrance',
        'issueMobileKey',
        { ...userInput, acsEntranceIds: [] },
        { code: 'REQUIRED', field: at('acsEntranceIds') },
      ],
      [
        'each entrance of a mobile key is in the ACS system',
        'issueMobileKey',
        { ...userInput, acsEntranceIds: [codeEntranceId, foreignEntranceId] },
        { code: 'INVALID', field: at('acsEntranceIds', '1') },
      ],
      [
        'each entrance of a mobile key exists',
        'issueMobileKey',
        { ...userInput, acsEntranceIds: [codeEntranceId, unknownId] },
        { code: 'NOT_FOUND', field: at('acsEntranceIds', '1') },
      ],
      [
        'a mobile key ends after it starts',
        'issueMobileKey',
        { ...userInput, acsEntranceIds: [codeEntranceId], startsAt: soon, endsAt: soon },
        { code: 'SCHEDULE_INVALID' },
      ],
      [
        'an update of a credential changes a field',
        'updateCredential',
        { acsCredentialId: mobileKey.acs_credential_id },
        { code: 'REQUIRED' },
      ],
      [
        'the credential exists',
        'updateCredential',
        { acsCredentialId: unknownId, endsAt: soon },
        { code: 'NOT_FOUND', field: at('acsCredentialId') },
      ],
      [
        'a new end is in the future',
        'updateCredential',
        { acsCredentialId: mobileKey.acs_credential_id, endsAt: past },
        { code: 'SCHEDULE_INVALID', field: at('endsAt') },
      ],
      [
        'a new end is after the start',
        'updateCredential',
        { acsCredentialId: mobileKey.acs_credential_id, startsAt: later, endsAt: soon },
        { code: 'SCHEDULE_INVALID' },
      ],
      [
        'a PIN has one entrance',
        'updateCredential',
        {
          acsCredentialId: code.acs_credential_id,
          acsEntranceIds: entrances
            .filter((row) => row.can_unlock_with_code === true)
            .slice(0, 2)
            .map((row) => row.acs_entrance_id),
          endsAt: soon,
        },
        { code: 'INVALID', field: at('acsEntranceIds') },
      ],
      [
        'a credential has an entrance',
        'updateCredential',
        { acsCredentialId: mobileKey.acs_credential_id, acsEntranceIds: [], endsAt: soon },
        { code: 'REQUIRED', field: at('acsEntranceIds') },
      ],
      [
        'a credential of an ACS user of Mission Control is not updated',
        'updateCredential',
        { acsCredentialId: residentCredential.acs_credential_id, endsAt: soon },
        { code: 'NOT_ALLOWED' },
      ],
      [
        'a credential of an ACS user of Mission Control is not revoked',
        'revokeCredential',
        { acsCredentialId: residentCredential.acs_credential_id },
        { code: 'NOT_ALLOWED' },
      ],
      [
        'the revoked credential exists',
        'revokeCredential',
        { acsCredentialId: unknownId },
        { code: 'NOT_FOUND', field: at('acsCredentialId') },
      ],
      [
        'a moveIn has an entrance',
        'moveIn',
        { ...newUser, startsAt: soon },
        { code: 'REQUIRED', field: at('mobileKeyAcsEntranceIds') },
      ],
      [
        'each entrance of a moveIn with a PIN unlocks with one',
        'moveIn',
        { ...move, codeAcsEntranceIds: [codeEntranceId, plainEntranceId] },
        { code: 'NOT_SUPPORTED_BY_LATCH', field: at('codeAcsEntranceIds', '1') },
      ],
      [
        'the entrances of a moveIn are in one ACS system',
        'moveIn',
        { ...move, mobileKeyAcsEntranceIds: [foreignEntranceId] },
        { code: 'INVALID', field: at('mobileKeyAcsEntranceIds', '0') },
      ],
      [
        'a moveIn ends in the future',
        'moveIn',
        { ...move, startsAt: past, endsAt: past },
        { code: 'SCHEDULE_INVALID', field: at('endsAt') },
      ],
      [
        'a moveIn has an e-mail address that is not in use',
        'moveIn',
        { ...move, emailAddress: other.email_address },
        { code: 'CONFLICT', field: at('emailAddress') },
      ],
      [
        'a client session needs a user identity',
        'createClientSession',
        { acsUserId: unlinked.acs_user_id },
        { code: 'IDENTITY_REQUIRED', field: at('acsUserId') },
      ],
      [
        'a session ends in the future',
        'createClientSession',
        { ...userInput, expiresAt: past },
        { code: 'SCHEDULE_INVALID', field: at('expiresAt') },
      ],
      ['a user identity has a contact detail', 'createUserIdentity', {}, { code: 'REQUIRED' }],
      [
        'a redirect URL is not a script',
        'createConnectWebview',
        { customRedirectUrl: 'javascript:alert(1)' },
        { code: 'INVALID', field: at('customRedirectUrl') },
      ],
      [
        'the connected account exists',
        'deleteConnectedAccount',
        { connectedAccountId: unknownId },
        { code: 'NOT_FOUND', field: at('connectedAccountId') },
      ],
      [
        'an idempotency key is not blank',
        'createUserIdentity',
        { fullName: 'X', idempotencyKey: ' ' },
        { code: 'INVALID', field: at('idempotencyKey') },
      ],
    ]
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it('should be enforced with a user error at the field and without any write to Seam', async () => {
    world.sandbox.resetCalls()
    for (const [rule, mutation, input, expected] of rules) {
      const { payload, error } = await mutate(world, mutation, input)
      expect(error, `${mutation}: ${rule}`).toBeNull()
      expect(payload?.userErrors, `${mutation}: ${rule}`).toEqual([expect.objectContaining(expected)])
      expect(payload?.cursor, `${mutation}: ${rule}`).toBeNull()
      expect(listSeamWrites(world), `${mutation}: ${rule}`).toEqual([])
    }
    expect(rules.length).toBeGreaterThan(50)
  })

  it('should report a rejection by Seam as a user error with its message and field', async () => {
    // `user_identity_key` is unique in a workspace, and the gateway does not check that itself.
    const input = { userIdentityKey: 'taken' }
    await mutateSuccessfully(world, 'createUserIdentity', input)
    const { payload } = await mutate(world, 'createUserIdentity', input)
    expect(payload?.userErrors).toEqual([
      {
        field: ['userIdentityKey'],
        code: 'REFUSED_BY_SEAM',
        message: 'Another user identity of the workspace has it.',
      },
    ])
    world.sandbox.addFault({ kind: 'status', status: 400, route: 'acs/users/suspend', times: 1 })
    const acsUserId = world.sandbox.ids().acsUserIds[0]
    const refused = await mutate(world, 'suspendAcsUser', { acsUserId })
    expect(refused.payload?.userErrors).toMatchObject([{ field: null, code: 'REFUSED_BY_SEAM' }])
  })

  it('should accept an e-mail address in only one of several concurrent mutations', async () => {
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
