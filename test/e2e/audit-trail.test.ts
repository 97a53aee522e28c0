import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildSchema } from '../../schema/schema.ts'
import type { ApiKeyStore, NewApiKey } from '../../src/auth/api-keys/api-key-store.ts'
import { openApiKeyStore } from '../../src/auth/api-keys/open-api-key-store.ts'
import { scopes } from '../../src/auth/viewer.ts'
import type { AcsSystemId, AcsUserId } from '../../src/model/ids.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import { startWorld, type World } from '../support/world.ts'

type Row = Readonly<Record<string, string>>
type Shown = {
  readonly id: string
  readonly at: string
  readonly actor: string
  readonly actorKind: string
  readonly action: string
  readonly outcome: string
  readonly targetType: string
  readonly targetId: string | null
  readonly acsUserId: string | null
  readonly acsSystemIds: readonly string[] | null
  readonly details: readonly { readonly name: string; readonly value: string }[]
}
type Page = {
  readonly nodes: readonly Shown[]
  readonly totalCount: number
  readonly pageInfo: {
    readonly endCursor: string
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
  }
}

const fields =
  'id at actor actorKind action outcome targetType targetId acsUserId acsSystemIds details { name value }'

let world: World
let keys: ApiKeyStore
let setupKey: string
let actorKey: string
/** Texts that the audit trail must not contain. */
const secrets = new Set<string>()

beforeAll(async () => {
  world = await startWorld({
    sandbox: { systems: 2, doors: 6, residents: 4 },
    config: { webhookInternalHosts: ['127.0.0.1'] },
  })
  keys = await openApiKeyStore({
    redisUrl: null,
    dataDir: world.dataDir,
    workspaceId: async () => world.sandbox.workspaceId,
  })
  setupKey = await newKey('setup', { scopes })
  actorKey = await newKey('actor', { scopes })
})
afterAll(async () => {
  await keys.close()
  await world[Symbol.asyncDispose]()
})

async function newKey(name: string, key: Omit<NewApiKey, 'name'>): Promise<string> {
  const made = await keys.create({ name, ...key })
  secrets.add(made.key)
  return made.key
}

async function trail(key: string, args = '', filter: object = {}): Promise<Page> {
  const { auditTrail } = await world.ask<{ auditTrail: Page }>(
    `query Trail($filter: AuditFilter) { auditTrail(filter: $filter${args}) { totalCount pageInfo { endCursor hasNextPage hasPreviousPage } nodes { ${fields} } } }`,
    { filter },
    key,
  )
  return auditTrail
}

type Done = { readonly id: string | null; readonly payload: Readonly<Record<string, unknown>> }

/** Executes a mutation, which must succeed. `select` is the selection of its payload. */
async function act(name: string, input: object, key: string, select = ''): Promise<Done['payload']> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`
  const query = `mutation Do($input: ${type}!) { ${name}(input: $input) { __typename ${select} userErrors { field code message } } }`
  const payload =
    (await world.ask<Record<string, Record<string, unknown>>>(query, { input }, key))[name] ?? {}
  expect(payload.userErrors, name).toEqual([])
  for (const secret of ['token', 'secret', 'apiKey'])
    if (typeof payload[secret] === 'string') secrets.add(payload[secret])
  return payload
}

const firstSystemId = () => world.sandbox.ids().acsSystemIds[0] ?? ''
const secondSystemId = () => world.sandbox.ids().acsSystemIds[1] ?? ''

async function findEntrance(): Promise<string> {
  const { acs_entrances } = await callSandbox<{
    acs_entrances: (Row & { can_unlock_with_code?: boolean })[]
  }>(world, 'acs/entrances/list', { acs_system_id: firstSystemId() })
  const found = acs_entrances.find(
    (row) =>
      row.can_unlock_with_code === true &&
      (row as object as { can_unlock_with_mobile_key?: boolean }).can_unlock_with_mobile_key === true,
  )
  return found?.acs_entrance_id ?? ''
}

async function createUser(acsSystemId = firstSystemId()): Promise<string> {
  const input = { acsSystemId, fullName: 'Ann Audited', emailAddress: `${randomUUID()}@example.com` }
  return String((await act('createAcsUser', input, setupKey, 'acsUserId')).acsUserId)
}

async function createUserWithMobileKey(): Promise<{ acsUserId: string; acsCredentialId: string }> {
  const acsUserId = await createUser()
  const input = { acsUserId, acsEntranceIds: [await findEntrance()] }
  const { acsCredentialId } = await act('issueMobileKey', input, setupKey, 'acsCredentialId')
  return { acsUserId, acsCredentialId: String(acsCredentialId) }
}

const createEndpoint = async (): Promise<string> => {
  const url = `http://127.0.0.1:9/hook?secret=${randomUUID()}`
  secrets.add(url)
  const made = await act('createWebhookEndpoint', { url }, actorKey, 'secret webhookEndpoint { id }')
  return (made.webhookEndpoint as { id: string }).id
}

