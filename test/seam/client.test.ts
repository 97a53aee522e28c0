import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AcsSystemId, AcsUserId } from '../../src/model/ids.ts'
import { Secret } from '../../src/model/secret.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { createSeamClient } from '../../src/seam/client.ts'
import { SeamError } from '../../src/seam/errors.ts'

const unknownId = '00000000-0000-4000-8000-000000000000'
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('it worked')
    },
    (error: unknown) => error as SeamError,
  )

describe('the Seam client with the sandbox', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox({ residents: 1200, systems: 2, activity: false, issueDelayMs: 0 })
  })
  afterEach(() => {
    sandbox.clearFaults()
    sandbox.resetCalls()
  })
  afterAll(() => sandbox.close())

  const client = (more: object = {}) =>
    createSeamClient({ apiKey: new Secret(sandbox.apiKey), endpoint: sandbox.url, firstDelayMs: 1, ...more })

  it('should read every list to its end', async () => {
    const users = await client().listUsers({})
    expect(users).toHaveLength(1200)
    expect(new Set(users.map((user) => user.acsUserId)).size).toBe(1200)
    expect(sandbox.calls().byRoute).toEqual({ 'acs/users/list': 3 })
  })

  it('should read many ids in few calls, and send no call for none', async () => {
    const ids = sandbox.ids().userIdentityIds.slice(0, 250) as never[]
    expect(await client().listIdentities({ ids })).toHaveLength(250)
    expect(sandbox.calls().total).toBe(3)
    expect(await client().listIdentities({ ids: [] })).toEqual([])
    expect(sandbox.calls().total).toBe(3)
  })

  it('should resolve to null for an object that does not exist', async () => {
    expect(await client().getUser(unknownId as AcsUserId)).toBeNull()
  })

  it('should reject an empty id, which could mean the whole workspace', async () => {
    const error = await failureOf(client().listUsers({ acsSystemId: '' as AcsSystemId }))
    expect(error).toMatchObject({ code: 'INVALID_INPUT', outcome: 'not_sent' })
    await failureOf(client().getUser(' ' as AcsUserId))
    expect(sandbox.calls().total).toBe(0)
  })

  it.each([
    { kind: 'status', status: 503, body: 'empty' },
    { kind: 'status', status: 502, body: 'html' },
    { kind: 'status', status: 500, body: 'json' },
    { kind: 'reset', when: 'before' },
    { kind: 'malformed' },
    { kind: 'rateLimit', retryAfter: 0 },
  ] as const)('should retry a read after $kind $status', async (fault) => {
    sandbox.addFault({ ...fault, times: 2 })
    expect(await client().listSystems()).toHaveLength(2)
    expect(sandbox.calls().total).toBe(3)
  })

  it('should never retry a create with an unknown outcome', async () => {
    sandbox.addFault({ kind: 'reset', when: 'after', route: 'webhooks/create' })
    const error = await failureOf(client().createWebhook({ url: 'http://127.0.0.1:9/hook' }))
    expect(error).toMatchObject({ outcome: 'unknown', route: 'webhooks/create' })
    expect(sandbox.calls().byRoute['webhooks/create']).toBe(1)
  })

  it('should retry a rate-limited create', async () => {
    sandbox.addFault({ kind: 'rateLimit', retryAfter: 0, times: 1, route: 'webhooks/create' })
    const { secret, webhookId } = await client().createWebhook({ url: 'http://127.0.0.1:9/hook' })
    expect(secret.reveal()).toMatch(/^whsec_/)
    await client().deleteWebhook(webhookId)
    await client().deleteWebhook(webhookId)
  })

  it("should fail if Seam's retry-after exceeds the deadline", async () => {
    sandbox.addFault({ kind: 'rateLimit', retryAfter: 3600 })
    const error = await failureOf(client().listSystems())
    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 3_600_000 })
    expect(sandbox.calls().total).toBe(1)
  })

  it('should time out if Seam does not respond', async () => {
    sandbox.addFault({ kind: 'latency', ms: 5_000 })
    const error = await failureOf(client({ timeoutMs: 50, deadlineMs: 200 }).listSystems())
    expect(error.code).toBe('TIMEOUT')
  })

  it('should never exceed its concurrency limit, and run interactive calls first', async () => {
    sandbox.addFault({ kind: 'latency', ms: 20 })
    const seam = client({ maxConcurrent: 2 })
    const order: string[] = []
    const background = [1, 2, 3].map(() =>
      seam.listSystems({ priority: 'background' }).then(() => order.push('later')),
    )
    const interactive = seam.listAccounts({ priority: 'interactive' }).then(() => order.push('first'))
    expect(seam.load).toMatchObject({ running: 2, waiting: 2 })
    await Promise.all([...background, interactive])
    expect(order.indexOf('first')).toBeLessThan(order.lastIndexOf('later'))
    expect(seam.load).toMatchObject({ running: 0, waiting: 0 })
  })

  it('should return every event if one response contains only a part', async () => {
    const since = new Date(Date.now() - 60_000).toISOString()
    for (let i = 0; i < 25; i++) sandbox.act('revoke')
    const events = await client().listEvents({ since, limit: 4 })
    const expected = sandbox.events().map((event) => event.event_id)
    expect(events.map((event) => event.event_id).toSorted()).toEqual(expected.toSorted())
    const times = events.map((event) => event.created_at)
    expect(times).toEqual(times.toSorted())
  })
})

