import { once } from 'node:events'
import { Socket } from 'node:net'
import { buildSchema } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Gateway, key, startGateway } from './gateway.ts'

let gateway: Gateway
const webhooks: { body: string; signature: unknown }[] = []
beforeAll(async () => {
  gateway = await startGateway({
    receiveWebhook: async (body, headers) => {
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

test('/ leads to GraphiQL', async () => {
  const answer = await gateway.ask({ path: '/' })
  expect(answer.status).toBe(302)
  expect(answer.headers.location).toBe('/graphql')
})

test('/schema.graphql is the schema, for those who may ask', async () => {
  expect((await gateway.ask({ path: '/schema.graphql' })).status).toBe(401)
  const answer = await gateway.ask({ path: '/schema.graphql', headers: { authorization: key } })
  expect(answer.headers['content-type']).toContain('text/plain')
  expect(buildSchema(answer.text).getQueryType()?.getFields().hello).toBeDefined()
})

test('a Host header that is none is said to be', async () => {
  for (const host of ['x y', '[', 'a:b:c', ' ']) {
    const headers = { host, authorization: key, 'content-type': 'application/json' }
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

test('/healthz says that the process lives, and /readyz whether it can work', async () => {
  expect((await gateway.ask({ path: '/healthz' })).json).toEqual({ ok: true })
  expect((await gateway.ask({ path: '/healthz', method: 'HEAD' })).status).toBe(200)
  expect((await gateway.ask({ path: '/readyz' })).json).toEqual({ ok: true, checks: { journal: 'ok' } })
})

test('/readyz is 503 with the reasons until everything works', async () => {
  const starting = await startGateway({ ready: () => ({ ok: false, checks: { catalog: 'loading' } }) })
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

test.each([
  ['/graphql', 'PUT', 'GET, POST'],
  ['/graphql', 'HEAD', 'GET, POST'],
  ['/webhooks/seam', 'GET', 'POST'],
  ['/healthz', 'POST', 'GET, HEAD'],
  ['/schema.graphql', 'DELETE', 'GET, HEAD'],
])('%s by %s is a 405 that names what is allowed', async (path, method, allow) => {
  const answer = await gateway.ask({ path, method })
  expect(answer.status).toBe(405)
  expect(answer.headers.allow).toBe(allow)
})

test('every answer carries the security headers', async () => {
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

  test('is handed on byte for byte, and answered 204', async () => {
    const answer = await send('{"ä":1}')
    expect(answer.status).toBe(204)
    expect(answer.text).toBe('')
    expect(webhooks.at(-1)).toEqual({ body: '{"ä":1}', signature: 'v1,abc' })
  })

  test('answers a refusal with its status, its code and when to come back', async () => {
    expect(await send('forged')).toMatchObject({ status: 401, json: { code: 'BAD_SIGNATURE' } })
    const full = await send('full')
    expect(full.status).toBe(503)
    expect(full.headers['retry-after']).toBe('5')
  })

  test('over 256 kB is 413 and never handed on', async () => {
    const before = webhooks.length
    expect((await send(Buffer.alloc(300 * 1024))).status).toBe(413)
    expect(webhooks).toHaveLength(before)
  })

  test('that is cut off in the middle is not handed on, and the process lives', async () => {
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

  test('is one page that loads nothing from elsewhere and whose policy lets only its own script run', async () => {
    const page = await visit()
    expect(page.status).toBe(200)
    expect(page.headers['content-type']).toContain('text/html')
    expect(page.text).not.toMatch(/<(script|link)[^>]+(src|href)="(https?:)?\/\//)
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toMatch(/script-src 'sha256-[^']+';/)
    expect(policy).not.toContain('unsafe-eval')
  })

  test('is shown without a key, with a place for one', async () => {
    expect((await visit()).text).toContain('Bearer <your API key>')
  })

  test('comes packed to browsers', async () => {
    const packed = await visit({ 'accept-encoding': 'gzip, br' })
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(Number(packed.headers['content-length'])).toBeLessThan(4_000_000)
  })

  test('in the demo asks for no key', async () => {
    const demo = await startGateway({ openToAll: true })
    const page = await demo.ask({ path: '/graphql', headers: { accept: 'text/html' } })
    expect(page.text).not.toContain('Bearer <your API key>')
    await demo.stop()
  })
})