const createKeyInGraph = async (): Promise<unknown> => {
  const input = { name: `key ${randomUUID()}`, scopes: ['READ', 'EVENTS'] }
  const { record } = await act('createApiKey', input, setupKey, 'apiKey record { id }')
  return (record as Row).id
}

const moveInInput = async () => ({
  acsSystemId: firstSystemId(),
  fullName: 'Mia Mover',
  emailAddress: `${randomUUID()}@example.com`,
  startsAt: '2099-01-01T00:00:00Z',
  codeAcsEntranceIds: [await findEntrance()],
})

type Case = {
  readonly target: string
  /** Creates what the mutation needs, and returns its input. */
  readonly input: () => Promise<object>
  /** The selection of the payload: the source of `targetId`, and secrets. */
  readonly select?: string
  /** Returns the id of the target from the input or the payload. */
  readonly targetId: (input: object, payload: object) => unknown
  /** The recorded action, if it is not the mutation's name. */
  readonly action?: string
  /** Whether every request is carried out, as the mutation has no idempotency key. */
  readonly hasNoIdempotencyKey?: boolean
}

const inputs = (name: string) => (input: object) => (input as Row)[name]
const answers = (name: string) => (_input: object, payload: object) => (payload as Row)[name]
const onUser = (more: object = {}): Case => ({
  target: 'ACS_USER',
  input: async () => ({ acsUserId: await createUser(), ...more }),
  targetId: inputs('acsUserId'),
})
const onEndpoint = (more: object = {}, select = ''): Case => ({
  target: 'WEBHOOK_ENDPOINT',
  input: async () => ({ webhookEndpointId: await createEndpoint(), ...more }),
  select,
  targetId: inputs('webhookEndpointId'),
})