describe('an error of the Seam client', () => {
  const apiKey = 'seam_very_secret_key'
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections()
  })

  /** Responses that the sandbox never sends, as from a proxy or a faulty Seam. */
  async function stub(status: number, body: string, headers: Record<string, string> = {}): Promise<string> {
    const server = createServer((request, response) => {
      request.resume()
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const envelope = (type: string) => JSON.stringify({ ok: false, error: { type, message: `bad ${apiKey}` } })

  it.each([
    [400, envelope('invalid_input'), 'INVALID_INPUT'],
    [400, envelope('not_supported'), 'NOT_SUPPORTED'],
    [401, envelope('unauthorized'), 'UNAUTHORIZED'],
    [403, envelope('forbidden'), 'FORBIDDEN'],
    [404, envelope('acs_system_not_found'), 'NOT_FOUND'],
    [429, envelope('rate_limit_exceeded'), 'RATE_LIMITED'],
    [500, envelope('internal'), 'UNAVAILABLE'],
    [502, '<html>', 'UNAVAILABLE'],
    [200, '"text"', 'BAD_RESPONSE'],
    [200, '{"ok":true}', 'BAD_RESPONSE'],
    [200, '{"acs_systems":[{}]}', 'BAD_RESPONSE'],
  ])('should have a code and contain no secret: %s %s', async (status, body, code) => {
    const endpoint = await stub(status, body, { 'seam-request-id': 'request-1' })
    const error = await failureOf(
      createSeamClient({ apiKey: new Secret(apiKey), endpoint, firstDelayMs: 1 }).listSystems(),
    )
    expect(error).toBeInstanceOf(SeamError)
    expect(error.code).toBe(code)
    expect(error.route).toBe('acs/systems/list')
    for (const text of [
      inspect(error, { depth: null, showHidden: true }),
      JSON.stringify(error),
      String(error),
      error.stack,
    ])
      expect(text).not.toContain(apiKey)
  })

  it('should report that Seam cannot be reached', async () => {
    const endpoint = await stub(200, '{}')
    const [server] = servers.splice(0)
    await new Promise((resolve) => server?.close(resolve))
    const seam = createSeamClient({ apiKey: new Secret(apiKey), endpoint, firstDelayMs: 1 })
    expect(await failureOf(seam.listSystems())).toMatchObject({ code: 'UNAVAILABLE', outcome: 'not_sent' })
  })

  it('should reject a list with a repeated page cursor instead of truncating it', async () => {
    const pagination = { has_next_page: true, next_page_cursor: 'again' }
    const endpoint = await stub(200, JSON.stringify({ acs_users: [], pagination }))
    const error = await failureOf(createSeamClient({ apiKey: new Secret(apiKey), endpoint }).listUsers({}))
    expect(error).toMatchObject({
      code: 'BAD_RESPONSE',
      message: expect.stringContaining('page cursor is repeated'),
    })
  })

  it('should preserve unknown values', async () => {
    const row = {
      acs_credential_id: unknownId,
      acs_system_id: unknownId,
      access_method: 'retina_scan',
      created_at: '2026-01-01T00:00:00.123456Z',
      errors: [{ error_code: 'brand_new', message: 'Surprise', created_at: '2026-01-01T00:00:00Z' }],
    }
    const endpoint = await stub(200, JSON.stringify({ acs_credentials: [row] }))
    const [credential] = await createSeamClient({ apiKey: new Secret(apiKey), endpoint }).listCredentials({})
    expect(credential).toMatchObject({
      accessMethod: 'retina_scan',
      createdAt: '2026-01-01T00:00:00.123456Z',
      isIssued: null,
      code: null,
      errors: [{ code: 'brand_new' }],
    })
  })

  it('should reject rows of another system', async () => {
    const other = '11111111-1111-4111-8111-111111111111'
    const row = {
      acs_user_id: unknownId,
      acs_system_id: other,
      display_name: 'Eve',
      created_at: '2026-01-01T00:00:00Z',
    }
    const endpoint = await stub(200, JSON.stringify({ acs_users: [row] }))
    const error = await failureOf(
      createSeamClient({ apiKey: new Secret(apiKey), endpoint }).listUsers({
        acsSystemId: unknownId as AcsSystemId,
      }),
    )
    expect(error.code).toBe('BAD_RESPONSE')
  })
})
