import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiKeyStore, NewApiKey } from '../../../src/auth/api-keys/api-key-store.ts'
import { openApiKeyStore } from '../../../src/auth/api-keys/open-api-key-store.ts'
import { scopes } from '../../../src/auth/viewer.ts'
import type { AcsSystemId, AcsUserId } from '../../../src/model/ids.ts'
import { callSandbox } from '../../support/sandbox-client.ts'
import { startWorld, type World } from '../../support/world.ts'

type UserErrors = { field: string[] | null; code: string; message: string }[]
type Created = {
  apiKey: string | null
  record: { id: string; name: string; scopes: string[]; acsSystemIds: string[] | null } | null
  userErrors: UserErrors
}

let world: World
let keys: ApiKeyStore
let admin: string
beforeAll(async () => {
  world = await startWorld({ sandbox: { systems: 2, residents: 4, doors: 4 } })
  keys = await openApiKeyStore({
    redisUrl: null,
    dataDir: world.dataDir,
    workspaceId: async () => world.sandbox.workspaceId,
  })
  admin = await newKey({ name: 'admin', scopes: ['read', 'events', 'audit', 'admin'] })
})
afterAll(async () => {
  await keys.close()
  await world[Symbol.asyncDispose]()
})

const newKey = async (key: NewApiKey): Promise<string> => (await keys.create(key)).key

async function create(input: object, key = admin): Promise<Created> {
  const { createApiKey } = await world.ask<{ createApiKey: Created }>(
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey record { id name scopes acsSystemIds } userErrors { field code message } } }',
    { input },
    key,
  )
  return createApiKey
}

type Updated = { record: Record<string, unknown> | null; userErrors: UserErrors }

async function update(input: object, key = admin): Promise<Updated> {
  const { updateApiKey } = await world.ask<{ updateApiKey: Updated }>(
    'mutation ($input: UpdateApiKeyInput!) { updateApiKey(input: $input) { record { id name scopes acsSystemIds acsUserId graph expiresAt } userErrors { field code message } } }',
    { input },
    key,
  )
  return updateApiKey
}

async function revoke(apiKeyId: string, key = admin) {
  const { revokeApiKey } = await world.ask<{
    revokeApiKey: { apiKeyId: string | null; userErrors: UserErrors }
  }>(
    'mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { apiKeyId userErrors { field code message } } }',
    { input: { apiKeyId } },
    key,
  )
  return revokeApiKey
}

async function askStatus(key: string): Promise<number> {
  return (await world.post({ query: '{ viewer { name } }' }, { authorization: `Bearer ${key}` })).status
}

async function listNames(): Promise<string[]> {
  const { apiKeys } = await world.ask<{ apiKeys: { name: string }[] }>('{ apiKeys { name } }', {}, admin)
  return apiKeys.map(({ name }) => name)
}

