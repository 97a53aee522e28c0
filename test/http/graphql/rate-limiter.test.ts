import { hash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createUsageLimits, type UsageLimitValues } from '../../../src/auth/usage-limits.ts'
import { type Scope, scopes } from '../../../src/auth/viewer.ts'
import { readTrustedDocuments, type TrustedDocuments } from '../../../src/http/graphql/trusted-documents.ts'
import { createFixtureGraph } from '../fixture-graph.ts'
import { authorizationHeader, type HttpFixture, openSocket, startHttpFixture } from '../http-fixture.ts'

let gateway: HttpFixture
afterEach(() => gateway.stop())

const none: UsageLimitValues = { complexityPerMinute: 0, subscriptions: 0, connections: 0 }
async function startWith(
  numbers: Partial<UsageLimitValues>,
  more: { scopes?: readonly Scope[]; trustedDocuments?: TrustedDocuments } = {},
): Promise<void> {
  const now = () => 60_000 * 100 + 20_000
  const usageLimits = createUsageLimits({
    limitValues: { ...none, ...numbers },
    redisUrl: null,
    workspaceId: 'w1',
    now,
  })
  gateway = await startHttpFixture({ usageLimits, ...more })
}

const watch = 'subscription { changes { cursor } }'

test('a budget is reported in headers and extensions, and an exhausted one with retry-after', async () => {
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

test('a budget is shared by all transports', async () => {
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

test('the executed document is charged, not a document in the Host header', async () => {
  await startWith({ complexityPerMinute: 9 })
  const dear = encodeURIComponent('{ a: hello b: hello c: hello }')
  const answer = await gateway.ask({
    path: '/graphql?query=%7Bhello%7D',
    headers: {
      authorization: authorizationHeader,
      accept: 'application/json',
      host: `x/graphql?query=${dear}&x=`,
    },
  })
  expect(Object.keys(answer.json.data)).toEqual(['hello'])
  expect(answer.json.extensions.budget.complexity).toBe(1)
})

test('an invalid document is not charged', async () => {
  await startWith({ complexityPerMinute: 1 })
  for (const query of ['{', '{ nothing }', 'query A { hello } query B { hello }'])
    expect((await gateway.query(query)).headers.ratelimit).toBeUndefined()
  expect((await gateway.query('{ hello }')).status).toBe(200)
})

/** Each transport, with the first result or the rejection of one operation. */
type Way = {
  name: string
  isStream?: true
  ask(query: string, variables?: object): Promise<{ errors?: { extensions: Record<string, unknown> }[] }>
}
const json = { authorization: authorizationHeader, 'content-type': 'application/json' }
const firstEvent = (text: string) => JSON.parse(/data: (\{.*)/.exec(text)?.[1] ?? text)
const byGet = (query: string, variables: object = {}) =>
  `/graphql?${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`
const ways: Way[] = [
  {
    name: 'POST',
    ask: async (query, variables) => (await gateway.query(query, { variables: variables ?? {} })).json,
  },
  {
    name: 'POST in the newer type',
    ask: async (query, variables) => {
      const headers = { accept: 'application/graphql-response+json' }
      return (await gateway.query(query, { variables: variables ?? {}, headers })).json
    },
  },
  {
    name: 'GET',
    ask: async (query, variables) =>
      (await gateway.ask({ path: byGet(query, variables), headers: { authorization: authorizationHeader } }))
        .json,
  },
  {
    name: 'a document that is trusted',
    ask: async (query, variables) => {
      const id = hash('sha256', query)
      const body = JSON.stringify({ documentId: id, variables })
      return (await gateway.ask({ method: 'POST', path: '/graphql', headers: json, body })).json
    },
  },
  {
    name: 'events by POST',
    isStream: true,
    ask: async (query, variables) => {
      const body = JSON.stringify({ query, variables })
      return firstEvent(await firstOf({ method: 'POST', path: '/graphql', body }))
    },
  },
  {
    name: 'events by GET',
    isStream: true,
    ask: async (query, variables) =>
      firstEvent(await firstOf({ method: 'GET', path: byGet(query, variables) })),
  },
  {
    name: 'WebSocket',
    isStream: true,
    async ask(query, variables) {
      const client = await openSocket(gateway)
      await client.initialise()
      client.send({ id: '1', type: 'subscribe', payload: { query, variables } })
      const { type, payload } = await client.receive()
      client.socket.terminate()
      return type === 'error' ? { errors: payload } : payload
    },
  },
]

/** Reads an event stream up to its first event, or the whole response of a rejection. */
async function firstOf({ method, path, body }: { method: string; path: string; body?: string }) {
  const headers = { ...json, accept: 'text/event-stream' }
  const request = httpRequest({ host: '127.0.0.1', port: gateway.port, method, path, headers, agent: false })
  request.end(body)
  const [response] = await once(request, 'response')
  let text = ''
  for await (const chunk of response) {
    text += chunk
    if (text.includes('data:')) break
  }
  request.destroy()
  return text
}

const deep = (levels: number) => `node ${'{ next '.repeat(levels)}{ name }${' }'.repeat(levels)}`
const wide = Array.from({ length: 201 }, (_, i) => `w${i}: viewer`).join(' ')
const skipping = `query($more: Boolean = false) { hello ... @include(if: $more) { ${wide} } }`
const merging = `{ ...A ...B hello } fragment A on Query { hello ${deep(3)} } fragment B on Query { hello ${deep(3)} }`
const watching = `subscription($deep: Boolean = false) { changes { cursor ${Array.from({ length: 201 }, (_, i) => `c${i}: cursor @include(if: $deep)`).join(' ')} } }`
const tooWide = `{ ${wide} }`
const aboveBudget = `{ ${wide.slice(0, 'w0: viewer '.length * 11)} }`

const startAll = async (complexityPerMinute: number) => {
  const texts = [skipping, merging, watching, tooWide, aboveBudget]
  const schema = createFixtureGraph().schema
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-limits-'))
  const file = join(folder, 'documents.json')
  await writeFile(file, JSON.stringify(Object.fromEntries(texts.map((text) => [hash('sha256', text), text]))))
  const trustedDocuments = await readTrustedDocuments({
    files: [file],
    requiredFor: 'nobody',
    schema,
    log: { warn: () => {} },
  })
  await rm(folder, { recursive: true })
  await startWith({ complexityPerMinute }, { trustedDocuments })
}
const left = async (): Promise<number> => (await gateway.query('{ hello }')).json.extensions.budget.remaining

describe.each(ways)('by $name', ({ ask }) => {
  test('skipped and merged fields are neither counted nor charged', async () => {
    await startAll(1_000)
    expect(await ask(skipping)).not.toHaveProperty('errors')
    expect(await left()).toBe(1_000 - 1 - 1)
    expect(await ask(merging)).not.toHaveProperty('errors')
    expect(await left()).toBe(1_000 - 2 - 6 - 1)
  })

  test('an operation above a limit is rejected with its cost and the limit, and not charged', async () => {
    await startAll(10)
    const refusal = async (query: string, variables?: object) =>
      (await ask(query, variables)).errors?.[0]?.extensions
    const code = 'QUERY_TOO_COMPLEX'
    expect(await refusal(skipping, { more: true })).toMatchObject({
      code,
      limit: 'breadth',
      found: 202,
      most: 200,
    })
    expect(await refusal(tooWide)).toMatchObject({ code, limit: 'breadth', found: 201, most: 200 })
    expect(await refusal(aboveBudget)).toMatchObject({ code, limit: 'complexity', found: 11, most: 10 })
    expect(await left()).toBe(10 - 1)
  })
})

describe.each(ways.filter(({ isStream }) => isStream))('by $name', ({ ask }) => {
  test('subscriptions have the same limits', async () => {
    await startAll(10)
    expect((await ask(watching, { deep: true })).errors?.[0]?.extensions).toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
      limit: 'breadth',
      found: 203,
    })
    // Rejected only when it subscribes to the feed.
    const unreadable = 'subscription { changes(after: "x") { cursor } }'
    expect((await ask(unreadable)).errors?.[0]?.extensions).toMatchObject({ code: 'BAD_CURSOR' })
    expect(await left()).toBe(10 - 1)
    expect(await ask(watching)).toHaveProperty('data.changes.cursor')
    expect(await left()).toBe(10 - 1 - 2 - 1)
  })
})

test('an operation that is rejected before execution is not charged: invalid variables, an unknown cursor', async () => {
  await startWith({ complexityPerMinute: 10 })
  await gateway.query('query($x: String!) { hello(name: $x) }', { variables: { x: 7 } })
  const body = JSON.stringify({ query: '{ hello }', extensions: { after: 'nothing' } })
  const answer = await gateway.ask({ method: 'POST', path: '/graphql', headers: json, body })
  expect(answer.json.errors[0].extensions.code).toBe('BAD_CURSOR')
  expect((await gateway.query('{ hello }')).json.extensions.budget.remaining).toBe(9)
})

test('the same operation is measured again for other variables', async () => {
  await startWith({ complexityPerMinute: 100 })
  const query = 'query($more: Boolean!) { hello ... @include(if: $more) { a: hello b: hello } }'
  const costOf = async (more: boolean) =>
    (await gateway.query(query, { variables: { more } })).json.extensions.budget.complexity
  expect(await costOf(false)).toBe(1)
  expect(await costOf(true)).toBe(3)
  expect(await costOf(false)).toBe(1)
})

test('only subscriptions above the limit are rejected, and a completed one frees its slot', async () => {
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
  // A subscription that cannot run takes no slot.
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

test('sockets above the limit are closed with 1013, and a closed one frees its slot', async () => {
  await startWith({ connections: 1 }, { scopes })
  const first = await openSocket(gateway)
  expect((await first.initialise()).type).toBe('connection_ack')
  const second = await openSocket(gateway)
  second.send({ type: 'connection_init', payload: { authorization: authorizationHeader } })
  expect((await second.closed).code).toBe(1013)
  const figures = await gateway.ask({ path: '/metrics', headers: { authorization: authorizationHeader } })
  expect(figures.text).toContain('latchkey_refused_total{code="TOO_MANY_CONNECTIONS"} 1')
  first.socket.close()
  await first.closed
  const third = await openSocket(gateway)
  expect((await third.initialise()).type).toBe('connection_ack')
  third.socket.terminate()
})

test('event streams count as connections until they end', async () => {
  await startWith({ connections: 1 })
  const open = async () => {
    const request = httpRequest({
      host: '127.0.0.1',
      port: gateway.port,
      method: 'POST',
      path: '/graphql',
      headers: {
        authorization: authorizationHeader,
        accept: 'text/event-stream',
        'content-type': 'application/json',
      },
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
