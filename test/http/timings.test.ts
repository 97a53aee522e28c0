import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { defaultHttpTimings } from '../../src/http/timings.ts'
import { authorizationHeader, type HttpFixture, openSocket, startHttpFixture } from './http-fixture.ts'

let gateway: HttpFixture
afterEach(async () => {
  gateway.graph.release()
  await gateway.stop()
})

const json = { authorization: authorizationHeader, 'content-type': 'application/json' }

async function readAll(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  await once(socket, 'close')
  return text
}

async function connect(): Promise<Socket> {
  const socket = new Socket()
  socket.on('error', () => {})
  socket.connect(gateway.port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

/** Requests an event stream and yields its text as it arrives. */
async function* eventsOf(query: string): AsyncGenerator<string> {
  const headers = { ...json, accept: 'text/event-stream' }
  const target = { host: '127.0.0.1', port: gateway.port, method: 'POST', path: '/graphql' }
  const request = httpRequest({ ...target, headers, agent: false })
  request.end(JSON.stringify({ query }))
  const [response] = await once(request, 'response')
  for await (const chunk of response) yield String(chunk)
}

async function cursorNow(): Promise<string> {
  for await (const chunk of eventsOf('subscription { changes { cursor } }')) {
    const [, cursor] = /"cursor":"([^"]+)"/.exec(chunk) ?? []
    if (cursor !== undefined) return cursor
  }
  throw new Error('The stream ended without a batch.')
}

describe('time limits', () => {
  test('the time limit of a JSON response is shorter than those of proxies and of the connection', async () => {
    gateway = await startHttpFixture()
    expect(defaultHttpTimings.responseTimeoutMs).toBeLessThan(60_000)
    expect(defaultHttpTimings.responseTimeoutMs).toBeLessThan(defaultHttpTimings.stalledTimeoutMs)
    expect(defaultHttpTimings.heartbeatIntervalMs).toBeLessThan(defaultHttpTimings.responseTimeoutMs / 2)
  })

  test.each([
    ['application/json', 200],
    ['application/graphql-response+json', 503],
  ])('%s reports that an operation is in progress', async (accept, status) => {
    gateway = await startHttpFixture({ timing: { responseTimeoutMs: 100 } })
    const answer = await gateway.query('{ slow }', { headers: { accept } })
    expect(answer.status).toBe(status)
    expect(answer.json).not.toHaveProperty('data')
    expect(answer.json.errors[0]).toMatchObject({
      message: expect.stringContaining('send the query again'),
      extensions: { code: 'IN_PROGRESS', retryAfterMs: 5_000, requestId: expect.any(String) },
    })
    gateway.graph.release()
    expect((await gateway.query('{ slow }')).json.data).toEqual({ slow: 'done' })
  })

  test('a connection without traffic is closed', async () => {
    gateway = await startHttpFixture({ timing: { stalledTimeoutMs: 200 } })
    await expect(gateway.query('{ slow }')).rejects.toThrow('socket hang up')
  })

  test('an event stream gets heartbeats while its operation is executed', async () => {
    gateway = await startHttpFixture({ timing: { stalledTimeoutMs: 1_000, heartbeatIntervalMs: 100 } })
    let beats = 0
    let text = ''
    for await (const chunk of eventsOf('{ slow }')) {
      text += chunk
      beats = text.split(':\n\n').length - 1
      // Longer than `stalledTimeoutMs`.
      if (beats === 15) gateway.graph.release()
    }
    expect(text).toContain('data: {"data":{"slow":"done"}}')
    expect(text).toContain('event: complete')
  })

  test('a socket gets pings while its operation is executed', async () => {
    gateway = await startHttpFixture({ timing: { stalledTimeoutMs: 300, heartbeatIntervalMs: 500 } })
    const client = await openSocket(gateway)
    await client.initialise()
    let pings = 0
    client.socket.on('ping', () => {
      if (++pings === 2) gateway.graph.release()
    })
    client.send({ id: '1', type: 'subscribe', payload: { query: '{ slow }' } })
    expect(await client.receive()).toMatchObject({
      id: '1',
      type: 'next',
      payload: { data: { slow: 'done' } },
    })
    client.socket.terminate()
  })

  test('a body that does not arrive is a 408', async () => {
    gateway = await startHttpFixture({ timing: { headersTimeoutMs: 100, requestTimeoutMs: 200 } })
    const socket = await connect()
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: ${authorizationHeader}\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{`,
    )
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 408 |^$/)
  })

  test('an idle connection is closed', async () => {
    gateway = await startHttpFixture({
      config: {
        host: '127.0.0.1',
        port: 0,
        publicUrl: null,
        login: null,
        keepAliveSeconds: 1,
        allowedOrigins: [],
      },
    })
    const socket = await connect()
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 200 /)
  })

  test('a cursor ahead of this replica is an error after the time limit', async () => {
    gateway = await startHttpFixture()
    const { feed, deps } = gateway
    const viewer = await deps.authenticate(authorizationHeader)
    if (viewer === null) throw new Error('The key of the tests is not let in.')
    const after = feed.cursors.write(viewer, feed.hub.position + 5)
    const answer = await gateway.query('', {
      body: JSON.stringify({ query: '{ hello }', extensions: { after } }),
    })
    expect(answer.json.errors[0].extensions.code).toBe('NOT_CAUGHT_UP')
  })

  test('a subscription with a slow first batch gets heartbeats', async () => {
    gateway = await startHttpFixture({ timing: { stalledTimeoutMs: 1_000, heartbeatIntervalMs: 100 } })
    const first = await cursorNow()
    await gateway.feed.publish('CREATED')
    let text = ''
    for await (const chunk of eventsOf(`subscription { changes(after: "${first}") { changes { slow } } }`)) {
      text += chunk
      if (text.split(':\n\n').length > 15) gateway.graph.release()
      if (text.includes('data:')) break
    }
    expect(text).toContain('data: {"data":{"changes":{"changes":[{"slow":"done"}]}}}')
  })
})
