import { once } from 'node:events'
import type { Socket } from 'node:net'
import { GraphQLError } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { HttpDependencies } from '../../../src/http/types.ts'
import { findInternalDetails } from '../../support/internal-details.ts'
import { authorizationHeader, type HttpFixture, openSocket, startHttpFixture } from '../http-fixture.ts'

let gateway: HttpFixture
const clients: Client[] = []
beforeEach(async () => {
  gateway = await startHttpFixture()
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose()
  await gateway.stop()
  expect(gateway.server.openConnections).toEqual({ sockets: 0, streams: 0 })
  expect(gateway.feed.hub.subscriberCount).toBe(0)
  expect(gateway.watched()).toBe(0)
})

function connect(options: Partial<Parameters<typeof createClient>[0]> = {}): Client {
  const client = createClient({
    url: `ws://127.0.0.1:${gateway.port}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: authorizationHeader },
    retryAttempts: 0,
    ...options,
  })
  clients.push(client)
  return client
}

const changes =
  'subscription($after: String, $kinds: [String!]) { changes(after: $after, kinds: $kinds) { cursor changes { kind } } }'

type FeedResult = { changes: { cursor: string; gap?: string; changes: { kind: string }[] } }

const batchOf = ({ value }: { value?: unknown }) => (value as { data: FeedResult }).data.changes

describe('the client of graphql-ws', () => {
  test('executes queries and mutations over a socket', async () => {
    const client = connect()
    const answers = []
    for (const query of ['{ viewer }', 'mutation { add }', '{ boom }'])
      for await (const answer of client.iterate({ query })) answers.push(answer)
    expect(answers).toMatchObject([
      { data: { viewer: 'ada' } },
      { data: { add: 1 } },
      { data: { boom: null }, errors: [{ message: 'Unexpected error', extensions: { code: 'INTERNAL' } }] },
    ])
  })

  test('receives changes in order, and resumes after a cursor', async () => {
    const feed = connect().iterate<FeedResult>({ query: changes })
    const greeting = batchOf(await feed.next())
    expect(greeting.changes).toEqual([])
    for (const kind of ['CREATED', 'DELETED'] as const) {
      await gateway.feed.publish(kind)
      expect(batchOf(await feed.next()).changes).toEqual([{ kind }])
    }
    await feed.return?.()
    const resumed = connect().iterate<FeedResult>({ query: changes, variables: { after: greeting.cursor } })
    expect(batchOf(await resumed.next()).changes).toEqual([{ kind: 'CREATED' }, { kind: 'DELETED' }])
  })

  test('receives only changes that match its arguments', async () => {
    const feed = connect().iterate<FeedResult>({ query: changes, variables: { kinds: ['DELETED'] } })
    await feed.next()
    await gateway.feed.publish('CREATED')
    await gateway.feed.publish('DELETED')
    expect(batchOf(await feed.next()).changes).toEqual([{ kind: 'DELETED' }])
  })

  test.each([
    ['a syntax error', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    ['an empty document', ' ', 'BAD_REQUEST'],
    ['an unknown field', 'subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'two root fields',
      'subscription { a: changes { cursor } b: changes { cursor } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['an invalid cursor', 'subscription { changes(after: "garbage") { cursor } }', 'BAD_CURSOR'],
    ['a field that fails on every batch', 'subscription { changes { boom } }', 'INTERNAL'],
  ])('receives %s for that operation only, and the socket stays open', async (_what, query, code) => {
    const client = connect({ lazy: false })
    const failed = client.iterate({ query }).next()
    await expect(failed).rejects.toMatchObject([{ extensions: { code, requestId: expect.any(String) } }])
    const feed = client.iterate({ query: '{ viewer }' })
    expect((await feed.next()).value).toEqual({ data: { viewer: 'ada' } })
    expect(gateway.server.openConnections.sockets).toBe(1)
    expect(gateway.feed.hub.subscriberCount).toBe(0)
  })

  test.each([['read'], ['events']] as const)(
    'with the scope %s alone may not subscribe, and keeps its socket',
    async (scope) => {
      await gateway.stop()
      gateway = await startHttpFixture({ scopes: [scope] })
      const client = connect()
      await expect(client.iterate({ query: changes }).next()).rejects.toMatchObject([
        { extensions: { code: 'FORBIDDEN' } },
      ])
      expect((await client.iterate({ query: '{ viewer }' }).next()).value).toEqual({
        data: { viewer: 'ada' },
      })
    },
  )
})

describe('executions are shared', () => {
  const subscribe = async (query: string, variables: Record<string, unknown>) => {
    const feed = connect().iterate<FeedResult>({ query, variables })
    return { cursor: batchOf(await feed.next()).cursor, next: async () => batchOf(await feed.next()).changes }
  }
  /** Returns the number of executions that deliver one change to all subscribers. */
  const executionsFor = async (feeds: Awaited<ReturnType<typeof subscribe>>[]) => {
    const before = gateway.graph.executions.changes
    await gateway.feed.publish('CREATED')
    for (const feed of feeds) expect(await feed.next()).toHaveLength(1)
    return gateway.graph.executions.changes - before
  }

  test('by operations that differ only in formatting and in the cursor', async () => {
    const first = await subscribe(changes, {})
    const feeds = [
      first,
      await subscribe(changes, { after: first.cursor }),
      await subscribe(changes.replaceAll(' ', '  '), { after: null }),
      await subscribe(`# a comment\n${changes}`, { after: first.cursor }),
    ]
    expect(await executionsFor(feeds)).toBe(1)
  })

  test('also if the cursor is a literal in the document, and inside a fragment', async () => {
    const written = (after: string) =>
      `subscription { ...F } fragment F on Subscription { changes(after: ${after}) { cursor changes { kind } } }`
    const first = await subscribe(written('null'), {})
    expect(await executionsFor([first, await subscribe(written(`"${first.cursor}"`), {})])).toBe(1)
  })

  test('by operations that differ in their name or in the alias of the root field, which each receives', async () => {
    const aliases = ['changes', 'news', 'other', 'news']
    const feeds = aliases.map((alias, index) =>
      connect().iterate({ query: `subscription N${index} { ${alias}: changes { changes { kind fail } } }` }),
    )
    for (const feed of feeds) await feed.next()
    gateway.graph.thrown.error = new GraphQLError('Refused.', { extensions: { code: 'BAD_USER_INPUT' } })
    const before = gateway.graph.executions.changes
    await gateway.feed.publish('CREATED')
    for (const [index, feed] of feeds.entries()) {
      const { value } = await feed.next()
      const alias = aliases[index] ?? ''
      expect(value).toMatchObject({ data: { [alias]: { changes: [{ kind: 'CREATED', fail: null }] } } })
      expect(value.errors).toMatchObject([{ path: [alias, 'changes', 0, 'fail'] }])
    }
    expect(gateway.graph.executions.changes - before).toBe(1)
  })

  test('not by operations with other selections', async () => {
    const feeds = [
      await subscribe(changes, { kinds: ['CREATED'] }),
      await subscribe(changes, { kinds: ['CREATED', 'DELETED'] }),
      await subscribe('subscription { changes { changes { kind } } }', {}),
    ]
    expect(await executionsFor(feeds)).toBe(3)
  })
})

