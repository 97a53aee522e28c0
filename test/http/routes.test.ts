import { once } from 'node:events'
import { Socket } from 'node:net'
import { buildSchema } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authorizationHeader, type HttpFixture, startHttpFixture } from './http-fixture.ts'

let gateway: HttpFixture
const webhooks: { body: string; signature: unknown }[] = []
beforeAll(async () => {
  gateway = await startHttpFixture({
    receiveSeamWebhook: async (body, headers) => {
      webhooks.push({ body: body.toString(), signature: headers['svix-signature'] })
      if (body.toString() === 'forged')
        return { status: 401, code: 'BAD_SIGNATURE', message: 'Not signed by Seam.' }
      if (body.toString() === 'full')
        return { status: 503, code: 'JOURNAL_UNAVAILABLE', message: 'Later.', retryAfter: 5 }
      return { status: 204, code: 'OK', message: 'kept' }
    },
  })
})
afterAll(() => gateway.stop())

test('/ is the dashboard', async () => {
  const answer = await gateway.ask({ path: '/' })
  expect(answer.status).toBe(200)
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
})

test('/schema.graphql is the schema, and requires authentication', async () => {
  expect((await gateway.ask({ path: '/schema.graphql' })).status).toBe(401)
  const answer = await gateway.ask({
    path: '/schema.graphql',
    headers: { authorization: authorizationHeader },
  })
  expect(answer.headers['content-type']).toContain('text/plain')
  expect(buildSchema(answer.text).getQueryType()?.getFields().hello).toBeDefined()
})

test('an invalid Host header is a 400', async () => {
  for (const host of ['x y', '[', 'a:b:c', ' ']) {
    const headers = { host, authorization: authorizationHeader, 'content-type': 'application/json' }
    const answer = await gateway.ask({
      path: '/graphql',
      method: 'POST',
      headers,
      body: '{"query":"{ hello }"}',
    })
    expect([host, answer.status, answer.json?.errors?.[0]?.extensions?.code]).toEqual([
      host,
      400,
      'BAD_REQUEST',
    ])
    expect(answer.text).not.toContain('Invalid URL')
    expect((await gateway.ask({ path: '/healthz', headers: { host } })).status).toBe(200)
  }
})

test('/healthz reports that the process runs, and /readyz whether it is ready', async () => {
  expect((await gateway.ask({ path: '/healthz' })).json).toEqual({ ok: true })
  expect((await gateway.ask({ path: '/healthz', method: 'HEAD' })).status).toBe(200)
  expect((await gateway.ask({ path: '/readyz' })).json).toEqual({ ok: true, checks: { journal: 'ok' } })
})

test('/readyz is 503 with the reasons until every check succeeds', async () => {
  const starting = await startHttpFixture({
    checkReadiness: () => ({ ok: false, checks: { catalog: 'loading' } }),
  })
  const answer = await starting.ask({ path: '/readyz' })
  expect(answer.status).toBe(503)
  expect(answer.json.checks).toEqual({ catalog: 'loading' })
  await starting.stop()
})

test.each(['/nothing', '/graphql/', '/__proto__', '/constructor', '//', '/%'])(
  '%s is a 404 in JSON',
  async (path) => {
    const answer = await gateway.ask({ path })
    expect(answer.status).toBe(404)
    expect(answer.json.code).toBe('NOT_FOUND')
  },
)

const browserHeaders = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

test.each(['/nothing/here', '/residentsx', '/graphqlx', '/%', '/https://example.com', '/.well-known/x'])(
  '%s is the dashboard with status 404 for a browser',
  async (path) => {
    const start = await gateway.ask({ path: '/', headers: browserHeaders })
    const answer = await gateway.ask({ path, headers: browserHeaders })
    expect(answer.status).toBe(404)
    expect(answer.text).toBe(start.text)
    expect(answer.headers.location).toBeUndefined()
    expect(answer.headers.vary).toBe('accept, accept-encoding')
    for (const name of ['content-type', 'content-security-policy', 'cache-control', 'x-content-type-options'])
      expect(answer.headers[name]).toBe(start.headers[name])
    const head = await gateway.ask({ path, method: 'HEAD', headers: browserHeaders })
    expect([head.status, head.text]).toEqual([404, ''])
  },
)

test.each([
  ['/nothing/here', 'GET', '*/*'],
  ['/nothing/here', 'GET', 'application/json'],
  ['/nothing/here', 'GET', 'application/json, text/html;q=0.9'],
  ['/nothing/here', 'GET', 'image/avif,image/webp,*/*;q=0.8'],
  ['/nothing/here', 'POST', 'text/html'],
  ['/graphql/', 'GET', 'text/html'],
  ['/graphql/nothing', 'GET', 'text/html'],
  ['/graphiql/nothing', 'GET', 'text/html'],
  ['/schema.graphql/nothing', 'GET', 'text/html'],
  ['/webhooks', 'GET', 'text/html'],
  ['/webhooks/nothing', 'GET', 'text/html'],
  ['/assets/nothing.js', 'GET', 'text/html'],
  ['/healthz/', 'GET', 'text/html'],
  ['/readyz/nothing', 'GET', 'text/html'],
  ['/metrics/nothing', 'GET', 'text/html'],
  ['//example.com/', 'GET', 'text/html'],
])('%s by %s with accept: %s is a 404 in JSON', async (path, method, accept) => {
  const answer = await gateway.ask({ path, method, headers: { accept } })
  expect([answer.status, answer.json?.code]).toEqual([404, 'NOT_FOUND'])
})

