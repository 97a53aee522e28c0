import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { createLimits, type LimitNumbers } from '../../src/auth/limits.ts'
import { type Scope, scopes } from '../../src/auth/viewer.ts'
import { type Gateway, key, openSocket, startGateway } from './gateway.ts'

let gateway: Gateway
afterEach(() => gateway.stop())

const none: LimitNumbers = { complexityPerMinute: 0, subscriptions: 0, connections: 0 }
async function startWith(
  numbers: Partial<LimitNumbers>,
  more: { scopes?: readonly Scope[] } = {},
): Promise<void> {
  const now = () => 60_000 * 100 + 20_000
  const limits = createLimits({ numbers: { ...none, ...numbers }, redisUrl: null, workspaceId: 'w1', now })
  gateway = await startGateway({ limits, ...more })
}

const watch = 'subscription { changes { cursor } }'

test('a budget is told in header fields and in extensions, and then refused with when to come back', async () => {
  await startWith({ complexityPerMinute: 3 })
  const first = await gateway.query('{ a: hello b: hello }')
  expect(first.status).toBe(200)
  expect(first.json.extensions.budget).toEqual({ complexity: 2, limit: 3, remaining: 1, resetsInMs: 40_000 })
  expect(first.headers['ratelimit-policy']).toBe('"complexity";q=3;w=60')
  expect(first.headers.ratelimit).toBe('"complexity";r=1;t=40')
  const second = await gateway.query('{ a: hello b: hello }')
  expect(second.status).toBe(429)
  expect(second.headers['retry-after']).toBe('40')
  expect(second.json.errors[0].extensions).toMatchObject({
    code: 'RATE_LIMITED',
    limit: 3,
    retryAfterMs: 40_000,
  })
  expect((await gateway.query('{ hello }')).status).toBe(200)
})

test('a budget is one over all transports', async () => {
  await startWith({ complexityPerMinute: 1 })
  const client = await openSocket(gateway)
  await client.initialise()
  client.send({ id: '1', type: 'subscribe', payload: { query: '{ hello }' } })
  expect((await client.receive()).payload.extensions.budget).toMatchObject({ remaining: 0 })
  expect((await client.receive()).type).toBe('complete')
  client.send({ id: '2', type: 'subscribe', payload: { query: '{ hello }' } })
  expect(await client.receive()).toMatchObject({
    id: '2',
    type: 'error',
    payload: [{ extensions: { code: 'RATE_LIMITED', retryAfterMs: 40_000 } }],
  })
  expect((await gateway.query('{ hello }')).status).toBe(429)
  client.socket.terminate()
})

test('a budget pays for what is executed, whatever else the Host header asks for', async () => {
  await startWith({ complexityPerMinute: 9 })
  const dear = encodeURIComponent('{ a: hello b: hello c: hello }')
  const answer = await gateway.ask({
    path: '/graphql?query=%7Bhello%7D',
    headers: { authorization: key, accept: 'application/json', host: `x/graphql?query=${dear}&x=` },
  })
  expect(Object.keys(answer.json.data)).toEqual(['hello'])
  expect(answer.json.extensions.budget.complexity).toBe(1)
})

test('what is not valid costs nothing', async () => {
  await startWith({ complexityPerMinute: 1 })
  for (const query of ['{', '{ nothing }', 'query A { hello } query B { hello }'])
    expect((await gateway.query(query)).headers.ratelimit).toBeUndefined()
  expect((await gateway.query('{ hello }')).status).toBe(200)
})

test('subscriptions over the limit are refused alone, and a completed one makes room', async () => {
  await startWith({ subscriptions: 2 })
  const client = await openSocket(gateway)
  await client.initialise()
  const subscribe = async (id: string) => {
    client.send({ id, type: 'subscribe', payload: { query: watch } })
    return client.receive()
  }
  expect((await subscribe('1')).type).toBe('next')
  expect((await subscribe('2')).type).toBe('next')
  expect(await subscribe('3')).toMatchObject({
    id: '3',
    type: 'error',
    payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS', limit: 2 } }],
  })
  client.send({ id: '1', type: 'complete' })
  expect((await subscribe('4')).type).toBe('next')
  // One that can't run takes no place.
  client.send({ id: '2', type: 'complete' })
  client.send({
    id: '5',
    type: 'subscribe',
    payload: { query: 'subscription { changes(after: "x") { cursor } }' },
  })
  expect((await client.receive()).type).toBe('error')
  expect((await subscribe('6')).type).toBe('next')
  client.socket.terminate()
})

test('sockets over the limit are told to try again, and a closed one makes room', async () => {
  await startWith({ connections: 1 }, { scopes })
  const first = await openSocket(gateway)
  expect((await first.initialise()).type).toBe('connection_ack')
  const second = await openSocket(gateway)
  second.send({ type: 'connection_init', payload: { authorization: key } })
  expect((await second.closed).code).toBe(1013)
  const figures = await gateway.ask({ path: '/metrics', headers: { authorization: key } })
  expect(figures.text).toContain('latchkey_refused_total{code="TOO_MANY_CONNECTIONS"} 1')
  first.socket.close()
  await first.closed
  const third = await openSocket(gateway)
  expect((await third.initialise()).type).toBe('connection_ack')
  third.socket.terminate()
})

test('event streams count as sockets do, and end so', async () => {
  await startWith({ connections: 1 })
  const open = async () => {
    const request = httpRequest({
      host: '127.0.0.1',
      port: gateway.port,
      method: 'POST',
      path: '/graphql',
      headers: { authorization: key, accept: 'text/event-stream', 'content-type': 'application/json' },
      agent: false,
    })
    request.on('error', () => {})
    request.end(JSON.stringify({ query: watch }))
    const [response] = await once(request, 'response')
    response.resume()
    return { request, status: response.statusCode, retryAfter: response.headers['retry-after'] }
  }
  const first = await open()
  expect(first.status).toBe(200)
  expect(await open()).toMatchObject({ status: 429, retryAfter: '10' })
  first.request.destroy()
  await gateway.feed.until(0)
  expect((await open()).status).toBe(200)
})