describe('API keys in the graph', () => {
  it('should be created, shown once, listed, used and revoked, with audit records', async () => {
    const { acsSystems } = await world.ask<{ acsSystems: { nodes: { id: string }[] } }>(
      '{ acsSystems { nodes { id } } }',
      {},
      admin,
    )
    const [system] = acsSystems.nodes
    const input = {
      ...{ name: 'desk', scopes: ['READ', 'EVENTS'], acsSystemIds: [system?.id] },
      idempotencyKey: randomUUID(),
    }
    const first = await create(input)
    expect(first.userErrors).toEqual([])
    expect(first.record).toMatchObject({
      ...{ name: 'desk', scopes: ['READ', 'EVENTS'] },
      acsSystemIds: [system?.id],
    })
    const apiKey = first.apiKey ?? ''
    expect(await askStatus(apiKey)).toBe(200)
    const { viewer } = await world.ask<{ viewer: { reach: { acsSystems: { id: string }[] } } }>(
      '{ viewer { reach { acsSystems { id } } } }',
      {},
      apiKey,
    )
    expect(viewer.reach.acsSystems).toEqual([{ id: system?.id }])
    // The API key itself is nowhere: a repeated request names the same one, without its text.
    expect(await create(input)).toMatchObject({ apiKey: null, record: { id: first.record?.id } })
    expect(await listNames()).toEqual(['admin', 'desk'])

    const id = first.record?.id ?? ''
    expect(await revoke(id)).toEqual({ apiKeyId: id, userErrors: [] })
    expect(await askStatus(apiKey)).toBe(401)
    expect(await listNames()).toEqual(['admin'])
    expect((await revoke(id)).userErrors).toMatchObject([{ field: ['apiKeyId'], code: 'NOT_FOUND' }])

    const { auditTrail } = await world.ask<{ auditTrail: { nodes: object[] } }>(
      `{ auditTrail(filter: { targetId: "${id}" }) { nodes { action actor actorKind targetType } } }`,
      {},
      admin,
    )
    const actor = { actor: 'admin', actorKind: 'API_KEY', targetType: 'API_KEY' }
    expect(auditTrail.nodes).toEqual(
      expect.arrayContaining([
        { ...actor, action: 'createApiKey' },
        { ...actor, action: 'revokeApiKey' },
      ]),
    )
  })

  it('should be narrowed with the IDs of the graph or of Seam, once per idempotency key, with an audit record', async () => {
    const { acsUsers } = await world.ask<{
      acsUsers: { nodes: { id: string; acsSystem: { id: string; seamId: string } }[] }
    }>('{ acsUsers { nodes { id acsSystem { id seamId } } } }', {}, admin)
    const [resident] = acsUsers.nodes
    const made = await create({ name: 'narrowed', scopes: ['READ', 'EVENTS', 'AUDIT'], graph: 'WHOLE' })
    const id = made.record?.id ?? ''
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const input = {
      ...{ apiKeyId: id, scopes: ['READ'], acsSystemIds: [resident?.acsSystem.seamId] },
      ...{ acsUserId: resident?.id, expiresAt, idempotencyKey: randomUUID() },
    }
    const record = {
      ...{ id, name: 'narrowed', scopes: ['READ'], acsSystemIds: [resident?.acsSystem.id] },
      ...{ acsUserId: resident?.id, graph: 'WHOLE', expiresAt },
    }
    expect(await update(input)).toEqual({ record, userErrors: [] })
    expect(await update(input)).toEqual({ record, userErrors: [] })
    const { viewer } = await world.ask<{ viewer: object }>(
      '{ viewer { scopes reach { resident { id } acsSystems { id } } } }',
      {},
      made.apiKey ?? '',
    )
    expect(viewer).toEqual({
      scopes: ['READ'],
      reach: { resident: { id: resident?.id }, acsSystems: [{ id: resident?.acsSystem.id }] },
    })
    const { auditTrail } = await world.ask<{ auditTrail: { nodes: object[] } }>(
      `{ auditTrail(filter: { targetId: "${id}", action: "updateApiKey" }) { nodes { actor actorKind outcome details { name value } } } }`,
      {},
      admin,
    )
    expect(auditTrail.nodes).toEqual([
      {
        ...{ actor: 'admin', actorKind: 'API_KEY', outcome: 'DONE' },
        details: expect.arrayContaining([
          { name: 'scopes', value: 'read' },
          { name: 'expiresAt', value: expiresAt },
          { name: 'acsSystemIds', value: resident?.acsSystem.seamId },
        ]),
      },
    ])
  })

  it.each([
    ['another scope', { scopes: ['READ', 'AUDIT'] }, 'scopes', 'NOT_ALLOWED'],
    ['all ACS systems', { acsSystemIds: null }, 'acsSystemIds', 'NOT_ALLOWED'],
    ['an unknown ACS system', { acsSystemIds: [randomUUID()] }, 'acsSystemIds', 'NOT_FOUND'],
    ['an unknown resident', { acsUserId: randomUUID() }, 'acsUserId', 'NOT_FOUND'],
    ['an end in the past', { expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt', 'SCHEDULE_INVALID'],
    ['a later end', { expiresAt: '2101-01-01T00:00:00Z' }, 'expiresAt', 'NOT_ALLOWED'],
    ['an unknown API key', { apiKeyId: 'unknown', scopes: ['READ'] }, 'apiKeyId', 'NOT_FOUND'],
    ['no new limit', {}, undefined, 'REQUIRED'],
  ])('should not be updated with %s, which is rejected at its field', async (_case, input, field, code) => {
    const { acsSystemIds } = world.sandbox.ids()
    const made = await keys.create({
      ...{ name: `key ${randomUUID()}`, scopes: ['read', 'events'], expiresAt: '2100-01-01T00:00:00Z' },
      acsSystemIds: [acsSystemIds[0] as AcsSystemId],
    })
    const { record, userErrors } = await update({ apiKeyId: made.record.id, ...input })
    expect(record).toBeNull()
    expect(userErrors).toMatchObject([{ code, message: expect.stringMatching(/\.$/) }])
    expect(userErrors[0]?.field?.[0]).toBe(field)
    expect(await keys.findById(made.record.id)).toEqual(made.record)
    await keys.revoke(made.record.name)
  })

  it('should keep an ACS system that is disconnected now, if they had it before', async () => {
    const gone = randomUUID() as AcsSystemId
    const [first] = world.sandbox.ids().acsSystemIds
    const { record } = await keys.create({
      ...{ name: 'old', scopes: ['read', 'events'], acsSystemIds: [gone, first as AcsSystemId] },
    })
    expect((await update({ apiKeyId: record.id, acsSystemIds: [gone] })).userErrors).toEqual([])
    expect((await keys.findById(record.id))?.acsSystemIds).toEqual([gone])
    await keys.revoke('old')
  })

  it.each([
    ['a scope that the creator does not have', { scopes: ['READ', 'WRITE'] }, 'scopes', 'NOT_ALLOWED'],
    ['no scope', { scopes: [] }, 'scopes', 'REQUIRED'],
    ['a scope that partners cannot have', { scopes: ['AUDIT'], graph: 'PARTNER' }, 'scopes', 'INVALID'],
    ['a name that is taken', { name: 'admin' }, 'name', 'CONFLICT'],
    ['a blank name', { name: ' ' }, 'name', 'INVALID'],
    ['an end in the past', { expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt', 'SCHEDULE_INVALID'],
    ['an unknown ACS system', { acsSystemIds: [randomUUID()] }, 'acsSystemIds', 'NOT_FOUND'],
    ['an unknown resident', { acsUserId: randomUUID() }, 'acsUserId', 'NOT_FOUND'],
  ])('should be rejected with %s, at its field', async (_case, input, field, code) => {
    const { apiKey, userErrors } = await create({ name: 'other', scopes: ['READ'], ...input })
    expect(apiKey).toBeNull()
    expect(userErrors).toMatchObject([{ code }])
    expect(userErrors[0]?.field?.[0]).toBe(field)
    expect(await listNames()).not.toContain('other')
  })

  it('should not outlast the API key that creates them', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const expiring = await newKey({ name: 'expiring', scopes: ['read', 'admin'], expiresAt })
    expect((await create({ name: 'longer', scopes: ['READ'] }, expiring)).userErrors).toMatchObject([
      { field: ['expiresAt'], code: 'NOT_ALLOWED' },
    ])
    expect((await create({ name: 'equal', scopes: ['READ'], expiresAt }, expiring)).userErrors).toEqual([])
  })

  it('should be closed to everybody but administrators of the whole workspace', async () => {
    const list = await callSandbox<{ acs_users: { acs_user_id: string; acs_system_id: string }[] }>(
      world,
      'acs/users/list',
    )
    const [user] = list.acs_users
    const viewers: NewApiKey[] = [
      { name: 'without admin', scopes: scopes.filter((scope) => scope !== 'admin') },
      { name: 'one system', scopes, acsSystemIds: [user?.acs_system_id as AcsSystemId] },
      { name: 'one resident', scopes, residentId: user?.acs_user_id as AcsUserId },
    ]
    for (const viewer of viewers) {
      const authorization = `Bearer ${await newKey(viewer)}`
      for (const query of [
        '{ apiKeys { name } }',
        '{ gateway { version } }',
        'mutation { createApiKey(input: { name: "mine", scopes: [READ] }) { apiKey } }',
        'mutation { updateApiKey(input: { apiKeyId: "none", scopes: [READ] }) { record { id } } }',
        'mutation { revokeApiKey(input: { apiKeyId: "none" }) { apiKeyId } }',
      ]) {
        const { body } = await world.post({ query }, { authorization })
        expect(body.errors?.map(({ extensions }) => extensions?.code)).toEqual(['FORBIDDEN'])
      }
    }
    const partner = await newKey({ name: 'partner', scopes: ['read'], graph: 'partner' })
    const { body } = await world.post(
      { query: '{ apiKeys { name } gateway { version } }' },
      { authorization: `Bearer ${partner}` },
    )
    expect(body.errors?.map(({ extensions }) => extensions?.code)).toContain('GRAPHQL_VALIDATION_FAILED')
  })

  it('should show the state of the gateway to administrators', async () => {
    const { gateway } = await world.ask<{ gateway: Record<string, unknown> }>(
      '{ gateway { version startedAt storage isReady isJournalHealthy journalHead journalFloor subscriberCount runningSeamCalls waitingSeamCalls refusedWebhooks { reason count } reconciledAt webhookStatus } }',
      {},
      admin,
    )
    expect(gateway).toMatchObject({
      ...{ storage: 'SQLITE', isReady: true, isJournalHealthy: true, subscriberCount: 0 },
      ...{ refusedWebhooks: [], webhookStatus: expect.stringContaining('registered at') },
    })
    expect(gateway.reconciledAt).not.toBeNull()
    expect(Number(gateway.journalHead)).toBeGreaterThanOrEqual(Number(gateway.journalFloor))
  })
})
