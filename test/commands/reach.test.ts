import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openKeyStore } from '../../src/auth/open-keys.ts'
import type { Scope } from '../../src/auth/viewer.ts'
import type { AcsSystemId, AcsUserId } from '../../src/model/ids.ts'
import { mutate, writesIn } from '../support/mutations.ts'
import { inBuilding } from '../support/seam.ts'
import { startWorld, type World } from '../support/world.ts'

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

describe('what a key may change', () => {
  let world: World
  let users: Row[]
  let credentials: Row[]
  let doors: Row[]
  let here: string
  let there: string
  let reader: string
  let writer: string
  let blind: string
  let narrow: string
  let resident: string
  let home: Row

  beforeAll(async () => {
    world = await startWorld({ isBundled: false, sandbox: { residents: 40 } })
    const list = async (path: string, key: string) =>
      (await inBuilding<Record<string, Row[]>>(world, path, { limit: 5000 }))[key] ?? []
    users = await list('acs/users/list', 'acs_users')
    credentials = await list('acs/credentials/list', 'acs_credentials')
    doors = await list('acs/entrances/list', 'acs_entrances')
    ;[here = '', there = ''] = world.sandbox.ids().acsSystemIds
    home = users.find((user) => user.acs_system_id === here && user.user_identity_id !== undefined) as Row
    const store = await openKeyStore({
      redisUrl: null,
      dataDir: world.dataDir,
      workspaceId: async () => world.sandbox.workspaceId,
    })
    const mint = async (
      name: string,
      scopes: readonly Scope[],
      reach: { acsSystemIds?: readonly AcsSystemId[]; residentId?: AcsUserId } = {},
    ) => (await store.create({ name, scopes, ...reach })).key
    const all = ['read', 'write', 'connections:write', 'events', 'audit'] as const
    reader = await mint('reader', ['read', 'events'])
    writer = await mint('writer', all)
    blind = await mint('blind', ['write'])
    narrow = await mint('narrow', all, { acsSystemIds: [here as AcsSystemId] })
    resident = await mint('resident', all, { residentId: home.acs_user_id as AcsUserId })
    await store.close()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const foreignUser = () => users.find((user) => user.acs_system_id === there) as Row
  const foreignDoor = () => doors.find((door) => door.acs_system_id === there) as Row
  const foreignCredential = () => credentials.find((row) => row.acs_system_id === there) as Row
  const nobody = '00000000-0000-4000-8000-000000000000'

  it('should be nothing without the scope', async () => {
    world.sandbox.resetCalls()
    for (const [name, input] of [
      ['suspendAcsUser', { acsUserId: home.acs_user_id }],
      ['moveOut', { acsUserId: home.acs_user_id }],
      ['createConnectWebview', {}],
      ['createClientSession', { acsUserId: home.acs_user_id }],
    ] as const) {
      const { error } = await mutate(world, name, input, reader)
      expect(error?.extensions.code, name).toBe('FORBIDDEN')
      expect(error?.message, name).toContain(name === 'createConnectWebview' ? 'connections:write' : 'write')
    }
    expect(writesIn(world)).toEqual([])
  })

  it('should not tell what is foreign from what is not there, and change neither', async () => {
    world.sandbox.resetCalls()
    const mine = { acsUserId: home.acs_user_id }
    const tries: readonly (readonly [string, (id: string) => object, string])[] = [
      ['suspendAcsUser', (acsUserId) => ({ acsUserId }), foreignUser().acs_user_id],
      ['updateAcsUser', (acsUserId) => ({ acsUserId, fullName: 'X' }), foreignUser().acs_user_id],
      ['deleteAcsUser', (acsUserId) => ({ acsUserId }), foreignUser().acs_user_id],
      ['moveOut', (acsUserId) => ({ acsUserId }), foreignUser().acs_user_id],
      ['createClientSession', (acsUserId) => ({ acsUserId }), foreignUser().acs_user_id],
      ['issueCode', (acsEntranceId) => ({ ...mine, acsEntranceId }), foreignDoor().acs_entrance_id],
      ['issueMobileKey', (id) => ({ ...mine, acsEntranceIds: [id] }), foreignDoor().acs_entrance_id],
      ['revokeCredential', (acsCredentialId) => ({ acsCredentialId }), foreignCredential().acs_credential_id],
      [
        'updateCredential',
        (acsCredentialId) => ({ acsCredentialId, endsAt: '2099-01-01T00:00:00Z' }),
        foreignCredential().acs_credential_id,
      ],
      ['createAcsUser', (acsSystemId) => ({ acsSystemId, fullName: 'X' }), there],
      [
        'createAcsUser',
        (userIdentityId) => ({ acsSystemId: here, fullName: 'X', userIdentityId }),
        foreignUser().user_identity_id ?? '',
      ],
    ]
    for (const [name, input, foreign] of tries) {
      const answer = await mutate(world, name, input(foreign), narrow)
      expect(answer.payload?.userErrors, name).toMatchObject([{ code: 'NOT_FOUND' }])
      expect(await mutate(world, name, input(nobody), narrow), name).toEqual(answer)
    }
    expect(writesIn(world)).toEqual([])
  })

  it('should not be read through the answer of a write without the scope for reading', async () => {
    const input = { acsSystemId: here, fullName: 'Written Blindly' }
    const { payload, error } = await mutate(world, 'createAcsUser', input, blind)
    expect(error).toBeNull()
    expect(payload).toMatchObject({ acsUser: null, acsUserId: expect.any(String), userErrors: [] })
  })

  it("should be only one's own phone for a resident", async () => {
    world.sandbox.resetCalls()
    const door = doors.find((row) => row.acs_system_id === here && row.can_unlock_with_code) as Row
    const own = credentials.find((row) => row.acs_user_id === home.acs_user_id) as Row
    for (const [name, input] of [
      ['suspendAcsUser', { acsUserId: home.acs_user_id }],
      ['updateAcsUser', { acsUserId: home.acs_user_id, fullName: 'X' }],
      ['moveOut', { acsUserId: home.acs_user_id }],
      ['issueCode', { acsUserId: home.acs_user_id, acsEntranceId: door.acs_entrance_id }],
      ['revokeCredential', { acsCredentialId: own.acs_credential_id }],
      ['createUserIdentity', { fullName: 'X' }],
      ['createConnectWebview', {}],
    ] as const) {
      const { payload } = await mutate(world, name, input, resident)
      expect(payload?.userErrors, name).toMatchObject([{ code: 'NOT_ALLOWED' }])
    }
    const other = users.find((user) => user.acs_system_id === here && user.acs_user_id !== home.acs_user_id)
    const stranger = { acsUserId: other?.acs_user_id }
    const refused = await mutate(world, 'createClientSession', stranger, resident)
    expect(refused.payload?.userErrors).toMatchObject([{ code: 'NOT_FOUND' }])
    expect(writesIn(world)).toEqual([])
    const { payload } = await mutate(
      world,
      'createClientSession',
      { acsUserId: home.acs_user_id, expiresAt: '2099-01-01T00:00:00Z' },
      resident,
    )
    expect(payload).toMatchObject({ token: expect.stringMatching(/^seam_cst/), userErrors: [] })
  })

  it('should not reach a person of another building through an e-mail address', async () => {
    const victim = users.find((user) => user.acs_system_id === there && user.email_address) as Row
    const door = doors.find((row) => row.acs_system_id === here && row.can_unlock_with_code) as Row
    const { payload } = await mutate(
      world,
      'moveIn',
      {
        acsSystemId: here,
        fullName: 'Not The Victim',
        emailAddress: victim.email_address,
        startsAt: '2098-01-01T00:00:00Z',
        codeAcsEntranceIds: [door.acs_entrance_id],
      },
      narrow,
    )
    expect(payload?.userErrors).toEqual([])
    expect(payload?.acsUser.userIdentity.seamId).not.toBe(victim.user_identity_id)
  })

  it('should not be keys of another building by a phone', async () => {
    // The same person lives in both buildings.
    const { acs_user } = await inBuilding<{ acs_user: Row }>(world, 'acs/users/create', {
      acs_system_id: there,
      full_name: 'Lives Twice',
      user_identity_id: home.user_identity_id,
    })
    const input = { acsUserId: home.acs_user_id }
    const { payload } = await mutate(world, 'createClientSession', input, narrow)
    expect(payload?.userErrors).toMatchObject([{ code: 'NOT_ALLOWED' }])
    expect((await mutate(world, 'createClientSession', input, writer)).payload?.userErrors).toEqual([])
    await inBuilding(world, 'acs/users/delete', { acs_user_id: acs_user.acs_user_id })
  })

  it('should be told under its name to those who may know, and show in the next query', async () => {
    const { cursor } = await world.ask<{ cursor: string }>('{ cursor }', {}, writer)
    const { payload } = await mutate(
      world,
      'createAcsUser',
      { acsSystemId: here, fullName: 'New Neighbour', userIdentityId: foreignUser().user_identity_id },
      writer,
    )
    expect(payload?.userErrors).toEqual([])
    const linked = await world.ask(
      'query($id: ID!) { userIdentity(id: $id) { acsUsers { nodes { fullName } } } }',
      { id: foreignUser().user_identity_id },
      writer,
    )
    expect(JSON.stringify(linked)).toContain('New Neighbour')
    const query =
      'query($after: String) { changes(after: $after, filter: { origins: [MUTATION] }) { nodes { kind actor ... on UserChange { acsUserId } } } }'
    const audited = await world.ask<{ changes: { nodes: object[] } }>(query, { after: cursor }, writer)
    expect(audited.changes.nodes).toEqual([
      { kind: 'CREATED', actor: 'writer', acsUserId: payload?.acsUserId },
    ])
    const { cursor: readers } = await world.ask<{ cursor: string }>('{ cursor }', {}, reader)
    expect(readers).not.toBe(cursor)
    const unsigned = await world.ask<{ changes: { nodes: { actor: string | null }[] } }>(
      '{ changes(last: 5, filter: { origins: [MUTATION] }) { nodes { actor } } }',
      {},
      reader,
    )
    expect(new Set(unsigned.changes.nodes.map(({ actor }) => actor))).toEqual(new Set([null]))
  })
})
