import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ApiKeyStore, NewApiKey } from '../../src/auth/api-keys/api-key-store.ts'
import { openApiKeyStore } from '../../src/auth/api-keys/open-api-key-store.ts'
import type { AcsSystemId, AcsUserId } from '../../src/model/ids.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import { audience, issuerName, startIssuer } from '../support/token-issuer.ts'
import { type Received, type Receiver, startReceiver, verifyMessage } from '../support/webhook-receiver.ts'
import { startWorld, type World } from '../support/world.ts'

type UserErrors = { field: string[] | null; code: string; message: string }[]
type Answer = {
  secret?: string | null
  webhookEndpoint: EndpointFields | null
  userErrors: UserErrors
}
type EndpointFields = {
  id: string
  url: string
  state: string
  stopReason: string | null
  failure: { status: number | null; message: string } | null
  nextTryAt: string | null
  failingSince: string | null
}
type Lag = { undeliveredCount: number; isLowerBound: boolean; oldestUndeliveredAt: string | null }

const endpointFields = 'id url state stopReason failure { status message } nextTryAt failingSince'
const wait = { timeout: 30_000, interval: 20 }

let world: World
let receiver: Receiver
let keys: ApiKeyStore
beforeEach(async () => {
  world = await startWorld({
    isBundled: true,
    sandbox: { systems: 2, residents: 4, doors: 4 },
    config: { webhookInternalHosts: ['127.0.0.1'] },
    timing: { webhookSecondMs: 1 },
  })
  receiver = await startReceiver()
  keys = await openApiKeyStore({
    redisUrl: null,
    dataDir: world.dataDir,
    workspaceId: async () => world.sandbox.workspaceId,
  })
})
afterEach(async () => {
  await keys.close()
  await receiver[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

const createKey = async (name: string, more: Partial<NewApiKey> = {}): Promise<string> =>
  (await keys.create({ name, scopes: ['read', 'events'], ...more })).key

async function mutate(name: string, input: object, key?: string): Promise<Answer> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`
  const secret = /create|rotate/.test(name) ? 'secret' : ''
  const result = await world.ask<Record<string, Answer>>(
    `mutation Do($input: ${type}!) { ${name}(input: $input) { ${secret} webhookEndpoint { ${endpointFields} } userErrors { field code message } } }`,
    { input },
    key,
  )
  return result[name] as Answer
}

/** Creates an endpoint. Returns its id and secret. */
async function create(input: object = {}, key?: string): Promise<{ id: string; secret: string }> {
  const { secret, webhookEndpoint, userErrors } = await mutate(
    'createWebhookEndpoint',
    { url: receiver.url, ...input },
    key,
  )
  expect(userErrors).toEqual([])
  return { id: webhookEndpoint?.id ?? '', secret: secret ?? '' }
}

async function findEndpoint(id: string, key?: string): Promise<EndpointFields | null> {
  const query = `query Look($id: ID!) { webhookEndpoint(id: $id) { ${endpointFields} } }`
  return (await world.ask<{ webhookEndpoint: EndpointFields | null }>(query, { id }, key)).webhookEndpoint
}

type Row = Record<string, string>
const listSystemIds = async (): Promise<string[]> => {
  const { acs_systems } = await callSandbox<{ acs_systems: Row[] }>(world, 'acs/systems/list')
  return acs_systems.map((system) => String(system.acs_system_id))
}

/** Creates an ACS user in Seam, which causes a change. Returns its id. */
async function createUser(name: string, acs_system_id?: string): Promise<string> {
  const { acs_user } = await callSandbox<{ acs_user: Row }>(world, 'acs/users/create', {
    acs_system_id: acs_system_id ?? (await listSystemIds())[0],
    full_name: name,
  })
  return String(acs_user.acs_user_id)
}

const subjectOf = ({ body }: Received): unknown => JSON.parse(body).data.acsUserId
const listSubjects = (some: Receiver = receiver): unknown[] => some.taken.map(subjectOf)

describe('webhooks', () => {
  it('should deliver each change once, in order and signed, with a cursor for a query at least as new', async () => {
    const { secret } = await create()
    const userIds = [await createUser('Ada'), await createUser('Bob'), await createUser('Cleo')]
    await vi.waitFor(() => expect(listSubjects()).toEqual(userIds), wait)

    const [first] = receiver.taken.map((message) => verifyMessage(message, secret))
    expect(first).toMatchObject({ type: 'user.created', data: { subject: 'USER', kind: 'CREATED' } })
    const { changes } = await world.ask<{ changes: { nodes: { id: string; cursor: string }[] } }>(
      '{ changes(first: 10) { nodes { id cursor } } }',
    )
    expect(receiver.taken.map(({ body }) => JSON.parse(body).data.id)).toEqual(
      changes.nodes.map(({ id }) => id),
    )
    // A query with the cursor of the message as `after` finds the object.
    const { body } = await world.post({
      query: 'query Read($id: ID!) { acsUser(id: $id) { fullName } }',
      variables: { id: userIds[2] },
      extensions: { after: JSON.parse(receiver.taken[2]?.body ?? '').data.cursor },
    })
    expect(body.data).toEqual({ acsUser: { fullName: 'Cleo' } })
  })

  it('should send a signed test message at once, and tell what the receiver answered', async () => {
    const { id, secret } = await create()
    await mutate('pauseWebhookEndpoint', { webhookEndpointId: id })
    const first = await sendTest(id)
    expect(first).toMatchObject({ userErrors: [], result: { isDelivered: true, status: 204, failure: null } })
    const [message] = receiver.received
    if (message === undefined) throw new Error('no message was received')
    expect(message.id).toBe(first.result?.messageId)
    expect(verifyMessage(message, secret)).toMatchObject({ type: 'test', data: { webhookEndpointId: id } })
    receiver.answer = () => ({ status: 500 })
    expect(await sendTest(id)).toMatchObject({
      result: { isDelivered: false, status: 500, failure: 'The server responded with HTTP status 500.' },
    })
    // The delivery of changes is not affected, not even by 410.
    receiver.answer = () => ({ status: 410 })
    await sendTest(id)
    expect(await findEndpoint(id)).toMatchObject({ state: 'PAUSED', failure: null })
    const { auditTrail } = await world.ask<{ auditTrail: { nodes: object[] } }>(
      '{ auditTrail(filter: { action: "sendTestWebhook" }) { nodes { actor targetId } } }',
    )
    expect(auditTrail.nodes).toEqual(Array(3).fill({ actor: 'demo', targetId: id }))
    // Nobody else sees the endpoint; administrators of the whole workspace do.
    const stranger = await createKey('stranger')
    expect(await sendTest(id, stranger)).toMatchObject({ result: null, userErrors: [{ code: 'NOT_FOUND' }] })
    const admin = await createKey('admin', { scopes: ['read', 'events', 'admin'] })
    expect(await sendTest(id, admin)).toMatchObject({ result: { status: 410 } })
  })

  it('should repeat a message with the same id until it is delivered, and only then send the next', async () => {
    receiver.answer = (_message, tries) => ({ status: tries < 3 ? 503 : 200 })
    await create()
    const userIds = [await createUser('Ada'), await createUser('Bob')]
    await vi.waitFor(() => expect(listSubjects()).toEqual(userIds), wait)
    const tries = receiver.received.map(({ id, body }) => `${id} ${body}`)
    expect(tries).toHaveLength(6)
    expect(new Set(tries.slice(0, 3)).size).toBe(1)
    expect(new Set(tries.slice(3)).size).toBe(1)
  })

  it('should show a failure to their owner, and no failure after a successful attempt', async () => {
    receiver.answer = () => ({ status: 500, headers: { 'retry-after': '3600' } })
    const { id } = await create()
    const ada = await createUser('Ada')
    await vi.waitFor(async () => expect((await findEndpoint(id))?.failure).not.toBeNull(), wait)
    const failing = await findEndpoint(id)
    expect(failing).toMatchObject({
      state: 'ACTIVE',
      failure: { status: 500, message: 'The server responded with HTTP status 500.' },
    })
    expect(Date.parse(failing?.nextTryAt ?? '') - Date.now()).toBeGreaterThan(3_000_000)

    receiver.answer = () => ({ status: 200 })
    await mutate('resumeWebhookEndpoint', { webhookEndpointId: id })
    await vi.waitFor(() => expect(listSubjects()).toEqual([ada]), wait)
    await vi.waitFor(
      async () =>
        expect(await findEndpoint(id)).toMatchObject({ failure: null, nextTryAt: null, failingSince: null }),
      wait,
    )
  })

  it('should show how many messages may be in flight, and how far it is behind', async () => {
    type Shown = { parallel: number; lag: Lag | null }
    const readShown = async (): Promise<Shown> => {
      const query =
        'query Look($id: ID!) { webhookEndpoint(id: $id) { parallel lag { undeliveredCount isLowerBound oldestUndeliveredAt } } }'
      return (await world.ask<{ webhookEndpoint: Shown }>(query, { id })).webhookEndpoint
    }
    const upToDate = { undeliveredCount: 0, isLowerBound: false, oldestUndeliveredAt: null }
    const { id } = await create({ filter: { subjects: ['USER'], kinds: ['CREATED'] } })
    expect(await readShown()).toEqual({ parallel: 1, lag: upToDate })

    await mutate('pauseWebhookEndpoint', { webhookEndpointId: id })
    const ada = await createUser('Ada')
    await createUser('Bob')
    await callSandbox(world, 'acs/users/delete', { acs_user_id: ada })
    await vi.waitFor(async () => expect(await countChanges()).toBe(3), wait)
    const { changes } = await world.ask<{ changes: { nodes: { occurredAt: string }[] } }>(
      '{ changes(first: 1) { nodes { occurredAt } } }',
    )
    const { lag } = await readShown()
    expect(lag).toMatchObject({ undeliveredCount: 2, isLowerBound: false })
    expect(Date.parse(lag?.oldestUndeliveredAt ?? '')).toBeGreaterThanOrEqual(
      Math.floor(Date.parse(changes.nodes[0]?.occurredAt ?? '')),
    )

    const updated = await mutate('updateWebhookEndpoint', { webhookEndpointId: id, parallel: 32 })
    expect(updated.userErrors).toEqual([])
    const refused = await mutate('updateWebhookEndpoint', { webhookEndpointId: id, parallel: 33 })
    expect(refused.userErrors).toMatchObject([{ field: ['parallel'], code: 'INVALID' }])
    await mutate('resumeWebhookEndpoint', { webhookEndpointId: id })
    await vi.waitFor(async () => expect(await readShown()).toEqual({ parallel: 32, lag: upToDate }), wait)
  })

  it('should stop at 410, and continue at the same position when resumed', async () => {
    receiver.answer = () => ({ status: 410 })
    const { id } = await create()
    const ada = await createUser('Ada')
    await vi.waitFor(
      async () => expect(await findEndpoint(id)).toMatchObject({ state: 'STOPPED', stopReason: 'GONE' }),
      wait,
    )
    const bob = await createUser('Bob')
    receiver.answer = () => ({ status: 200 })
    expect(receiver.received).toHaveLength(1)
    await mutate('resumeWebhookEndpoint', { webhookEndpointId: id })
    await vi.waitFor(() => expect(listSubjects()).toEqual([ada, bob]), wait)
    expect(await findEndpoint(id)).toMatchObject({ state: 'ACTIVE', stopReason: null })
  })

  it('should send nothing while paused, and all missed changes when resumed', async () => {
    const { id } = await create()
    const paused = await mutate('pauseWebhookEndpoint', { webhookEndpointId: id })
    expect(paused.webhookEndpoint?.state).toBe('PAUSED')
    const after = await cursorNow()
    const userIds = [await createUser('Ada'), await createUser('Bob')]
    const other = await startReceiver()
    await create({ url: other.url, after })
    await vi.waitFor(() => expect(listSubjects(other)).toEqual(userIds), wait)
    expect(receiver.received).toEqual([])
    await mutate('resumeWebhookEndpoint', { webhookEndpointId: id })
    await vi.waitFor(() => expect(listSubjects()).toEqual(userIds), wait)
    await other[Symbol.asyncDispose]()
  })

  it('should start after a cursor, and repeat messages after a cursor with the same ids', async () => {
    const after = await cursorNow()
    const userIds = [await createUser('Ada'), await createUser('Bob')]
    await vi.waitFor(async () => expect(await countChanges()).toBe(2), wait)
    const { id } = await create({ after })
    await vi.waitFor(() => expect(listSubjects()).toEqual(userIds), wait)
    await mutate('resumeWebhookEndpoint', { webhookEndpointId: id, after })
    await vi.waitFor(() => expect(listSubjects()).toEqual([...userIds, ...userIds]), wait)
    const ids = receiver.taken.map((message) => message.id)
    expect(ids.slice(2)).toEqual(ids.slice(0, 2))
  })

  it('should send only changes that match the filter', async () => {
    const [first, second] = await listSystemIds()
    await create({ filter: { acsSystemId: second, subjects: ['USER'], kinds: ['CREATED'] } })
    await createUser('Ada', first)
    const bob = await createUser('Bob', second)
    await callSandbox(world, 'acs/users/delete', { acs_user_id: await createUser('Cleo', first) })
    const dora = await createUser('Dora', second)
    await vi.waitFor(() => expect(listSubjects()).toEqual([bob, dora]), wait)
  })

  it('should send only changes in the access scope of the API key', async () => {
    const [first = '', second = ''] = await listSystemIds()
    const ada = await createUser('Ada', first)
    // Changes from before an endpoint was created are not sent to it.
    await vi.waitFor(async () => {
      const { changes } = await world.ask<{ changes: { totalCount: number } }>('{ changes { totalCount } }')
      expect(changes.totalCount).toBe(1)
    }, wait)
    const [whole, one, resident] = await Promise.all([startReceiver(), startReceiver(), startReceiver()])
    const limits: readonly (readonly [Receiver, Partial<NewApiKey>])[] = [
      [whole, {}],
      [one, { acsSystemIds: [second as AcsSystemId] }],
      [resident, { residentId: ada as AcsUserId }],
    ]
    for (const [index, [{ url }, more]] of limits.entries())
      await create({ url }, await createKey(`key ${index}`, more))
    const bob = await createUser('Bob', second)
    const cleo = await createUser('Cleo', first)
    await callSandbox(world, 'acs/users/delete', { acs_user_id: ada })
    await vi.waitFor(() => expect(listSubjects(whole)).toEqual([bob, cleo, ada]), wait)
    await vi.waitFor(() => expect(listSubjects(resident)).toEqual([ada]), wait)
    expect(listSubjects(one)).toEqual([bob])
    for (const each of [whole, one, resident]) await each[Symbol.asyncDispose]()
  })

  it('should contain the actor only for an API key with the audit scope, and never a PIN', async () => {
    const auditor = await startReceiver()
    await create(
      { url: auditor.url },
      await createKey('auditor', { scopes: ['read', 'events', 'audit', 'codes:read'] }),
    )
    await create({}, await createKey('partner'))
    const writer = await createKey('writer', { scopes: ['read', 'write', 'codes:read'] })
    const { acsEntrances } = await world.ask<{
      acsEntrances: { nodes: { seamId: string; acsSystem: { seamId: string } }[] }
    }>('{ acsEntrances(first: 1) { nodes { seamId acsSystem { seamId } } } }')
    const [entrance] = acsEntrances.nodes
    const acsUserId = await createUser('Ada', entrance?.acsSystem.seamId)
    const issued = await world.ask<{
      issueCode: { acsCredential: { code: string }; userErrors: UserErrors }
    }>(
      'mutation Issue($input: IssueCodeInput!) { issueCode(input: $input) { acsCredential { code } userErrors { message } } }',
      { input: { acsUserId, acsEntranceId: entrance?.seamId } },
      writer,
    )
    expect(issued.issueCode.userErrors).toEqual([])
    const actors = (some: Receiver) =>
      some.taken.map(({ body }) => JSON.parse(body)).find(({ type }) => type === 'credential.created')?.data
    await vi.waitFor(() => expect(actors(auditor)).toMatchObject({ actor: 'writer', acsUserId }), wait)
    await vi.waitFor(() => expect(actors(receiver)).toMatchObject({ acsUserId }), wait)
    expect(actors(receiver)).not.toHaveProperty('actor')
    const { code } = issued.issueCode.acsCredential
    expect(code).toMatch(/^\d{4,}$/)
    for (const { body } of [...auditor.received, ...receiver.received])
      expect(Object.values(JSON.parse(body).data)).not.toContain(code)
    await auditor[Symbol.asyncDispose]()
  })

  it('should be signed with both the new and the old secret for a day after a rotation', async () => {
    const { id, secret } = await create()
    const rotated = await mutate('rotateWebhookSecret', { webhookEndpointId: id })
    expect(rotated.secret).not.toBe(secret)
    await createUser('Ada')
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(1), wait)
    const [message] = receiver.taken as [Received]
    for (const each of [secret, rotated.secret ?? ''])
      expect(verifyMessage(message, each).type).toBe('user.created')
  })

  it('should send undelivered changes to a new URL at once', async () => {
    receiver.answer = () => ({ status: 500, headers: { 'retry-after': '3600' } })
    const { id } = await create()
    const ada = await createUser('Ada')
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1), wait)
    await using other = await startReceiver()
    const { webhookEndpoint } = await mutate('updateWebhookEndpoint', {
      webhookEndpointId: id,
      url: other.url,
    })
    expect(webhookEndpoint?.url).toBe(other.url)
    await vi.waitFor(() => expect(listSubjects(other)).toEqual([ada]), wait)
  })

  it('should send nothing after the endpoint is deleted', async () => {
    const { id } = await create()
    await createUser('Ada')
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(1), wait)
    const query =
      'mutation Delete($id: ID!) { deleteWebhookEndpoint(input: { webhookEndpointId: $id }) { webhookEndpointId userErrors { code } } }'
    expect(await world.ask(query, { id })).toEqual({
      deleteWebhookEndpoint: { webhookEndpointId: id, userErrors: [] },
    })
    expect(await findEndpoint(id)).toBeNull()
    await using other = await startReceiver()
    await create({ url: other.url })
    await createUser('Bob')
    await vi.waitFor(() => expect(other.taken).toHaveLength(1), wait)
    expect(receiver.taken).toHaveLength(1)
    expect(await world.ask(query, { id })).toEqual({
      deleteWebhookEndpoint: { webhookEndpointId: null, userErrors: [{ code: 'NOT_FOUND' }] },
    })
  })

  it('should return the first payload for a repeated idempotency key, and change nothing again', async () => {
    const { id, secret } = await create()
    const rotation = { webhookEndpointId: id, idempotencyKey: 'rotate' }
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => mutate('rotateWebhookSecret', rotation)),
    )
    const [rotated] = new Set(answers.map((answer) => answer.secret))
    expect(new Set(answers.map((answer) => answer.secret))).toEqual(new Set([rotated]))
    expect(rotated).not.toBe(secret)
    // The message is signed with the original secret too, so there was only one rotation.
    await createUser('Ada')
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(1), wait)
    const [message] = receiver.taken
    expect(() => message && verifyMessage(message, rotated ?? '')).not.toThrow()
    expect(() => message && verifyMessage(message, secret)).not.toThrow()

    await mutate('pauseWebhookEndpoint', { webhookEndpointId: id, idempotencyKey: 'pause' })
    await mutate('resumeWebhookEndpoint', { webhookEndpointId: id, idempotencyKey: 'resume' })
    await mutate('pauseWebhookEndpoint', { webhookEndpointId: id, idempotencyKey: 'pause' })
    expect((await findEndpoint(id))?.state).toBe('ACTIVE')

    const again = await mutate('pauseWebhookEndpoint', { webhookEndpointId: id, idempotencyKey: 'resume' })
    expect(again.userErrors).toMatchObject([{ field: ['idempotencyKey'], code: 'IDEMPOTENCY_MISMATCH' }])
  })

  it('should return the payload of a deletion for its idempotency key, also after a restart', async () => {
    const { id } = await create()
    const query =
      'mutation Delete($input: DeleteWebhookEndpointInput!) { deleteWebhookEndpoint(input: $input) { webhookEndpointId userErrors { code } } }'
    const remove = (idempotencyKey: string, webhookEndpointId = id) =>
      world.ask(query, { input: { webhookEndpointId, idempotencyKey } })
    const gone = { deleteWebhookEndpoint: { webhookEndpointId: id, userErrors: [] } }
    expect(await remove('delete')).toEqual(gone)
    expect(await remove('delete')).toEqual(gone)
    await world.restart()
    expect(await remove('delete')).toEqual(gone)
    const refused = (code: string) => ({
      deleteWebhookEndpoint: { webhookEndpointId: null, userErrors: [{ code }] },
    })
    expect(await remove('delete', 'whe_another')).toEqual(refused('IDEMPOTENCY_MISMATCH'))
    // A refused request does not claim its idempotency key.
    expect(await remove('other')).toEqual(refused('NOT_FOUND'))
    const { id: next } = await create()
    expect(await remove('other', next)).toEqual({
      deleteWebhookEndpoint: { webhookEndpointId: next, userErrors: [] },
    })
  })

  it('should stop when the API key ends, and continue when a new API key with the same name resumes the endpoint', async () => {
    const { id } = await create({}, await createKey('partner'))
    await createUser('Ada')
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(1), wait)
    await keys.revoke('partner')
    const bob = await createUser('Bob')
    const next = await createKey('partner')
    await vi.waitFor(
      async () =>
        expect(await findEndpoint(id, next)).toMatchObject({ state: 'STOPPED', stopReason: 'KEY_ENDED' }),
      wait,
    )
    expect(receiver.taken).toHaveLength(1)
    await mutate('resumeWebhookEndpoint', { webhookEndpointId: id }, next)
    await vi.waitFor(() => expect(listSubjects().at(-1)).toBe(bob), wait)
  })

  it('should send a gap if the new API key has another access scope', async () => {
    const [first = ''] = await listSystemIds()
    const { id, secret } = await create({}, await createKey('partner'))
    await vi.waitFor(async () => expect(await countServed()).toBe(1), wait)
    await keys.revoke('partner')
    const next = await createKey('partner', { acsSystemIds: [first as AcsSystemId] })
    await createUser('Ada')
    await vi.waitFor(async () => expect((await findEndpoint(id, next))?.state).toBe('STOPPED'), wait)
    await mutate('resumeWebhookEndpoint', { webhookEndpointId: id }, next)
    await vi.waitFor(() => expect(receiver.taken.length).toBeGreaterThan(0), wait)
    expect(verifyMessage(receiver.taken[0] as Received, secret)).toMatchObject({
      type: 'gap',
      data: { reason: 'SIGHT_CHANGED' },
    })
  })

  it('should send a gap and then only what the API key may still see when it is narrowed, and stop without its scopes', async () => {
    const [first = '', second = ''] = await listSystemIds()
    const key = await createKey('partner')
    const { id, secret } = await create({}, key)
    const ada = await createUser('Ada', second)
    await vi.waitFor(() => expect(listSubjects()).toEqual([ada]), wait)
    await keys.narrow(key.slice(3, 14), { acsSystemIds: [first as AcsSystemId] })
    const bob = await createUser('Bob', second)
    const cleo = await createUser('Cleo', first)
    await vi.waitFor(() => expect(listSubjects().at(-1)).toBe(cleo), wait)
    expect(verifyMessage(receiver.taken[1] as Received, secret)).toMatchObject({
      type: 'gap',
      data: { reason: 'SIGHT_CHANGED' },
    })
    expect(listSubjects()).not.toContain(bob)
    expect(receiver.taken).toHaveLength(3)

    await keys.narrow(key.slice(3, 14), { scopes: ['read'] })
    await createUser('Dan', first)
    await vi.waitFor(
      async () => expect(await findEndpoint(id)).toMatchObject({ state: 'STOPPED', stopReason: 'KEY_ENDED' }),
      wait,
    )
    expect(receiver.taken).toHaveLength(3)
  })

  it('should create one endpoint for a repeated idempotency key, and refuse the key for another input', async () => {
    const one = await create({ idempotencyKey: 'once' })
    expect(await create({ idempotencyKey: 'once' })).toEqual(one)
    const { userErrors } = await mutate('createWebhookEndpoint', {
      url: `${receiver.url}/other`,
      idempotencyKey: 'once',
    })
    expect(userErrors).toMatchObject([{ field: ['idempotencyKey'], code: 'IDEMPOTENCY_MISMATCH' }])
    expect(
      (await world.ask<{ webhookEndpoints: EndpointFields[] }>(`{ webhookEndpoints { ${endpointFields} } }`))
        .webhookEndpoints,
    ).toHaveLength(1)
  })

  it('should continue at the same position after a restart', async () => {
    await create()
    const ada = await createUser('Ada')
    await vi.waitFor(() => expect(listSubjects()).toEqual([ada]), wait)
    await world.restart()
    const bob = await createUser('Bob')
    await vi.waitFor(() => expect(listSubjects()).toEqual([ada, bob]), wait)
  })
})

describe('a mutation of a webhook endpoint', () => {
  it.each([
    [{ url: 'http://example.com/' }, 'url', 'INVALID'],
    [{ url: 'https://10.0.0.1/' }, 'url', 'INVALID'],
    [{ url: 'https://169.254.169.254/latest/meta-data/' }, 'url', 'INVALID'],
    [{ description: 'x'.repeat(256) }, 'description', 'INVALID'],
    [{ parallel: 0 }, 'parallel', 'INVALID'],
    [{ parallel: 33 }, 'parallel', 'INVALID'],
    [{ idempotencyKey: ' ' }, 'idempotencyKey', 'INVALID'],
  ])('should be refused with the input %j', async (input, field, code) => {
    const { userErrors, secret } = await mutate('createWebhookEndpoint', { url: receiver.url, ...input })
    expect(userErrors).toMatchObject([{ field: [field], code }])
    expect(secret).toBeNull()
  })

  it('should not create more than ten endpoints for one API key', async () => {
    for (let count = 0; count < 10; count++) await create()
    const { userErrors } = await mutate('createWebhookEndpoint', { url: receiver.url })
    expect(userErrors).toMatchObject([{ field: null, code: 'CONFLICT' }])
  })

  it('should be refused with a cursor of another viewer', async () => {
    const key = await createKey('partner')
    const cursor = await cursorNow()
    const { userErrors } = await mutate('createWebhookEndpoint', { url: receiver.url, after: cursor }, key)
    expect(userErrors).toMatchObject([{ field: ['after'], code: 'INVALID' }])
  })

  it('should get NOT_FOUND for an endpoint of another API key', async () => {
    const { id } = await create({}, await createKey('partner'))
    const other = await createKey('other')
    expect(await findEndpoint(id, other)).toBeNull()
    expect(await world.ask(`{ webhookEndpoints { id } }`, {}, other)).toEqual({ webhookEndpoints: [] })
    for (const name of ['update', 'pause', 'resume', 'delete'] as const) {
      const foreign = await refusalOf(`${name}WebhookEndpoint`, id, other)
      expect(foreign).toEqual(await refusalOf(`${name}WebhookEndpoint`, 'whe_none', other))
      expect(foreign).toMatchObject([{ field: ['webhookEndpointId'], code: 'NOT_FOUND' }])
    }
    expect(await refusalOf('rotateWebhookSecret', id, other)).toMatchObject([{ code: 'NOT_FOUND' }])
  })

  it('should pause an endpoint of another API key with the admin scope, but not change its URL or secret', async () => {
    const { id } = await create({ url: `${receiver.url}/hooks/s3cret?token=x` }, await createKey('partner'))
    const admin = await createKey('admin', { scopes: ['read', 'events', 'admin'] })
    expect((await findEndpoint(id, admin))?.url).toBe(`${receiver.url}/`)
    for (const name of ['updateWebhookEndpoint', 'rotateWebhookSecret'])
      expect(await refusalOf(name, id, admin)).toMatchObject([{ code: 'NOT_FOUND' }])
    expect((await mutate('pauseWebhookEndpoint', { webhookEndpointId: id }, admin)).userErrors).toEqual([])
    expect((await findEndpoint(id, admin))?.state).toBe('PAUSED')
  })

  it('should be refused for an API key without the scopes, and for a token', async () => {
    for (const scopes of [['events'], ['read'], ['read', 'write']] as const) {
      const key = await createKey(scopes.join(' '), { scopes })
      const { body } = await world.post(
        {
          query: `mutation { createWebhookEndpoint(input: { url: "${receiver.url}" }) { secret } }`,
        },
        { authorization: `Bearer ${key}` },
      )
      expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' })
    }
    await using issuer = await startIssuer()
    await using other = await startWorld({
      config: {
        webhookInternalHosts: ['127.0.0.1'],
        auth: { jwksUrl: issuer.url, issuer: issuerName, audience },
      },
    })
    const token = await issuer.sign({ scope: 'read events' }, { expiresIn: 3600 })
    const answer = await other.ask<{ createWebhookEndpoint: Answer }>(
      `mutation { createWebhookEndpoint(input: { url: "${receiver.url}" }) { secret userErrors { code message } } }`,
      {},
      token,
    )
    expect(answer.createWebhookEndpoint).toMatchObject({
      secret: null,
      userErrors: [{ code: 'NOT_ALLOWED' }],
    })
  })
})

async function refusalOf(name: string, webhookEndpointId: string, key: string): Promise<UserErrors> {
  const type =
    name === 'rotateWebhookSecret'
      ? 'RotateWebhookSecretInput'
      : `${name[0]?.toUpperCase()}${name.slice(1)}Input`
  const answer = await world.ask<Record<string, { userErrors: UserErrors }>>(
    `mutation Do($input: ${type}!) { ${name}(input: $input) { userErrors { field code message } } }`,
    { input: { webhookEndpointId } },
    key,
  )
  return answer[name]?.userErrors ?? []
}

type TestAnswer = {
  result: {
    messageId: string
    isDelivered: boolean
    status: number | null
    failure: string | null
  } | null
  userErrors: UserErrors
}

async function sendTest(webhookEndpointId: string, key?: string): Promise<TestAnswer> {
  const answer = await world.ask<{ sendTestWebhook: TestAnswer }>(
    'mutation ($input: SendTestWebhookInput!) { sendTestWebhook(input: $input) { result { messageId isDelivered status failure } userErrors { field code message } } }',
    { input: { webhookEndpointId } },
    key,
  )
  return answer.sendTestWebhook
}

const cursorNow = async (key?: string): Promise<string> =>
  (await world.ask<{ cursor: string }>('{ cursor }', {}, key)).cursor

async function countChanges(): Promise<number> {
  return (await world.ask<{ changes: { totalCount: number } }>('{ changes { totalCount } }')).changes
    .totalCount
}

/** Returns the number of endpoints that the gateway delivers to, from its metrics. */
async function countServed(): Promise<number> {
  const text = await (await fetch(`${world.url}/metrics`)).text()
  return Number(/^latchkey_webhooks (\d+)$/m.exec(text)?.[1])
}
