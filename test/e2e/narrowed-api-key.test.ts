import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createApiKey } from '../support/api-keys.ts'
import { ask, type Deployment, startDeployment } from '../support/deployment.ts'
import { startRedis } from '../support/redis-server.ts'
import { callSandbox } from '../support/sandbox-client.ts'
import { subscribe } from '../support/subscriber.ts'
import { startWorld, type World } from '../support/world.ts'

type Feed = {
  userChanges: {
    cursor: string
    gap: { reason: string } | null
    changes: { acsUserId: string }[]
  }
}
const watch = `subscription Watch($after: Cursor) {
  userChanges(after: $after) { cursor gap { reason } changes { ... on UserChange { acsUserId } } }
}`
const updateApiKey =
  'mutation ($input: UpdateApiKeyInput!) { updateApiKey(input: $input) { record { scopes } userErrors { field code message } } }'

/** Returns the ID in an API key. */
const getId = (apiKey: string): string => apiKey.slice(3, 14)

describe('an API key that is narrowed while it is in use', () => {
  let world: World
  let admin: string
  let narrowed: string
  let count = 0
  beforeAll(async () => {
    world = await startWorld({ sandbox: { systems: 2, residents: 4, doors: 4 } })
    admin = await createApiKey(world, { name: 'admin', scopes: ['read', 'events', 'admin'] })
  })
  afterAll(() => world[Symbol.asyncDispose]())
  beforeEach(async () => {
    narrowed = await createApiKey(world, { name: `key ${++count}`, scopes: ['read', 'write', 'events'] })
  })

  const systemIds = () => world.sandbox.ids().acsSystemIds
  async function createUser(acs_system_id: string | undefined): Promise<string> {
    const { acs_user } = await callSandbox<{ acs_user: { acs_user_id: string } }>(world, 'acs/users/create', {
      ...{ acs_system_id, full_name: 'Ann' },
    })
    return acs_user.acs_user_id
  }
  const narrow = async (limits: object, apiKey = narrowed) =>
    expect(
      await world.ask(updateApiKey, { input: { apiKeyId: getId(apiKey), ...limits } }, admin),
    ).toMatchObject({ updateApiKey: { userErrors: [] } })

  const openStream = async (): Promise<Response> =>
    fetch(`${world.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${narrowed}`,
      },
      body: JSON.stringify({ query: watch }),
    })

  it('should receive nothing more than it may see from the response on, over both transports', async () => {
    const [first, second] = systemIds()
    const feed = subscribe<Feed>(world.wsUrl, watch, {}, narrowed)
    const witness = subscribe<Feed>(world.wsUrl, watch, {}, admin)
    const { userChanges: start } = await feed.next()
    await witness.next()
    const stream = await openStream()
    await narrow({ acsSystemIds: [first] })
    const foreign = await createUser(second)
    await witness.until(({ userChanges }) =>
      userChanges.changes.some(({ acsUserId }) => acsUserId === foreign),
    )
    await expect(feed.next()).rejects.toMatchObject({ code: 4403 })
    expect(feed.all).toHaveLength(1)
    // An expired credential ends a stream without an error, so that the client opens another one.
    const events = await text(stream.body as ReadableStream)
    expect(events).not.toContain(foreign)
    expect(events).not.toContain('UNAUTHENTICATED')

    const resumed = subscribe<Feed>(world.wsUrl, watch, { after: start.cursor }, narrowed)
    expect((await resumed.next()).userChanges).toMatchObject({
      gap: { reason: 'SIGHT_CHANGED' },
      changes: [],
    })
    await createUser(second)
    const own = await createUser(first)
    expect(
      (await resumed.until(({ userChanges }) => userChanges.changes.length > 0)).userChanges,
    ).toMatchObject({ changes: [{ acsUserId: own }] })
    await Promise.all([feed, witness, resumed].map((each) => each.close()))
  })

  it('should be asked to connect again after a loss of scopes or an earlier expiry, and only then', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
    const resident = await createUser(systemIds()[0])
    for (const limits of [{ scopes: ['READ', 'EVENTS'] }, { expiresAt }, { acsUserId: resident }]) {
      const feed = subscribe<Feed>(world.wsUrl, watch, {}, narrowed)
      await feed.next()
      await narrow(limits)
      await expect(feed.next()).rejects.toMatchObject({ code: 4403 })
      const again = subscribe<Feed>(world.wsUrl, watch, {}, narrowed)
      await again.next()
      // The same limits once more change nothing for the socket.
      await narrow(limits)
      await expect(world.ask('{ viewer { name } }', {}, narrowed)).resolves.toBeDefined()
      await createUser(systemIds()[0])
      await again.close()
    }
    const { viewer } = await world.ask<{ viewer: { scopes: string[] } }>(
      '{ viewer { scopes } }',
      {},
      narrowed,
    )
    expect(viewer.scopes).toEqual(['READ', 'EVENTS'])
  })

  it('should get the response before its own socket closes', async () => {
    const own = await createApiKey(world, { name: 'own', scopes: ['read', 'events', 'admin'] })
    const closed = Promise.withResolvers<number>()
    const client = createClient({
      url: world.wsUrl,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      lazy: false,
      onNonLazyError: () => undefined,
      connectionParams: { authorization: `Bearer ${own}` },
      on: { closed: (event) => closed.resolve((event as CloseEvent).code) },
    })
    const variables = { input: { apiKeyId: getId(own), scopes: ['READ'] } }
    const { value } = await client.iterate({ query: updateApiKey, variables }).next()
    expect(value).toMatchObject({ data: { updateApiKey: { record: { scopes: ['READ'] }, userErrors: [] } } })
    expect(await closed.promise).toBe(4403)
    await client.dispose()
  })
})

describe('an API key that is narrowed at one of two replicas', () => {
  it('should lose its connections to the other one, and have its new permissions there', async () => {
    await using redis = await startRedis()
    await using scene: Deployment = await startDeployment({ replicas: 2, redisUrl: redis.url })
    const [here = '', there = ''] = scene.urls
    const { createApiKey: made } = await ask<{ createApiKey: { apiKey: string } }>(
      here,
      scene.key,
      'mutation { createApiKey(input: { name: "narrowed", scopes: [READ, EVENTS] }) { apiKey } }',
    )
    const socket = new WebSocket(scene.wsUrls[1] ?? '', 'graphql-transport-ws')
    const closed = once(socket, 'close')
    await once(socket, 'open')
    const acknowledged = once(socket, 'message')
    socket.send(
      JSON.stringify({
        type: 'connection_init',
        payload: { authorization: `Bearer ${made.apiKey}` },
      }),
    )
    await acknowledged
    const [acsSystemId] = scene.sandbox.ids().acsSystemIds
    const input = { apiKeyId: getId(made.apiKey), acsSystemIds: [acsSystemId] }
    await ask(here, scene.key, updateApiKey, { input })
    expect((await closed)[0]).toBe(4403)
    const listSystems = () => ask<object>(there, made.apiKey, '{ acsSystems { nodes { seamId } } }')
    await vi.waitFor(async () =>
      expect(await listSystems()).toEqual({ acsSystems: { nodes: [{ seamId: acsSystemId }] } }),
    )
  }, 60_000)
})
