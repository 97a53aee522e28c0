import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { ApiKeyRecord, ApiKeyStore } from '../../src/auth/api-keys/api-key-store.ts'
import { openFileApiKeyStore } from '../../src/auth/api-keys/file-api-key-store.ts'
import { listSeamWrites, readSandboxObjects } from '../support/graph-mutations.ts'
import { waitUntil } from '../support/wait-until.ts'
import { startWorld, type World } from '../support/world.ts'

/** How another process ends or limits an API key during a request; `null` if it expires by itself. */
const ends = {
  revoked: (store: ApiKeyStore, { name }: ApiKeyRecord) => store.revoke(name),
  expired: null,
  narrowed: (store: ApiKeyStore, { id }: ApiKeyRecord) => store.narrow(id, { scopes: ['read'] }),
} as const
type End = keyof typeof ends
const endNames = Object.keys(ends) as End[]

const operations = {
  query: '{ acsSystems { nodes { name } } }',
  mutation: 'mutation { createUserIdentity(input: { fullName: "Ada" }) { userErrors { code } } }',
  subscription: 'subscription { changes { cursor changes { kind } } }',
} as const
type Kind = keyof typeof operations

let world: World
let store: ApiKeyStore
let made = 0
beforeAll(async () => {
  world = await startWorld({ isBundled: false, sandbox: { systems: 1, doors: 4, residents: 3 } })
  store = await openFileApiKeyStore({ file: join(world.dataDir, 'keys.db') })
})
afterAll(async () => {
  await store.close()
  await world[Symbol.asyncDispose]()
})
beforeEach(() => world.sandbox.resetCalls())

/** The lifetime of an API key that expires: long enough to be used before. */
const lifetimeMs = 2_000

async function makeKey(how: End) {
  const name = `key ${++made}`
  const expiresAt = new Date(Date.now() + lifetimeMs)
  const { key, record } = await store.create({
    name,
    scopes: ['read', 'write', 'events'],
    ...(how === 'expired' && { expiresAt: expiresAt.toISOString() }),
  })
  return {
    authorization: `Bearer ${key}`,
    async end() {
      const endNow = ends[how]
      await endNow?.(store, record)
      while (endNow === null && new Date() <= expiresAt) await delay(10)
    },
  }
}

/** Sends the head of a request at once, and its body with `finish`. */
async function beginPost(authorization: string, kind: Kind, accept: string) {
  const body = JSON.stringify({ query: operations[kind] })
  const request = httpRequest(`${world.url}/graphql`, {
    method: 'POST',
    agent: false,
    headers: { authorization, accept, 'content-type': 'application/json', 'content-length': body.length },
  })
  request.write(body.slice(0, 1))
  await new Promise<void>((resolve) => request.once('socket', (socket) => socket.once('connect', resolve)))
  // The gateway answers this after it has read the head of the earlier request.
  await fetch(`${world.url}/healthz`)
  return {
    async finish() {
      request.end(body.slice(1))
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      return response
    },
    request,
  }
}

async function openSocket() {
  const socket = new WebSocket(`${world.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const closed = once(socket, 'close').then(([code]) => code as number)
  await once(socket, 'open')
  const messages: { type: string; id?: string; payload?: unknown }[] = []
  socket.on('message', (data) => messages.push(JSON.parse(String(data))))
  const send = (message: object) => socket.send(JSON.stringify(message))
  return {
    closed,
    messages,
    send,
    socket,
    async initialise(authorization: string) {
      const acknowledged = once(socket, 'message')
      send({ type: 'connection_init', payload: { authorization } })
      await acknowledged
    },
  }
}

const closeCode = { revoked: 4401, expired: 4403, narrowed: 4403 } as const

describe.each(endNames)('an API key that is %s', (how) => {
  it.each([
    ['query', 'application/json'],
    ['mutation', 'application/json'],
    ['mutation', 'text/event-stream'],
    ['subscription', 'text/event-stream'],
  ] as const)(
    'should have no effect if it ends between the head and the body of a %s answered as %s',
    async (kind, accept) => {
      const { authorization, end } = await makeKey(how)
      const post = await beginPost(authorization, kind, accept)
      await end()
      const response = await post.finish()
      if (how === 'narrowed') {
        // The request continues with the remaining scopes: a query is answered, the others are forbidden.
        const body = await text(response)
        expect(body.includes('FORBIDDEN'), body).toBe(kind !== 'query')
      } else {
        expect(response.statusCode).toBe(401)
        response.resume()
      }
      expect(listSeamWrites(world)).toEqual([])
      post.request.destroy()
    },
  )

  it('should not be acknowledged if it ends before connection_init', async () => {
    const { authorization, end } = await makeKey(how)
    const { closed, messages, send, socket } = await openSocket()
    await end()
    send({ type: 'connection_init', payload: { authorization } })
    if (how === 'narrowed') {
      await once(socket, 'message')
      expect(messages[0]?.type).toBe('connection_ack')
      socket.terminate()
    } else {
      expect(await closed).toBe(4401)
      expect(messages).toEqual([])
    }
  })

  it.each(Object.keys(operations) as Kind[])(
    'should close an acknowledged socket before the next %s is executed',
    async (kind) => {
      const { authorization, end } = await makeKey(how)
      const { closed, initialise, messages, send } = await openSocket()
      await initialise(authorization)
      await end()
      send({ id: '1', type: 'subscribe', payload: { query: operations[kind] } })
      expect(await closed).toBe(closeCode[how])
      expect(messages.map(({ type }) => type)).toEqual(['connection_ack'])
      expect(listSeamWrites(world)).toEqual([])
    },
  )

  it('should stop a mutation before its next step and undo the completed steps', async () => {
    const { authorization, end } = await makeKey(how)
    const counts = async () =>
      Object.values(await readSandboxObjects(world)).map((rows: readonly unknown[]) => rows.length)
    const before = await counts()
    const [acsSystemId] = world.sandbox.ids().acsSystemIds
    world.sandbox.addFault({ kind: 'latency', ms: lifetimeMs + 500, route: 'acs/users/create' })
    const answer = world.post(
      {
        query:
          'mutation($input: MoveInInput!) { moveIn(input: $input) { acsUserId userErrors { message } } }',
        variables: {
          input: {
            acsSystemId,
            fullName: `Ann ${how}`,
            emailAddress: `ann-${how}@example.com`,
            startsAt: '2099-01-01T00:00:00Z',
            mobileKeyAcsEntranceIds: world.sandbox.ids().acsEntranceIds.slice(0, 1),
          },
        },
      },
      { authorization },
    )
    await waitUntil(() => (world.sandbox.calls().byRoute['acs/users/create'] ?? 0) > 0)
    await end()
    const { body } = await answer
    world.sandbox.clearFaults()
    expect(body.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
    expect(world.sandbox.calls().byRoute['acs/credentials/create']).toBeUndefined()
    expect(await counts()).toEqual(before)
  })

  it('should end its live subscriptions over both transports', async () => {
    const { authorization, end } = await makeKey(how)
    const { closed, initialise, send, socket } = await openSocket()
    await initialise(authorization)
    const first = once(socket, 'message')
    send({ id: '1', type: 'subscribe', payload: { query: operations.subscription } })
    await first
    const post = await beginPost(authorization, 'subscription', 'text/event-stream')
    const response = await post.finish()
    await end()
    expect(await closed).toBe(closeCode[how])
    const events = await text(response)
    expect(events.includes('UNAUTHENTICATED')).toBe(how === 'revoked')
  })
})
