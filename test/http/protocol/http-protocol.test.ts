import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authorizationHeader, type HttpFixture, startHttpFixture } from '../http-fixture.ts'

let gateway: HttpFixture
beforeAll(async () => {
  gateway = await startHttpFixture()
})
afterAll(() => gateway.stop())

const json = 'application/json'
const graphqlJson = 'application/graphql-response+json'

describe('the media type of a response (RFC 9110)', () => {
  const accept = (value: string) => ({ headers: { accept: value } })

  test.each([
    ['*/*', json],
    ['', json],
    ['application/*', json],
    [json, json],
    ['Application/JSON', json],
    ['application/json; charset=utf-8', json],
    ['application/json; charset=utf8', json],
    ['application/json;charset="UTF-8";q=0.4', json],
    [graphqlJson, graphqlJson],
    [`${graphqlJson},${json};q=0.9`, graphqlJson],
    [`${json};q=0.5, ${graphqlJson}`, graphqlJson],
    [`${graphqlJson};q=0, */*`, json],
    [`${json};q=0, */*`, graphqlJson],
    [`${graphqlJson}, application/graphql+json, ${json}, text/event-stream, multipart/mixed`, graphqlJson],
    ['text/event-stream', 'text/event-stream'],
    [`text/event-stream;q=0.1, ${json}`, json],
  ])('accept: %s is answered with %s', async (value, type) => {
    const answer = await gateway.query('{ viewer }', accept(value))
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe(`${type}; charset=utf-8`)
  })

  test.each([
    'text/json',
    'application/problem+json',
    'application/json; charset=utf-16',
    'application/json;q=0',
    'text/html',
    'image/png',
  ])('accept: %s is a 406 before the mutation is executed', async (value) => {
    const before = gateway.graph.executions.add
    const answer = await gateway.query('mutation { add }', accept(value))
    expect(answer.status).toBe(406)
    expect(answer.json.errors[0].extensions.code).toBe('NOT_ACCEPTABLE')
    expect(gateway.graph.executions.add).toBe(before)
  })

  test('a mutation is executed once for every accepted type', async () => {
    const before = gateway.graph.executions.add
    for (const type of [json, graphqlJson, 'text/event-stream', 'application/json; charset=utf8'])
      expect((await gateway.query('mutation { add }', accept(type))).status).toBe(200)
    expect(gateway.graph.executions.add).toBe(before + 4)
  })

  test('an error has the media type that the client prefers', async () => {
    for (const type of [json, graphqlJson])
      for (const headers of [{ authorization: 'Bearer nobody' }, {}] as Record<string, string>[]) {
        const answer = await gateway.query('{ nothing }', { headers: { ...headers, accept: type } })
        expect(answer.headers['content-type']).toBe(`${type}; charset=utf-8`)
        expect(answer.json.errors[0].extensions.code).toBeDefined()
      }
  })

  test.each([
    ['application/json, text/html;q=0.1', json],
    ['text/html, application/json;q=0.9', 'text/html'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['text/html;q=0, */*', json],
  ])('by GET, accept: %s is answered with %s', async (value, type) => {
    const answer = await gateway.ask({
      path: '/graphql?query={viewer}',
      headers: { authorization: authorizationHeader, accept: value },
    })
    expect(answer.headers['content-type']).toContain(type)
  })
})

describe('the encoding of a request', () => {
  const post = (body: Buffer, type = json) =>
    gateway.ask({
      method: 'POST',
      path: '/graphql',
      body,
      headers: { authorization: authorizationHeader, 'content-type': type, accept: json },
    })
  const asks = (name: string) => JSON.stringify({ query: `{ hello(name: "${name}") }` })

  test('a byte order mark is skipped', async () => {
    const answer = await post(Buffer.from(`\uFEFF${asks('José')}`))
    expect(answer.json.data.hello).toBe('Hello José')
  })

  test('a body that is not UTF-8 is a 400 and is not executed', async () => {
    const answer = await post(Buffer.from(asks('José'), 'latin1'))
    expect(answer.status).toBe(400)
    expect(answer.json.errors[0].message).toContain('UTF-8')
  })

  test.each(['utf-16', 'iso-8859-1', 'windows-1252'])('the declared charset %s is a 415', async (charset) => {
    expect((await post(Buffer.from(asks('A')), `${json}; charset=${charset}`)).status).toBe(415)
  })

  test.each(['UTF-8', '"utf-8"', 'utf8', 'us-ascii'])(
    'the declared charset %s is accepted',
    async (charset) => {
      expect((await post(Buffer.from(asks('A')), `${json}; charset=${charset}`)).status).toBe(200)
    },
  )

  test.each([
    ['%E9', 400],
    ['%C3%A9', 200],
    ['%EF%BF%BD', 200],
    ['100%', 200],
  ])('%s in a query string is a %i', async (value, status) => {
    const path = `/graphql?query=${encodeURIComponent('query($n: String) { hello(name: $n) }')}&variables={"n":"${value}"}`
    expect(
      (await gateway.ask({ path, headers: { authorization: authorizationHeader, accept: json } })).status,
    ).toBe(status)
  })
})

describe('HEAD', () => {
  test.each(['/graphql?query={viewer}', '/healthz', '/readyz', '/schema.graphql', '/metrics'])(
    '%s is answered as GET is, without a body',
    async (path) => {
      const headers = { authorization: authorizationHeader, accept: json }
      const head = await gateway.ask({ path, method: 'HEAD', headers })
      const get = await gateway.ask({ path, headers })
      expect(head.status).toBe(get.status)
      expect(head.headers['content-type']).toBe(get.headers['content-type'])
      expect(head.text).toBe('')
    },
  )

  test('of a subscription ends without subscribing', async () => {
    const query = encodeURIComponent('subscription { changes { cursor } }')
    const answer = await gateway.ask({
      path: `/graphql?query=${query}`,
      method: 'HEAD',
      headers: { authorization: authorizationHeader, accept: 'text/event-stream' },
    })
    expect(answer.status).toBe(200)
    expect(gateway.server.openConnections.streams).toBe(0)
  })
})

describe('a request target in absolute form', () => {
  const send = async (target: string, host = '127.0.0.1') => {
    const socket = connect(gateway.port, '127.0.0.1')
    socket.end(`GET ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
    return text(socket)
  }

  test('is routed by its path', async () => {
    expect(await send(`http://127.0.0.1:${gateway.port}/healthz?x=1`)).toContain('200 OK')
    expect(await send('http://127.0.0.1/nothing')).toContain('404 Not Found')
  })

  test('determines the host: another host cannot access the demo', async () => {
    const demo = await startHttpFixture({ openToAll: true })
    const ask = (target: string) =>
      fetchRaw(
        demo.port,
        `GET ${target} HTTP/1.1\r\nhost: localhost\r\naccept: ${json}\r\nconnection: close\r\n\r\n`,
      )
    expect(await ask('http://evil.example/graphql?query={viewer}')).toContain('421')
    expect(await ask('http://localhost/graphql?query={viewer}')).toContain('200 OK')
    await demo.stop()
  })
})

async function fetchRaw(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(request)
  return text(socket)
}

describe('allowed origins', () => {
  test('a preflight of an allowed origin allows the requested headers', async () => {
    const asked = 'authorization, traceparent, baggage, sentry-trace, apollographql-client-name'
    const preflight = (origin: string) =>
      gateway.ask({
        method: 'OPTIONS',
        path: '/graphql',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': asked },
      })
    expect((await preflight('https://app.example.com')).headers['access-control-allow-headers']).toBe(asked)
    expect((await preflight('https://evil.example')).headers['access-control-allow-headers']).toBeUndefined()
  })

  test("a Host header with the protocol's own port is the same origin", async () => {
    const ask = (headers: Record<string, string>) =>
      gateway.ask({
        path: '/graphql?query={viewer}',
        headers: { authorization: authorizationHeader, accept: json, ...headers },
      })
    const status = async (host: string, origin: string) => (await ask({ host, origin })).status
    expect(await status('gw.example.com:443', 'https://gw.example.com')).toBe(200)
    expect(await status('gw.example.com:80', 'http://gw.example.com')).toBe(200)
    expect(await status('gw.example.com:8443', 'https://gw.example.com')).toBe(403)
    expect(await status('gw.example.com:443', 'https://evil.example')).toBe(403)
  })
})
