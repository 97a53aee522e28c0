import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createIssuerDiscovery, type IssuerDiscovery } from '../../../src/auth/tokens/issuer-discovery.ts'

const minute = 60_000

let server: Server
let issuer: string
let clock: number
let asked: string[]
/** The body of the response, or `null` for a response that never comes. */
let body: string | null
let status: number
let failures: string[]
let discovery: IssuerDiscovery

const describeIssuer = (tokenEndpoint: unknown, of = issuer) =>
  JSON.stringify({ issuer: of, token_endpoint: tokenEndpoint })

function open(url = issuer): IssuerDiscovery {
  discovery?.close()
  discovery = createIssuerDiscovery({
    issuer: url,
    onFailure: ({ message }) => failures.push(message),
    now: () => clock,
  })
  return discovery
}

beforeEach(async () => {
  asked = []
  failures = []
  status = 200
  clock = Date.now()
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (body === null) return
    response.writeHead(status, { location: '/elsewhere' }).end(body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tenant`
  body = describeIssuer('https://token.example.com:8443/oauth/token')
})
afterEach(async () => {
  discovery.close()
  server.closeAllConnections()
  await once(server.close(), 'close')
})

describe('the origin of the token endpoint', () => {
  it('should be read from the discovery document of the issuer, with or without a slash at its end', async () => {
    expect(await open().findTokenOrigin()).toBe('https://token.example.com:8443')
    body = describeIssuer('https://token.example.com/', `${issuer}/`)
    expect(await open(`${issuer}/`).findTokenOrigin()).toBe('https://token.example.com')
    expect(asked).toEqual([
      '/tenant/.well-known/openid-configuration',
      '/tenant/.well-known/openid-configuration',
    ])
  })

  it.each<[unknown, string | null]>([
    ['http://127.0.0.1:8080/token', 'http://127.0.0.1:8080'],
    ['http://[::1]/token', 'http://[::1]'],
    ['http://token.example.com/token', null],
    ['https://*/token', null],
    ["https://a;script-src'self'/token", null],
    ['https://a,b/token', null],
    ['javascript:alert(1)', null],
    ['data:text/plain,x', null],
    ['ftp://localhost/token', null],
    ['/token', null],
    [undefined, null],
    [{ a: 1 }, null],
  ])('should be an origin that a page can call safely: %j', async (endpoint, origin) => {
    body = describeIssuer(endpoint)
    expect(await open().findTokenOrigin()).toBe(origin)
  })

  it('should be fetched again when it is ten minutes old, without a delay of the request', async () => {
    const { findTokenOrigin } = open()
    await findTokenOrigin()
    body = describeIssuer('https://new.example.com/token')
    clock += 9 * minute
    await findTokenOrigin()
    expect(asked).toHaveLength(1)
    clock += 2 * minute
    expect(await findTokenOrigin()).toBe('https://token.example.com:8443')
    await expect.poll(findTokenOrigin).toBe('https://new.example.com')
    expect(asked).toHaveLength(2)
  })

  it.each<[string, number, string]>([
    ['is unavailable', 503, ''],
    ['redirects', 302, ''],
    ['returns something other than JSON', 200, '<html>'],
    ['returns another JSON value', 200, 'null'],
    ['returns the document of another issuer', 200, '{"issuer":"https://id.example.com"}'],
    ['returns too large a response', 200, 'x'.repeat(300_000)],
  ])('should be used for an hour while the issuer %s, and then be unknown', async (_what, code, text) => {
    const { findTokenOrigin } = open()
    await findTokenOrigin()
    ;[status, body] = [code, text]
    clock += 59 * minute
    expect(await findTokenOrigin()).toBe('https://token.example.com:8443')
    await expect.poll(() => failures).toHaveLength(1)
    clock += 2 * minute
    expect(await findTokenOrigin()).toBeNull()
    for (let round = 0; round < 20; round++) await findTokenOrigin()
    expect(asked).toHaveLength(3)
  })

  it('should be unknown after a second if the issuer does not answer', async () => {
    body = null
    const startedAt = performance.now()
    expect(await open().findTokenOrigin()).toBeNull()
    expect(performance.now() - startedAt).toBeLessThan(4_000)
    expect(failures).toEqual([])
  })
})