/** A successful call of each mutation. `action` is set if the record does not have the mutation's name. */
const cases: Readonly<Record<string, Case>> = {
  createUserIdentity: {
    target: 'USER_IDENTITY',
    input: async () => ({ fullName: 'Ida Identity', emailAddress: `${randomUUID()}@example.com` }),
    select: 'userIdentity { seamId }',
    targetId: (_input, payload) => (payload as { userIdentity: Row }).userIdentity.seamId,
  },
  createAcsUser: {
    target: 'ACS_USER',
    input: async () => ({ acsSystemId: firstSystemId(), fullName: 'Ned New' }),
    select: 'acsUserId',
    targetId: answers('acsUserId'),
  },
  updateAcsUser: onUser({ fullName: 'Ann Changed' }),
  suspendAcsUser: onUser(),
  unsuspendAcsUser: onUser(),
  deleteAcsUser: onUser(),
  issueCode: {
    target: 'ACS_CREDENTIAL',
    input: async () => ({ acsUserId: await createUser(), acsEntranceId: await findEntrance() }),
    select: 'acsCredentialId',
    targetId: answers('acsCredentialId'),
  },
  issueMobileKey: {
    target: 'ACS_CREDENTIAL',
    input: async () => ({ acsUserId: await createUser(), acsEntranceIds: [await findEntrance()] }),
    select: 'acsCredentialId',
    targetId: answers('acsCredentialId'),
  },
  updateCredential: {
    target: 'ACS_CREDENTIAL',
    input: async () => ({
      acsCredentialId: (await createUserWithMobileKey()).acsCredentialId,
      endsAt: '2098-01-01T00:00:00Z',
    }),
    targetId: inputs('acsCredentialId'),
  },
  revokeCredential: {
    target: 'ACS_CREDENTIAL',
    input: async () => ({ acsCredentialId: (await createUserWithMobileKey()).acsCredentialId }),
    targetId: inputs('acsCredentialId'),
  },
  moveIn: { target: 'ACS_USER', input: moveInInput, select: 'acsUserId', targetId: answers('acsUserId') },
  // The move-in of each ACS user has its own record.
  moveInMany: {
    target: 'ACS_USER',
    input: async () => ({ people: [await moveInInput()] }),
    select: 'results { acsUserId }',
    targetId: (_input, payload) => (payload as { results: Row[] }).results[0]?.acsUserId,
    action: 'moveIn',
  },
  moveOut: onUser(),
  cancelMoveOut: {
    target: 'ACS_USER',
    input: async () => {
      const acsUserId = await createUser()
      await act('moveOut', { acsUserId, at: '2097-01-01T00:00:00Z' }, setupKey)
      return { acsUserId }
    },
    targetId: inputs('acsUserId'),
  },
  createClientSession: {
    target: 'ACS_USER',
    input: async () => ({ acsUserId: (await createUserWithMobileKey()).acsUserId }),
    select: 'token clientSessionId',
    targetId: inputs('acsUserId'),
  },
  revokeClientSession: {
    target: 'ACS_USER',
    input: async () => {
      const { acsUserId } = await createUserWithMobileKey()
      await act('createClientSession', { acsUserId }, setupKey, 'token')
      return { acsUserId }
    },
    targetId: inputs('acsUserId'),
  },
  createWebhookEndpoint: {
    target: 'WEBHOOK_ENDPOINT',
    input: async () => ({ url: 'http://127.0.0.1:9/' }),
    select: 'secret webhookEndpoint { id }',
    targetId: (_input, payload) => (payload as { webhookEndpoint: Row }).webhookEndpoint.id,
  },
  updateWebhookEndpoint: onEndpoint({ description: 'changed' }),
  pauseWebhookEndpoint: onEndpoint(),
  resumeWebhookEndpoint: onEndpoint(),
  rotateWebhookSecret: onEndpoint({}, 'secret'),
  deleteWebhookEndpoint: onEndpoint(),
  sendTestWebhook: { ...onEndpoint(), hasNoIdempotencyKey: true },
  createApiKey: {
    target: 'API_KEY',
    input: async () => ({ name: `key ${randomUUID()}`, scopes: ['READ'] }),
    select: 'apiKey record { id }',
    targetId: (_input, payload) => (payload as { record: Row }).record.id,
  },
  updateApiKey: {
    target: 'API_KEY',
    input: async () => ({ apiKeyId: await createKeyInGraph(), scopes: ['READ'] }),
    targetId: inputs('apiKeyId'),
  },
  revokeApiKey: {
    target: 'API_KEY',
    input: async () => ({ apiKeyId: await createKeyInGraph() }),
    targetId: inputs('apiKeyId'),
  },
  createConnectWebview: {
    target: 'CONNECT_WEBVIEW',
    input: async () => ({}),
    select: 'connectWebview { seamId url }',
    targetId: (_input, payload) => {
      const { seamId, url } = (payload as { connectWebview: Row }).connectWebview
      secrets.add(String(url))
      return seamId
    },
  },
  // This must be the last case: it deletes the ACS systems.
  deleteConnectedAccount: {
    target: 'CONNECTED_ACCOUNT',
    input: async () => {
      const { connected_accounts } = await callSandbox<{ connected_accounts: Row[] }>(
        world,
        'connected_accounts/list',
      )
      return { connectedAccountId: connected_accounts[0]?.connected_account_id }
    },
    targetId: inputs('connectedAccountId'),
  },
}

