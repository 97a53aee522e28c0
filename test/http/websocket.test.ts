import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type Client, createClient } from 'graphql-ws'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type Gateway, key, openSocket, startGateway } from './gateway.ts'

let gateway: Gateway
const clients: Client[] = []
beforeEach(async () => {
  gateway = await startGateway()
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose()
  await gateway.stop()
  expect(gateway.server.open).toEqual({ sockets: 0, streams: 0 })
  expect(gateway.feed.hub.size).toBe(0)
  expect(gateway.watched()).toBe(0)
})

function connect(options: Partial<Parameters<typeof createClient>[0]> = {}): Client {
  const client = createClient({
    url: `ws://127.0.0.1:${gateway.port}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: key },
    retryAttempts: 0,
    ...options,
  })
  clients.push(client)
  return client
}

const changes =
  'subscription($after: String, $kinds: [String!]) { changes(after: $after, kinds: $kinds) { cursor changes { kind } } }'

type Told = { changes: { cursor: string; gap?: string; changes: { kind: string }[] } }

const told = ({ value }: { value?: unknown }) => (value as { data: Told }).data.changes

describe('the client of graphql-ws', () => {
  test('asks and changes over a socket', async () => {
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

  test('is told changes as they happen, in order, and resumes after a cursor', async () => {
    const feed = connect().iterate<Told>({ query: changes })
    const greeting = told(await feed.next())
    expect(greeting.changes).toEqual([])
    for (const kind of ['CREATED', 'DELETED'] as const) {
      await gateway.feed.publish(kind)
      expect(told(await feed.next()).changes).toEqual([{ kind }])
    }
    await feed.return?.()
    const resumed = connect().iterate<Told>({ query: changes, variables: { after: greeting.cursor } })
    expect(told(await resumed.next()).changes).toEqual([{ kind: 'CREATED' }, { kind: 'DELETED' }])
  })

  test('is told only what its arguments ask for', async () => {
    const feed = connect().iterate<Told>({ query: changes, variables: { kinds: ['DELETED'] } })
    await feed.next()
    await gateway.feed.publish('CREATED')
    await gateway.feed.publish('DELETED')
    expect(told(await feed.next()).changes).toEqual([{ kind: 'DELETED' }])
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
    ['a cursor nobody wrote', 'subscription { changes(after: "garbage") { cursor } }', 'BAD_CURSOR'],
    ['what would fail on every batch', 'subscription { changes { boom } }', 'INTERNAL'],
  ])('is told %s for that operation alone, and the socket stays', async (_what, query, code) => {
    const client = connect({ lazy: false })
    const failed = client.iterate({ query }).next()
    await expect(failed).rejects.toMatchObject([{ extensions: { code, requestId: expect.any(String) } }])
    const feed = client.iterate({ query: '{ viewer }' })
    expect((await feed.next()).value).toEqual({ data: { viewer: 'ada' } })
    expect(gateway.server.open.sockets).toBe(1)
    expect(gateway.feed.hub.size).toBe(0)
  })

  test.each([['read'], ['events']] as const)(
    'with the scope %s alone may not subscribe, and keeps its socket',
    async (scope) => {
      await gateway.stop()
      gateway = await startGateway({ scopes: [scope] })
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
    const feed = connect().iterate<Told>({ query, variables })
    return { cursor: told(await feed.next()).cursor, next: async () => told(await feed.next()).changes }
  }
  /** How often the graph is executed to tell all of them one change. */
  const executionsFor = async (feeds: Awaited<ReturnType<typeof subscribe>>[]) => {
    const before = gateway.graph.executions.changes
    await gateway.feed.publish('CREATED')
    for (const feed of feeds) expect(await feed.next()).toHaveLength(1)
    return gateway.graph.executions.changes - before
  }

  test('by operations that differ in spelling and in where they go on', async () => {
    const first = await subscribe(changes, {})
    const feeds = [
      first,
      await subscribe(changes, { after: first.cursor }),
      await subscribe(changes.replaceAll(' ', '  '), { after: null }),
      await subscribe(`# a comment\n${changes}`, { after: first.cursor }),
    ]
    expect(await executionsFor(feeds)).toBe(1)
  })

  test('also where the cursor is written into the document, and inside a fragment', async () => {
    const written = (after: string) =>
      `subscription { ...F } fragment F on Subscription { changes(after: ${after}) { cursor changes { kind } } }`
    const first = await subscribe(written('null'), {})
    expect(await executionsFor([first, await subscribe(written(`"${first.cursor}"`), {})])).toBe(1)
  })

  test('not by operations that ask for something else', async () => {
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
    send({ type: 'connection_init', payload: { Authorization: key } })
    expect(await receive()).toEqual({ type: 'connection_ack' })
    socket.close()
  })

  test('4401 for a subscribe before the socket is acknowledged', async () => {
    const { send, closed } = await openSocket(gateway)
    send({ type: 'subscribe', id: '1', payload: { query: '{ viewer }' } })
    expect((await closed).code).toBe(4401)
  })

  test('4408 for a client that says nothing', async () => {
    const hasty = await startGateway({ timing: { initialisationMs: 5 } })
    expect((await (await openSocket(hasty)).closed).code).toBe(4408)
    await hasty.stop()
  })

  test('4429 for a second connection_init, acknowledged or not', async () => {
    const twice = await openSocket(gateway)
    await twice.initialise()
    twice.send({ type: 'connection_init' })
    expect((await twice.closed).code).toBe(4429)
    const atOnce = await openSocket(gateway)
    atOnce.send({ type: 'connection_init', payload: { authorization: key } })
    atOnce.send({ type: 'connection_init', payload: { authorization: key } })
    expect((await atOnce.closed).code).toBe(4429)
  })

  test('4409 for an id in use', async () => {
    const { send, initialise, closed } = await openSocket(gateway)
    await initialise()
    send({ type: 'subscribe', id: 'é'.repeat(200), payload: { query: changes } })
    send({ type: 'subscribe', id: 'é'.repeat(200), payload: { query: changes } })
    expect((await closed).code).toBe(4409)
  })

  test('4406 for another subprotocol', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/graphql`)
    const [code] = await once(socket, 'close')
    expect(code).toBe(4406)
  })

  test.each([
    'nonsense',
    '[]',
    '{}',
    '{"type":"nonsense"}',
    '{"type":"next","id":"1","payload":{}}',
    '{"type":"subscribe","payload":{"query":"{ viewer }"}}',
    '{"type":"subscribe","id":"","payload":{"query":"{ viewer }"}}',
    '{"type":"subscribe","id":7,"payload":{"query":"{ viewer }"}}',
    '{"type":"subscribe","id":"1"}',
    '{"type":"subscribe","id":"1","payload":{"query":7}}',
    `{"type":"subscribe","id":"${'x'.repeat(300)}","payload":{"query":"{ viewer }"}}`,
    '{"type":"complete"}',
    '{"type":"ping","payload":7}',
  ])('4400 for %s', async (text) => {
    const { send, initialise, closed } = await openSocket(gateway)
    await initialise()
    send(text)
    expect((await closed).code).toBe(4400)
  })

  test('4400 for bytes, and for a large message from somebody unknown', async () => {
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

  test('1013 when credentials cannot be checked now', async () => {
    const broken = await startGateway({ authenticate: () => Promise.reject(new Error('no store')) })
    const { send, closed } = await openSocket(broken)
    send({ type: 'connection_init' })
    expect((await closed).code).toBe(1013)
    await broken.stop()
  })

  test('1012 for everyone at a restart, whatever they are doing', async () => {
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

  test('refuses one operation that is too large, and keeps the others', async () => {
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

  test('is ended by a message that no client sends by mistake, and by broken frames; nobody else is', async () => {
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

  test('runs a bounded number of operations', async () => {
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

  test('forgets an operation that is completed while it joins, and its id is free again', async () => {
    const { send, receive, initialise, socket } = await openSocket(gateway)
    await initialise()
    const subscribe = { id: '1', type: 'subscribe', payload: { query: changes } }
    send(subscribe)
    send({ id: '1', type: 'complete' })
    send({ id: 'unknown', type: 'complete' })
    send(subscribe)
    expect((await receive()).payload.data.changes.changes).toEqual([])
    await gateway.feed.until(1)
    await gateway.feed.publish('CREATED')
    expect((await receive()).payload.data.changes.changes).toEqual([{ kind: 'CREATED' }])
    send({ id: '1', type: 'complete' })
    await gateway.feed.until(0)
    socket.close()
  })

  test('escapes the id it writes into a shared frame', async () => {
    const { send, receive, initialise, socket } = await openSocket(gateway)
    await initialise()
    const id = '1","type":"complete","x":"\n'
    send({ id, type: 'subscribe', payload: { query: changes } })
    expect(await receive()).toMatchObject({ id, type: 'next' })
    socket.close()
  })

  test('whose reader is too slow is skipped, told so with a gap, and goes on from there', async () => {
    const { send, initialise, socket, receive } = await openSocket(gateway)
    await initialise()
    const query = 'subscription { changes { gap changes { kind padding } } }'
    send({ id: '1', type: 'subscribe', payload: { query } })
    await receive()
    socket.pause()
    for (let count = 0; count < 60; count++) await gateway.tellOneByOne('UPDATED')
    socket.resume()
    let told = (await receive()).payload.data.changes
    while (told.gap === null) told = (await receive()).payload.data.changes
    expect(told).toEqual({ gap: 'TOO_SLOW', changes: [] })
    await gateway.feed.publish('DELETED')
    expect((await receive()).payload.data.changes.changes).toMatchObject([{ kind: 'DELETED' }])
    socket.close()
  })

  test('that gives no sign of life is ended', async () => {
    const quick = await startGateway({ timing: { keepAliveMs: 10 } })
    const { socket, initialise, closed } = await openSocket(quick)
    await initialise()
    socket.pong = () => {}
    ;(socket as unknown as { _autoPong: boolean })._autoPong = false
    expect((await closed).code).toBe(1006)
    await quick.stop()
    expect(quick.server.open.sockets).toBe(0)
  })

  test.each([
    ['a foreign page', '/graphql', { origin: 'https://evil.example' }, 403],
    ['another path', '/elsewhere', {}, 404],
  ])('is refused to %s', async (_what, path, headers, status) => {
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, 'graphql-transport-ws', { headers })
    socket.on('error', () => {})
    const [, response] = await once(socket, 'unexpected-response')
    expect(response.statusCode).toBe(status)
  })

  test('is open to an allowed page, and to the demo only under this machine’s name', async () => {
    const allowed = await openSocket(gateway, { headers: { origin: 'https://app.example.com' } })
    expect(await allowed.initialise()).toEqual({ type: 'connection_ack' })
    allowed.socket.close()
    const demo = await startGateway({ openToAll: true })
    const own = await openSocket(demo)
    expect(await own.initialise('')).toEqual({ type: 'connection_ack' })
    const rebound = await openSocket(demo, { headers: { host: 'rebound.evil.example' } })
    rebound.send({ type: 'connection_init' })
    expect((await rebound.closed).code).toBe(4401)
    await demo.stop()
  })
})