describe('every close code', () => {
  test('4401 for a missing or wrong credential, in either letter case', async () => {
    for (const payload of [undefined, {}, { authorization: 'Bearer nonsense' }, { authorization: 7 }]) {
      const { send, closed } = await openSocket(gateway)
      send({ type: 'connection_init', payload })
      expect((await closed).code).toBe(4401)
    }
    const { send, receive, socket } = await openSocket(gateway)
    send({ type: 'connection_init', payload: { Authorization: authorizationHeader } })
    expect(await receive()).toEqual({ type: 'connection_ack' })
    socket.close()
  })

  test('4401 for a subscribe before the socket is acknowledged', async () => {
    const { send, closed } = await openSocket(gateway)
    send({ type: 'subscribe', id: '1', payload: { query: '{ viewer }' } })
    expect((await closed).code).toBe(4401)
  })

  test('4408 for a client without connection_init', async () => {
    const hasty = await startHttpFixture({ timing: { connectionInitTimeoutMs: 5 } })
    expect((await (await openSocket(hasty)).closed).code).toBe(4408)
    await hasty.stop()
  })

  test('not 4408 for a client that has sent connection_init', async () => {
    const hasty = await startHttpFixture({ timing: { connectionInitTimeoutMs: 300 } })
    const initialised = await openSocket(hasty)
    await initialised.initialise()
    // The socket that was opened later is closed by its timeout, so the timeout of the first one would be over too.
    expect((await (await openSocket(hasty)).closed).code).toBe(4408)
    initialised.send({ type: 'ping' })
    expect(await initialised.receive()).toEqual({ type: 'pong' })
    initialised.socket.close()
    await hasty.stop()
  })

  test('4429 for a second connection_init, acknowledged or not', async () => {
    const twice = await openSocket(gateway)
    await twice.initialise()
    twice.send({ type: 'connection_init' })
    expect((await twice.closed).code).toBe(4429)
    const atOnce = await openSocket(gateway)
    atOnce.send({ type: 'connection_init', payload: { authorization: authorizationHeader } })
    atOnce.send({ type: 'connection_init', payload: { authorization: authorizationHeader } })
    expect((await atOnce.closed).code).toBe(4429)
  })

  test('4409 for an id in use', async () => {
    const { send, initialise, closed } = await openSocket(gateway)
    await initialise()
    send({ type: 'subscribe', id: 'é'.repeat(200), payload: { query: changes } })
    send({ type: 'subscribe', id: 'é'.repeat(200), payload: { query: changes } })
    expect((await closed).code).toBe(4409)
  })

  test('4409 for an id in use, also if its second operation is invalid', async () => {
    const variables = { x: 'x'.repeat(300_000) }
    for (const payload of [{ query: '{' }, { documentId: 'none' }, { query: '{ viewer }', variables }]) {
      const { send, initialise, closed } = await openSocket(gateway)
      await initialise()
      send({ id: '1', type: 'subscribe', payload: { query: changes } })
      send({ id: '1', type: 'subscribe', payload })
      expect(await closed).toEqual({ code: 4409, reason: 'Subscriber for 1 already exists' })
    }
  })

  test('4406 for another subprotocol', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/graphql`)
    const [code] = await once(socket, 'close')
    expect(code).toBe(4406)
  })

  const shapes = [
    'nonsense',
    '[]',
    '{}',
    '{"type":"nonsense"}',
    '{"type":["ping"]}',
    '{"type":"connection_init","payload":[]}',
    '{"type":"connection_ack"}',
    '{"type":"next","id":"1","payload":{}}',
    '{"type":"error","id":"1","payload":[{"message":"none"}]}',
    '{"type":"subscribe","payload":{"query":"{ viewer }"}}',
    '{"type":"subscribe","id":"","payload":{"query":"{ viewer }"}}',
    '{"type":"subscribe","id":7,"payload":{"query":"{ viewer }"}}',
    '{"type":"subscribe","id":"1"}',
    '{"type":"subscribe","id":"1","payload":null}',
    '{"type":"subscribe","id":"1","payload":[]}',
    '{"type":"subscribe","id":"1","payload":{}}',
    '{"type":"subscribe","id":"1","payload":{"extensions":{}}}',
    '{"type":"subscribe","id":"1","payload":{"query":7}}',
    '{"type":"subscribe","id":"1","payload":{"query":7,"documentId":"x"}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ viewer }","variables":[]}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ viewer }","variables":"x"}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ viewer }","operationName":7}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ viewer }","operationName":{}}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ viewer }","extensions":"x"}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ viewer }","extensions":[]}}',
    '{"type":"subscribe","id":"1","payload":{"documentId":"x","variables":[]}}',
    `{"type":"subscribe","id":"${'x'.repeat(300)}","payload":{"query":"{ viewer }"}}`,
    '{"type":"complete"}',
    '{"type":"complete","id":7}',
    `{"type":"complete","id":"${'x'.repeat(300)}"}`,
    '{"type":"ping","payload":7}',
    '{"type":"pong","payload":[]}',
  ]
  test.each(shapes)('4400 for %s, acknowledged or not', async (text) => {
    const known = await openSocket(gateway)
    await known.initialise()
    known.send(text)
    expect((await known.closed).code).toBe(4400)
    const unknown = await openSocket(gateway)
    unknown.send(text)
    expect((await unknown.closed).code).toBe(4400)
  })

  test('4400 for binary messages, and for a large message before authentication', async () => {
    const bytes = await openSocket(gateway)
    bytes.socket.send(Buffer.from('{"type":"ping"}'))
    expect((await bytes.closed).code).toBe(4400)
    const large = await openSocket(gateway)
    large.send({ type: 'connection_init', payload: { padding: 'x'.repeat(20_000) } })
    expect((await large.closed).code).toBe(4400)
  })

  test('4401 for a revoked viewer, 4403 for an expired one', async () => {
    const revoked = await openSocket(gateway)
    await revoked.initialise()
    gateway.endViewers('revoked')
    expect((await revoked.closed).code).toBe(4401)
    const expired = await openSocket(gateway)
    await expired.initialise()
    gateway.endViewers('expired')
    expect((await expired.closed).code).toBe(4403)
  })

  test('1013 when a credential cannot be checked or watched, which releases its slot', async () => {
    const closings: string[] = []
    const limits: HttpDependencies['usageLimits'] = {
      ...gateway.deps.usageLimits,
      acquireSlot(what) {
        closings.push(`opened ${what}`)
        return () => closings.push(`closed ${what}`)
      },
    }
    const unwatched = await startHttpFixture({
      usageLimits: limits,
      watchViewer: () => Promise.reject(new Error('no store')),
    })
    const { send, closed } = await openSocket(unwatched)
    send({ type: 'connection_init', payload: { authorization: authorizationHeader } })
    expect((await closed).code).toBe(1013)
    expect(closings).toEqual(['opened connections', 'closed connections'])
    await unwatched.stop()
  })

  test('1013, without internal details, when a message causes an internal error', async () => {
    const refused = () => {
      throw new Error('connect ECONNREFUSED 10.1.2.3:6379')
    }
    const metrics = Object.create(gateway.deps.metrics, { countRefusal: { value: refused } })
    const faulty = await startHttpFixture({ metrics })
    const { send, initialise, closed } = await openSocket(faulty)
    await initialise()
    send({ id: '1', type: 'subscribe', payload: { query: '' } })
    const { code, reason } = await closed
    expect(code).toBe(1013)
    expect(findInternalDetails(reason)).toEqual([])
    expect(faulty.logged.join('')).toContain('ECONNREFUSED')
    await faulty.stop()
  })

  test('1013 when authentication is unavailable', async () => {
    const broken = await startHttpFixture({ authenticate: () => Promise.reject(new Error('no store')) })
    const { send, closed } = await openSocket(broken)
    send({ type: 'connection_init' })
    expect((await closed).code).toBe(1013)
    await broken.stop()
  })

  test('1012 for every socket at a restart', async () => {
    const sockets = await Promise.all(Array.from({ length: 10 }, () => openSocket(gateway)))
    for (const { initialise, send } of sockets.slice(0, 5)) {
      await initialise()
      send({ type: 'subscribe', id: '1', payload: { query: changes } })
    }
    await gateway.feed.until(5)
    const closes = sockets.map(({ closed }) => closed)
    await gateway.stop()
    expect((await Promise.all(closes)).map(({ code }) => code)).toEqual(Array(10).fill(1012))
  })
})

describe('a socket', () => {
  test('answers ping with pong and the same payload, also before it is acknowledged', async () => {
    const { send, receive, initialise, socket } = await openSocket(gateway)
    send({ type: 'ping', payload: { at: 1 } })
    expect(await receive()).toEqual({ type: 'pong', payload: { at: 1 } })
    await initialise()
    send({ type: 'pong' })
    send({ type: 'ping' })
    expect(await receive()).toEqual({ type: 'pong' })
    socket.close()
  })

  test('rejects an operation that is too large, and continues the others', async () => {
    const { send, receive, initialise, socket } = await openSocket(gateway)
    await initialise()
    const id = 'a "large" one'
    send({ id, type: 'subscribe', payload: { query: '{ viewer }', variables: { x: 'x'.repeat(300_000) } } })
    expect(await receive()).toMatchObject({
      id,
      type: 'error',
      payload: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }],
    })
    send({ id: '2', type: 'subscribe', payload: { query: '{ viewer }' } })
    expect(await receive()).toEqual({ id: '2', type: 'next', payload: { data: { viewer: 'ada' } } })
    expect(await receive()).toEqual({ id: '2', type: 'complete' })
    socket.close()
  })

  test('is closed by a hostile message or an invalid frame, without an effect on other sockets', async () => {
    const other = await openSocket(gateway)
    await other.initialise()
    const huge = await openSocket(gateway)
    await huge.initialise()
    huge.send({ id: '1', type: 'subscribe', payload: { query: 'x'.repeat(2_000_000) } })
    expect((await huge.closed).code).toBe(1009)
    const broken = await openSocket(gateway)
    ;(broken.socket as unknown as { _socket: Socket })._socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]))
    expect((await broken.closed).code).toBe(1002)
    other.send({ type: 'ping' })
    expect(await other.receive()).toEqual({ type: 'pong' })
    other.socket.close()
  })

  test('has a limit of operations', async () => {
    const { send, receive, initialise, socket } = await openSocket(gateway)
    await initialise()
    for (let id = 1; id <= 101; id++) send({ id: `${id}`, type: 'subscribe', payload: { query: changes } })
    let message = await receive()
    while (message.type === 'next') message = await receive()
    expect(message).toMatchObject({
      id: '101',
      type: 'error',
      payload: [{ extensions: { code: 'TOO_MANY_OPERATIONS' } }],
    })
    await gateway.feed.until(100)
    socket.close()
    await gateway.feed.until(0)
  })

  test('accepts a document id without a query, and an invalid one fails only its operation', async () => {
    const { send, receive, initialise, socket } = await openSocket(gateway)
    await initialise()
    for (const [payload, code] of [
      [{ documentId: 'none' }, 'PERSISTED_QUERY_NOT_FOUND'],
      [{ documentId: 'none', query: null }, 'PERSISTED_QUERY_NOT_FOUND'],
      [{ extensions: { persistedQuery: { sha256Hash: 'none' } } }, 'PERSISTED_QUERY_NOT_FOUND'],
      [{ extensions: { persistedQuery: {} } }, 'BAD_REQUEST'],
      [{ documentId: 7 }, 'BAD_REQUEST'],
      [{ query: '{ viewer }', extensions: { after: 7 } }, 'BAD_REQUEST'],
    ] as const) {
      send({ id: '1', type: 'subscribe', payload })
      expect(await receive()).toMatchObject({ id: '1', type: 'error', payload: [{ extensions: { code } }] })
    }
    socket.close()
  })

  test('sends no internal details of errors before an operation is known', async () => {
    const resolve = () => {
      throw new Error('connect ECONNREFUSED 10.1.2.3:6379')
    }
    const failing = await startHttpFixture({ trustedDocuments: { resolve } })
    const { send, receive, initialise, socket } = await openSocket(failing)
    await initialise()
    send({ id: '1', type: 'subscribe', payload: { query: '{ viewer }' } })
    const message = await receive()
    expect(message).toMatchObject({ id: '1', type: 'error', payload: [{ extensions: { code: 'INTERNAL' } }] })
    expect(findInternalDetails(JSON.stringify(message))).toEqual([])
    socket.close()
    await failing.stop()
  })

  test('escapes the id it writes into a shared frame', async () => {
    const { send, receive, initialise, socket } = await openSocket(gateway)
    await initialise()
    const id = '1","type":"complete","x":"\n'
    send({ id, type: 'subscribe', payload: { query: changes } })
    expect(await receive()).toMatchObject({ id, type: 'next' })
    socket.close()
  })

  test('sends results and ids in any script intact, in text messages', async () => {
    const { send, receive, initialise, socket } = await openSocket(gateway)
    const kinds: boolean[] = []
    socket.on('message', (_, isBinary) => kinds.push(isBinary))
    await initialise()
    const ids = ['é', '日本 🔑', '\ud800"\\', 'plain', '\u0080\u2028']
    for (const id of ids) {
      const name = `Zoë 🔑 ${id}`
      const query = 'query ($name: String) { hello(name: $name) }'
      send({ id, type: 'subscribe', payload: { query, variables: { name } } })
      expect(await receive()).toEqual({ id, type: 'next', payload: { data: { hello: `Hello ${name}` } } })
      expect(await receive()).toEqual({ id, type: 'complete' })
    }
    for (const id of ids) {
      send({ id, type: 'subscribe', payload: { query: 'subscription { changes { changes { greeting } } }' } })
      expect(await receive()).toMatchObject({ id, type: 'next' })
    }
    await gateway.feed.publish('CREATED')
    const payload = { data: { changes: { changes: [{ greeting: 'Zoë 🔑 日本' }] } } }
    for (const id of ids) expect(await receive()).toEqual({ id, type: 'next', payload })
    expect(kinds).not.toContain(true)
    socket.close()
  })

  test('gives each subscriber of a group its own id, also if others have equal ids', async () => {
    const query = 'subscription { changes { changes { kind } } }'
    const opened = []
    for (const id of ['1', '1', '2', '1', 'é', '1']) {
      const client = await openSocket(gateway)
      await client.initialise()
      client.send({ id, type: 'subscribe', payload: { query } })
      expect(await client.receive()).toMatchObject({ id, type: 'next' })
      opened.push({ ...client, id })
    }
    for (const kind of ['CREATED', 'DELETED'] as const) {
      await gateway.feed.publish(kind)
      for (const { receive, id } of opened)
        expect(await receive()).toEqual({
          id,
          type: 'next',
          payload: { data: { changes: { changes: [{ kind }] } } },
        })
    }
    for (const { socket } of opened) socket.close()
  })

  test('with a slow reader is skipped, sends a gap, and then later changes', async () => {
    const { send, initialise, socket, receive } = await openSocket(gateway)
    await initialise()
    const query = 'subscription { changes { gap changes { kind padding } } }'
    send({ id: '1', type: 'subscribe', payload: { query } })
    await receive()
    socket.pause()
    for (let count = 0; count < 60; count++) await gateway.publishAndWait('UPDATED')
    socket.resume()
    let batch = (await receive()).payload.data.changes
    while (batch.gap === null) batch = (await receive()).payload.data.changes
    expect(batch).toEqual({ gap: 'TOO_SLOW', changes: [] })
    await gateway.feed.publish('DELETED')
    expect((await receive()).payload.data.changes.changes).toMatchObject([{ kind: 'DELETED' }])
    socket.close()
  })

  test('that does not answer pings is terminated', async () => {
    const quick = await startHttpFixture({ timing: { heartbeatIntervalMs: 10 } })
    const { socket, initialise, closed } = await openSocket(quick)
    await initialise()
    socket.pong = () => {}
    ;(socket as unknown as { _autoPong: boolean })._autoPong = false
    expect((await closed).code).toBe(1006)
    await quick.stop()
    expect(quick.server.openConnections.sockets).toBe(0)
  })

  test('that sends a message instead of answering a ping stays open', async () => {
    const slow = await startHttpFixture({ timing: { heartbeatIntervalMs: 1_000 } })
    const { socket, initialise, send, receive, closed } = await openSocket(slow)
    await initialise()
    ;(socket as unknown as { _autoPong: boolean })._autoPong = false
    await once(socket, 'ping')
    send({ type: 'ping' })
    expect(await receive()).toEqual({ type: 'pong' })
    // Without the message, the socket would be terminated instead.
    expect(await Promise.race([once(socket, 'ping').then(() => 'ping'), closed])).toBe('ping')
    socket.close()
    await slow.stop()
  })

  test.each([
    ['a foreign page', '/graphql', { origin: 'https://evil.example' }, 403],
    ['another path', '/elsewhere', {}, 404],
  ])('is rejected for %s', async (_what, path, headers, status) => {
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, 'graphql-transport-ws', { headers })
    socket.on('error', () => {})
    const [, response] = await once(socket, 'unexpected-response')
    expect(response.statusCode).toBe(status)
  })

  test('accepts an allowed origin, and the demo only with a host name of this machine', async () => {
    const allowed = await openSocket(gateway, { headers: { origin: 'https://app.example.com' } })
    expect(await allowed.initialise()).toEqual({ type: 'connection_ack' })
    allowed.socket.close()
    const demo = await startHttpFixture({ openToAll: true })
    const own = await openSocket(demo)
    expect(await own.initialise('')).toEqual({ type: 'connection_ack' })
    const rebound = await openSocket(demo, { headers: { host: 'rebound.evil.example' } })
    rebound.send({ type: 'connection_init' })
    expect((await rebound.closed).code).toBe(4401)
    await demo.stop()
  })
})

describe('an operation that its client completes', () => {
  /** A gateway whose credential check before each operation waits for the test. */
  async function startHeld() {
    const held: (() => void)[] = []
    const findEndReason = () => new Promise<null>((resolve) => held.push(() => resolve(null)))
    const slow = await startHttpFixture({ findEndReason })
    const client = await openSocket(slow)
    await client.initialise()
    return {
      ...client,
      gateway: slow,
      release: () => held.splice(0).forEach((resolve) => void resolve()),
      /** Resolves when all messages that were sent before have been read. */
      async settled() {
        client.send({ type: 'ping', payload: { settled: true } })
        expect(await client.receive()).toEqual({ type: 'pong', payload: { settled: true } })
      },
    }
  }

  test('before it starts is never executed', async () => {
    const { gateway: slow, send, receive, release, settled } = await startHeld()
    send({ id: '1', type: 'subscribe', payload: { query: 'mutation { add }' } })
    send({ id: '2', type: 'subscribe', payload: { query: changes } })
    send({ id: '1', type: 'complete' })
    send({ id: '2', type: 'complete' })
    await settled()
    send({ id: '3', type: 'subscribe', payload: { query: '{ viewer }' } })
    await settled()
    release()
    expect(await receive()).toMatchObject({ id: '3', type: 'next' })
    expect(await receive()).toEqual({ id: '3', type: 'complete' })
    expect(slow.graph.executions).toEqual({ add: 0, changes: 0 })
    await slow.stop()
    expect(slow.feed.hub.subscriberCount).toBe(0)
  })

  const first: readonly (readonly [string, string])[] = [
    ['a query', '{ viewer }'],
    ['a mutation', 'mutation { add }'],
    ['a subscription', changes],
    ['what fails', 'subscription { changes { boom } }'],
    ['what is refused', 'subscription { changes(after: "garbage") { cursor } }'],
  ]
  test.each(first)('before it starts frees its id: %s', async (_what, query) => {
    const { gateway: slow, send, receive, release, settled } = await startHeld()
    send({ id: '1', type: 'subscribe', payload: { query } })
    send({ id: '1', type: 'complete' })
    send({ id: 'unknown', type: 'complete' })
    send({ id: '1', type: 'subscribe', payload: { query: changes } })
    await settled()
    release()
    expect((await receive()).payload.data.changes.changes).toEqual([])
    await slow.feed.until(1)
    await slow.feed.publish('CREATED')
    expect((await receive()).payload.data.changes.changes).toEqual([{ kind: 'CREATED' }])
    await settled()
    await slow.stop()
  })

  test('while it runs sends nothing with a reused id, even if all messages arrive at once', async () => {
    const { send, receive, initialise, socket } = await openSocket(gateway)
    await initialise()
    const connection = (socket as unknown as { _socket: Socket })._socket
    connection.cork()
    send({ id: '1', type: 'subscribe', payload: { query: '{ slow }' } })
    send({ id: '1', type: 'complete' })
    send({ id: '1', type: 'subscribe', payload: { query: changes } })
    connection.uncork()
    expect((await receive()).payload.data.changes.changes).toEqual([])
    await gateway.graph.slowAsked
    gateway.graph.release()
    expect((await gateway.query('{ slow }')).json).toEqual({ data: { slow: 'done' } })
    await gateway.feed.publish('CREATED')
    expect((await receive()).payload.data.changes.changes).toEqual([{ kind: 'CREATED' }])
    send({ id: '1', type: 'complete' })
    await gateway.feed.until(0)
    socket.close()
  })

  test('while it subscribes is unsubscribed', async () => {
    const { hub } = gateway.feed
    const joined = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const join: typeof hub.subscribe = async (...given) => {
      const leave = await hub.subscribe(...given)
      joined.resolve()
      await gate.promise
      return leave
    }
    const slow = await startHttpFixture({ hub: Object.create(hub, { subscribe: { value: join } }) })
    const { send, receive, initialise, socket } = await openSocket(slow)
    await initialise()
    send({ id: '1', type: 'subscribe', payload: { query: changes } })
    await joined.promise
    send({ id: '1', type: 'complete' })
    send({ type: 'ping' })
    while ((await receive()).type !== 'pong');
    expect(hub.subscriberCount).toBe(1)
    gate.resolve()
    await gateway.feed.until(0)
    socket.close()
    await slow.stop()
  })

  test('after it has subscribed is unsubscribed, also if its id is reused repeatedly', async () => {
    const { send, receive, initialise, socket } = await openSocket(gateway)
    await initialise()
    for (let times = 0; times < 50; times++) {
      send({ id: '1', type: 'subscribe', payload: { query: changes } })
      send({ id: '1', type: 'complete' })
    }
    send({ id: '2', type: 'subscribe', payload: { query: changes } })
    while ((await receive()).id !== '2');
    await gateway.feed.until(1)
    await gateway.feed.publish('CREATED')
    expect(await receive()).toMatchObject({ id: '2', type: 'next' })
    socket.close()
    await gateway.feed.until(0)
  })
})