const mutations = Object.keys(buildSchema().getMutationType()?.getFields() ?? {})

describe('the audit trail for viewers with a limited access scope', () => {
  it('should show only the records in the access scope', async () => {
    const [mine, foreign] = [await createUser(firstSystemId()), await createUser(secondSystemId())]
    const reader = { scopes: ['read', 'audit'] } as const
    const all = await newKey(randomUUID(), reader)
    const limited = await newKey(randomUUID(), { ...reader, acsSystemIds: [firstSystemId() as AcsSystemId] })
    const resident = await newKey(randomUUID(), { ...reader, residentId: mine as AcsUserId })
    const seenBy = async (key: string) => (await trail(key, ', first: 100')).nodes
    const idsSeen = async (key: string) => (await seenBy(key)).map(({ targetId }) => targetId)
    expect(await idsSeen(all)).toEqual(expect.arrayContaining([mine, foreign]))
    expect(await idsSeen(limited)).toContain(mine)
    expect(JSON.stringify(await seenBy(limited))).not.toContain(foreign)
    expect(JSON.stringify(await seenBy(limited))).not.toContain(secondSystemId())
    // This includes no API keys, even those of the same resident: their ACS systems may be others than the resident's.
    expect(new Set(await idsSeen(resident))).toEqual(new Set([mine]))
    // The access scope includes API keys with the same or a smaller access scope, but none with full access.
    const keysSeen = (await seenBy(limited)).filter(({ targetType }) => targetType === 'API_KEY')
    expect(keysSeen.map(({ acsSystemIds }) => acsSystemIds)).toEqual([[firstSystemId()]])
    const counted = await trail(limited, ', first: 100')
    expect(counted.totalCount).toBe(counted.nodes.length)
  })

  it('should be refused without the audit scope, and unknown to partners', async () => {
    const plain = await newKey(randomUUID(), { scopes: ['read', 'events', 'admin', 'write'] })
    const partner = await newKey(randomUUID(), { scopes: ['read', 'events'], graph: 'partner' })
    const query = '{ auditTrail { totalCount } }'
    const refused = await world.post({ query }, { authorization: `Bearer ${plain}` })
    expect(refused.body.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
    const unknown = await world.post({ query }, { authorization: `Bearer ${partner}` })
    expect(unknown.body.errors?.[0]?.message).toContain('Cannot query field "auditTrail"')
  })
})

describe('the audit trail of the command line', () => {
  const run = promisify(execFile)
  const latchkey = (...args: string[]) =>
    run(process.execPath, [join(import.meta.dirname, '../../src/cli.ts'), ...args], {
      env: { ...process.env, DATA_DIR: world.dataDir },
    })

  it('should name the user of each command, without API keys and signing keys', async () => {
    const name = randomUUID()
    const { stdout } = await latchkey(
      'keys',
      'create',
      '--name',
      name,
      '--scopes',
      'read,write',
      '--expires',
      '90d',
    )
    secrets.add(stdout.trim())
    await latchkey('keys', 'narrow', name, '--scopes', 'read')
    await latchkey('keys', 'revoke', name)
    await latchkey('cursors', 'rotate')
    const { nodes } = await trail(setupKey, ', first: 4')
    expect(nodes.map(({ action }) => action)).toEqual([
      'cursors rotate',
      'keys revoke',
      'keys narrow',
      'keys create',
    ])
    for (const node of nodes)
      expect(node).toMatchObject({ actor: userInfo().username, actorKind: 'COMMAND_LINE', outcome: 'DONE' })
    const [, revoked, narrowed, created] = nodes
    expect(created?.targetId).toBe(revoked?.targetId)
    expect(created?.targetId).toBe(narrowed?.targetId)
    expect(narrowed?.details).toContainEqual({ name: 'scopes', value: 'read' })
    expect(created?.details).toEqual(
      expect.arrayContaining([
        { name: 'name', value: name },
        { name: 'scopes', value: 'read write' },
        { name: 'expiresAt', value: expect.stringMatching(/^\d{4}-/) },
      ]),
    )
    expect(JSON.stringify(nodes)).not.toContain(stdout.trim())
    // A restart adds no second record.
    await world.restart()
    expect(
      (await trail(setupKey, '', { action: 'keys create', targetId: created?.targetId })).totalCount,
    ).toBe(1)
  })
})

describe('the audit trail of a scheduled move-out', () => {
  it('should have a record of its scheduling and one of its execution', async () => {
    const acsUserId = await createUser()
    const at = new Date(Date.now() + 1_500).toISOString()
    await act('moveOut', { acsUserId, at }, actorKey)
    const outcomes = async () =>
      (await trail(setupKey, '', { targetId: acsUserId, action: 'moveOut' })).nodes.map((row) => [
        row.actor,
        row.outcome,
      ])
    expect(await outcomes()).toEqual([['actor', 'SCHEDULED']])
    await expect
      .poll(() => world.app.sweep().then(outcomes), { timeout: 30_000, interval: 100 })
      .toEqual([
        ['actor', 'DONE'],
        ['actor', 'SCHEDULED'],
      ])
  })
})

describe('the audit trail of mutations', () => {
  it('should have a case for every mutation', () => {
    expect(Object.keys(cases).toSorted()).toEqual(mutations.toSorted())
  })

  it.each(Object.entries(cases))(
    'should have one record of %s, and no second one if it is repeated with its idempotency key',
    async (name, each) => {
      const idempotencyKey = each.hasNoIdempotencyKey ? {} : { idempotencyKey: randomUUID() }
      const input = { ...(await each.input()), ...idempotencyKey }
      const since = new Date().toISOString()
      const payload = await act(name, input, actorKey, each.select)
      const until = new Date(Date.now() + 1).toISOString()
      const found = await trail(setupKey, '', { actor: 'actor', since, until })
      expect(found.nodes).toHaveLength(1)
      const [record] = found.nodes
      expect(record).toMatchObject({
        actor: 'actor',
        actorKind: 'API_KEY',
        action: each.action ?? name,
        outcome: 'DONE',
        targetType: each.target,
        targetId: each.targetId(input, payload),
      })
      if (each.hasNoIdempotencyKey) return
      await act(name, input, actorKey, each.select)
      expect((await trail(setupKey, '', { actor: 'actor', since })).totalCount).toBe(1)
    },
  )

  it('should be paged from both ends, and contain no secrets and no names of ACS users', async () => {
    const { acs_credentials } = await callSandbox<{ acs_credentials: Row[] }>(world, 'acs/credentials/list', {
      limit: 5_000,
    })
    for (const { code } of acs_credentials) if (code) secrets.add(code)
    const { nodes: all, totalCount } = await trail(setupKey, ', first: 100')
    expect(all.length).toBe(Math.min(100, totalCount))
    expect(all.map(({ at }) => at)).toEqual(
      all
        .map(({ at }) => at)
        .toSorted()
        .reverse(),
    )
    const seen = []
    for (let after = ''; ; ) {
      const page = await trail(setupKey, `, first: 7${after}`)
      seen.push(...page.nodes)
      if (!page.pageInfo.hasNextPage) break
      after = `, after: "${page.pageInfo.endCursor}"`
    }
    expect(seen).toHaveLength(totalCount)
    expect(seen.slice(0, 100)).toEqual(all)
    const { nodes: last, pageInfo } = await trail(setupKey, ', last: 3')
    expect(last).toEqual(seen.slice(-3))
    expect(pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false })
    const dump = JSON.stringify(seen)
    for (const secret of secrets) expect(dump).not.toContain(secret)
    for (const word of ['Ann', 'Audited', 'Mover', '@example.com']) expect(dump).not.toContain(word)
  })
})