test.each([
  ['/graphql', 'PUT', 'GET, HEAD, POST'],
  ['/webhooks/seam', 'GET', 'POST'],
  ['/healthz', 'POST', 'GET, HEAD'],
  ['/schema.graphql', 'DELETE', 'GET, HEAD'],
])('%s by %s is a 405 with the allowed methods', async (path, method, allow) => {
  const answer = await gateway.ask({ path, method })
  expect(answer.status).toBe(405)
  expect(answer.headers.allow).toBe(allow)
})

test('every response has the security headers', async () => {
  for (const path of ['/', '/healthz', '/graphql', '/nothing']) {
    const { headers } = await gateway.ask({ path })
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers['referrer-policy']).toBe('no-referrer')
  }
})

describe('the webhook', () => {
  const send = (body: string | Buffer) =>
    gateway.ask({ method: 'POST', path: '/webhooks/seam', body, headers: { 'svix-signature': 'v1,abc' } })

  test('is passed on unchanged, and answered with 204', async () => {
    const answer = await send('{"ä":1}')
    expect(answer.status).toBe(204)
    expect(answer.text).toBe('')
    expect(webhooks.at(-1)).toEqual({ body: '{"ä":1}', signature: 'v1,abc' })
  })

  test('answers a rejection with its status, its code and retry-after', async () => {
    expect(await send('forged')).toMatchObject({ status: 401, json: { code: 'BAD_SIGNATURE' } })
    const full = await send('full')
    expect(full.status).toBe(503)
    expect(full.headers['retry-after']).toBe('5')
  })

  test('over 256 kB is 413 and not passed on', async () => {
    const before = webhooks.length
    expect((await send(Buffer.alloc(300 * 1024))).status).toBe(413)
    expect(webhooks).toHaveLength(before)
  })

  test('that is incomplete is not passed on, and the server continues', async () => {
    const before = webhooks.length
    const socket = new Socket()
    socket.connect(gateway.port, '127.0.0.1')
    await once(socket, 'connect')
    const head = 'POST /webhooks/seam HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf'
    await new Promise((resolve) => socket.write(head, resolve))
    socket.destroy()
    await once(socket, 'close')
    expect((await gateway.ask({ path: '/healthz' })).status).toBe(200)
    expect(webhooks).toHaveLength(before)
  })
})

describe('GraphiQL', () => {
  const visit = (headers: Record<string, string> = {}) =>
    gateway.ask({ path: '/graphql', headers: { accept: 'text/html,*/*', ...headers } })

  /** The paths of the files that the page loads, in order. */
  const loadedBy = (page: string) =>
    [...page.matchAll(/<(?:script[^>]* src|link rel="stylesheet" href)="([^"]+)"/g)].map(
      ([, path]) => `/${path}`,
    )

  test('loads nothing from other hosts, and its content security policy allows only scripts of the gateway', async () => {
    const page = await visit()
    expect(page.status).toBe(200)
    expect(page.headers['content-type']).toContain('text/html')
    expect(page.text).not.toMatch(/<(script|link)[^>]+(src|href)="(https?:)?\/\//)
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toMatch(/script-src 'self';/)
    expect(policy).not.toContain('unsafe-eval')
  })

  test('is shown without an API key, with a header to fill in', async () => {
    expect((await visit()).text).toContain('Bearer <your API key>'.replace('<', '\\u003c'))
  })

  test.each(['br', 'gzip', 'gzip;q=0.5, br;q=0'])(
    'takes at most 1.5 MB with accept-encoding: %s',
    async (encoding) => {
      const headers = { 'accept-encoding': encoding }
      const page = await visit(headers)
      const files = await Promise.all(
        loadedBy((await visit()).text).map((path) => gateway.ask({ path, headers })),
      )
      expect(files).toHaveLength(5)
      for (const { status, headers } of [page, ...files]) {
        expect(status).toBe(200)
        expect(encoding).toContain(headers['content-encoding'])
        expect(headers.vary).toContain('accept-encoding')
      }
      for (const { headers } of files) expect(headers['cache-control']).toContain('immutable')
      const bytes = [page, ...files].reduce((sum, { headers }) => sum + Number(headers['content-length']), 0)
      expect(bytes).toBeLessThan(1_500_000)
    },
  )

  test('sends uncompressed files if no encoding is accepted, and 404 for other names', async () => {
    const [path = ''] = loadedBy((await visit()).text)
    expect((await gateway.ask({ path })).headers['content-encoding']).toBeUndefined()
    expect((await gateway.ask({ path, method: 'HEAD' })).text).toBe('')
    for (const other of [
      '/graphiql/',
      '/graphiql/graphiql.css',
      `${path}.map`,
      '/graphiql/../../package.json',
    ])
      expect((await gateway.ask({ path: other })).status).toBe(404)
    expect((await gateway.ask({ path, method: 'POST' })).status).toBe(404)
  })

  test('has no Authorization header in the demo', async () => {
    const demo = await startHttpFixture({ openToAll: true })
    const page = await demo.ask({ path: '/graphql', headers: { accept: 'text/html' } })
    expect(page.text).not.toContain('your API key')
    await demo.stop()
  })
})
