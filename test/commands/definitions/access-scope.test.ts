import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openApiKeyStore } from '../../../src/auth/api-keys/open-api-key-store.ts'
import type { Scope } from '../../../src/auth/viewer.ts'
import type { AcsSystemId, AcsUserId } from '../../../src/model/ids.ts'
import { listSeamWrites, mutate } from '../../support/graph-mutations.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import { startWorld, type World } from '../../support/world.ts'

type Row = {
  readonly acs_system_id: string
  readonly acs_user_id: string
  readonly acs_entrance_id: string
  readonly acs_credential_id: string
  readonly user_identity_id?: string
  readonly email_address?: string
  readonly access_method?: string
  readonly can_unlock_with_code?: boolean
}

describe('mutations and the access scope of an API key', () => {
  let world: World
  let users: Row[]
  let credentials: Row[]
  let entrances: Row[]
  let systemId: string
  let foreignSystemId: string
  let readKey: string
  let writeKey: string
  let writeOnlyKey: string
  let systemKey: string
  let residentKey: string
  let user: Row

  beforeAll(async () => {
    world = await startWorld({ isBundled: false, sandbox: { residents: 40 } })
    const list = async (path: string, key: string) =>
      (await callSandbox<Record<string, Row[]>>(world, path, { limit: 5000 }))[key] ?? []
    users = await list('acs/users/list', 'acs_users')
    credentials = await list('acs/credentials/list', 'acs_credentials')
    entrances = await list('acs/entrances/list', 'acs_entrances')
    ;[systemId = '', foreignSystemId = ''] = world.sandbox.ids().acsSystemIds
    user = users.find((row) => row.acs_system_id === systemId && row.user_identity_id !== undefined) as Row
    const store = await openApiKeyStore({
      redisUrl: null,
      dataDir: world.dataDir,
      workspaceId: async () => world.sandbox.workspaceId,
    })
    const createKey = async (
      name: string,
      scopes: readonly Scope[],
      accessScope: { acsSystemIds?: readonly AcsSystemId[]; residentId?: AcsUserId } = {},
    ) => (await store.create({ name, scopes, ...accessScope })).key
    const allScopes = ['read', 'write', 'connections:write', 'events', 'audit'] as const
    readKey = await createKey('reader', ['read', 'events'])
    writeKey = await createKey('writer', allScopes)
    writeOnlyKey = await createKey('blind', ['write'])
    systemKey = await createKey('system', allScopes, { acsSystemIds: [systemId as AcsSystemId] })
    residentKey = await createKey('resident', allScopes, { residentId: user.acs_user_id as AcsUserId })
    await store.close()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const findForeignUser = () => users.find((row) => row.acs_system_id === foreignSystemId) as Row
  const findForeignEntrance = () => entrances.find((row) => row.acs_system_id === foreignSystemId) as Row
  const findForeignCredential = () => credentials.find((row) => row.acs_system_id === foreignSystemId) as Row
  const unknownId = '00000000-0000-4000-8000-000000000000'

  it('should be FORBIDDEN without the scope of the mutation, and name the scope', async () => {
    world.sandbox.resetCalls()
    for (const [name, input] of [
      ['suspendAcsUser', { acsUserId: user.acs_user_id }],
      ['moveOut', { acsUserId: user.acs_user_id }],
      ['createConnectWebview', {}],
      ['createClientSession', { acsUserId: user.acs_user_id }],
    ] as const) {
      const { error } = await mutate(world, name, input, readKey)
      expect(error?.extensions.code, name).toBe('FORBIDDEN')
      expect(error?.message, name).toContain(name === 'createConnectWebview' ? 'connections:write' : 'write')
    }
    expect(listSeamWrites(world)).toEqual([])
  })

  it('should get NOT_FOUND for an inaccessible object as for an unknown one, and change nothing', async () => {
    world.sandbox.resetCalls()
    const ownUser = { acsUserId: user.acs_user_id }
    const attempts: readonly (readonly [string, (id: string) => object, string])[] = [
      ['suspendAcsUser', (acsUserId) => ({ acsUserId }), findForeignUser().acs_user_id],
      ['updateAcsUser', (acsUserId) => ({ acsUserId, fullName: 'X' }), findForeignUser().acs_user_id],
      ['deleteAcsUser', (acsUserId) => ({ acsUserId }), findForeignUser().acs_user_id],
      ['moveOut', (acsUserId) => ({ acsUserId }), findForeignUser().acs_user_id],
      ['createClientSession', (acsUserId) => ({ acsUserId }), findForeignUser().acs_user_id],
      ['revokeClientSession', (acsUserId) => ({ acsUserId }), findForeignUser().acs_user_id],
      [
        'issueCode',
        (acsEntranceId) => ({ ...ownUser, acsEntranceId }),
        findForeignEntrance().acs_entrance_id,
      ],
      [
        'issueMobileKey',
        (id) => ({ ...ownUser, acsEntranceIds: [id] }),
        findForeignEntrance().acs_entrance_id,
      ],
      [
        'revokeCredential',
        (acsCredentialId) => ({ acsCredentialId }),
        findForeignCredential().acs_credential_id,
      ],
      [
        'updateCredential',
        (acsCredentialId) => ({ acsCredentialId, endsAt: '2099-01-01T00:00:00Z' }),
        findForeignCredential().acs_credential_id,
      ],
      ['createAcsUser', (acsSystemId) => ({ acsSystemId, fullName: 'X' }), foreignSystemId],
      [
        'createAcsUser',
        (userIdentityId) => ({ acsSystemId: systemId, fullName: 'X', userIdentityId }),
        findForeignUser().user_identity_id ?? '',
      ],
    ]
    for (const [name, input, foreign] of attempts) {
      const answer = await mutate(world, name, input(foreign), systemKey)
      expect(answer.payload?.userErrors, name).toMatchObject([{ code: 'NOT_FOUND' }])
      expect(await mutate(world, name, input(unknownId), systemKey), name).toEqual(answer)
    }
    expect(listSeamWrites(world)).toEqual([])
  })

  it('should not return the object in the payload without the scope for reading', async () => {
    const input = { acsSystemId: systemId, fullName: 'Written Blindly' }
    const { payload, error } = await mutate(world, 'createAcsUser', input, writeOnlyKey)
    expect(error).toBeNull()
    expect(payload).toMatchObject({ acsUser: null, acsUserId: expect.any(String), userErrors: [] })
  })

  it('should allow an API key of one ACS user only its own client sessions', async () => {
    world.sandbox.resetCalls()
    const entrance = entrances.find(
      (row) => row.acs_system_id === systemId && row.can_unlock_with_code,
    ) as Row
    const ownCredential = credentials.find((row) => row.acs_user_id === user.acs_user_id) as Row
    for (const [name, input] of [
      ['suspendAcsUser', { acsUserId: user.acs_user_id }],
      ['updateAcsUser', { acsUserId: user.acs_user_id, fullName: 'X' }],
      ['moveOut', { acsUserId: user.acs_user_id }],
      ['issueCode', { acsUserId: user.acs_user_id, acsEntranceId: entrance.acs_entrance_id }],
      ['revokeCredential', { acsCredentialId: ownCredential.acs_credential_id }],
      ['createUserIdentity', { fullName: 'X' }],
      ['createConnectWebview', {}],
    ] as const) {
      const { payload } = await mutate(world, name, input, residentKey)
      expect(payload?.userErrors, name).toMatchObject([{ code: 'NOT_ALLOWED' }])
    }
    const other = users.find((row) => row.acs_system_id === systemId && row.acs_user_id !== user.acs_user_id)
    const otherUser = { acsUserId: other?.acs_user_id }
    const refused = await mutate(world, 'createClientSession', otherUser, residentKey)
    expect(refused.payload?.userErrors).toMatchObject([{ code: 'NOT_FOUND' }])
    expect(listSeamWrites(world)).toEqual([])
    const { payload } = await mutate(
      world,
      'createClientSession',
      { acsUserId: user.acs_user_id },
      residentKey,
    )
    expect(payload).toMatchObject({ token: expect.stringMatching(/^seam_cst/), userErrors: [] })
    const revoked = await mutate(world, 'revokeClientSession', otherUser, residentKey)
    expect(revoked.payload?.userErrors).toMatchObject([{ code: 'NOT_FOUND' }])
    const ended = await mutate(world, 'revokeClientSession', { acsUserId: user.acs_user_id }, residentKey)
    expect(ended.payload).toMatchObject({ clientSessionIds: [payload?.clientSessionId], userErrors: [] })
  })

  it('should not use the user identity of an inaccessible ACS user with the same e-mail address', async () => {
    const foreignUser = users.find((row) => row.acs_system_id === foreignSystemId && row.email_address) as Row
    const entrance = entrances.find(
      (row) => row.acs_system_id === systemId && row.can_unlock_with_code,
    ) as Row
    const { payload } = await mutate(
      world,
      'moveIn',
      {
        acsSystemId: systemId,
        fullName: 'Not The Victim',
        emailAddress: foreignUser.email_address,
        startsAt: '2098-01-01T00:00:00Z',
        codeAcsEntranceIds: [entrance.acs_entrance_id],
      },
      systemKey,
    )
    expect(payload?.userErrors).toEqual([])
    expect(payload?.acsUser.userIdentity.seamId).not.toBe(foreignUser.user_identity_id)
  })

  it('should not create a client session that has mobile keys of an inaccessible ACS system', async () => {
    // The user identity has an ACS user in both ACS systems.
    const { acs_user } = await callSandbox<{ acs_user: Row }>(world, 'acs/users/create', {
      acs_system_id: foreignSystemId,
      full_name: 'Lives Twice',
      user_identity_id: user.user_identity_id,
    })
    const input = { acsUserId: user.acs_user_id }
    const { payload } = await mutate(world, 'createClientSession', input, systemKey)
    expect(payload?.userErrors).toMatchObject([{ code: 'NOT_ALLOWED' }])
    expect((await mutate(world, 'createClientSession', input, writeKey)).payload?.userErrors).toEqual([])
    await callSandbox(world, 'acs/users/delete', { acs_user_id: acs_user.acs_user_id })
  })

  it('should be published with the actor only to viewers with the audit scope, and be visible in the next query', async () => {
    const { cursor } = await world.ask<{ cursor: string }>('{ cursor }', {}, writeKey)
    const { payload } = await mutate(
      world,
      'createAcsUser',
      {
        acsSystemId: systemId,
        fullName: 'New Neighbour',
        userIdentityId: findForeignUser().user_identity_id,
      },
      writeKey,
    )
    expect(payload?.userErrors).toEqual([])
    const linked = await world.ask(
      'query($id: ID!) { userIdentity(id: $id) { acsUsers { nodes { fullName } } } }',
      { id: findForeignUser().user_identity_id },
      writeKey,
    )
    expect(JSON.stringify(linked)).toContain('New Neighbour')
    const query =
      'query($after: String) { changes(after: $after, filter: { origins: [MUTATION] }) { nodes { kind actor ... on UserChange { acsUserId } } } }'
    const withActor = await world.ask<{ changes: { nodes: object[] } }>(query, { after: cursor }, writeKey)
    expect(withActor.changes.nodes).toEqual([
      { kind: 'CREATED', actor: 'writer', acsUserId: payload?.acsUserId },
    ])
    const { cursor: readerCursor } = await world.ask<{ cursor: string }>('{ cursor }', {}, readKey)
    expect(readerCursor).not.toBe(cursor)
    const withoutActor = await world.ask<{ changes: { nodes: { actor: string | null }[] } }>(
      '{ changes(last: 5, filter: { origins: [MUTATION] }) { nodes { actor } } }',
      {},
      readKey,
    )
    expect(new Set(withoutActor.changes.nodes.map(({ actor }) => actor))).toEqual(new Set([null]))
  })
})
