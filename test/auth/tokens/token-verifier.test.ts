import { createHmac } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { IssuerUnavailable } from '../../../src/auth/tokens/issuer-document.ts'
import {
  createTokenVerifier,
  TokenExpired,
  type TokenVerifier,
} from '../../../src/auth/tokens/token-verifier.ts'
import {
  audience,
  createUnsignedToken,
  type Issuer,
  issuerName,
  startIssuer,
} from '../../support/token-issuer.ts'

const system = '11111111-1111-4111-8111-111111111111'
const resident = 'b2d4f6a8-1c3e-4a5b-8d7f-9e0a1b2c3d4e'
const minute = 60_000

let issuer: Issuer
let tokens: TokenVerifier
let clock: number
let logged: string[]

beforeEach(async () => {
  issuer = await startIssuer()
  clock = Date.now()
  logged = []
  tokens = open()
})
afterEach(async () => {
  tokens.close()
  await issuer[Symbol.asyncDispose]()
})

function open(): TokenVerifier {
  const note = (fields: object, message: string) => void logged.push(`${JSON.stringify(fields)} ${message}`)
  return createTokenVerifier({
    jwksUrl: issuer.url,
    issuer: issuerName,
    audience,
    now: () => clock,
    log: { debug: note, warn: note },
  })
}

const read = async (claims: JWTPayload = {}, more: Parameters<Issuer['sign']>[1] = {}) =>
  tokens.verify(await issuer.sign(claims, more))

describe('a token', () => {
  it('should give its subject, and no scopes without a scope claim', async () => {
    const viewer = await read()
    expect(viewer).toMatchObject({ name: 'jwt:ada', isDemo: false, apiKeyId: null })
    expect([...(viewer?.scopes ?? [])]).toEqual([])
  })

  it('should grant known scopes and ignore others', async () => {
    const viewer = await read({ scope: 'openid read  codes:read READ' })
    expect([...(viewer?.scopes ?? [])]).toEqual(['read', 'codes:read'])
  })

  it('should limit the access scope to ACS systems and to a resident', async () => {
    const viewer = await read({ latchkey_systems: [system.toUpperCase()], latchkey_resident: resident })
    expect(viewer?.accessScope).toEqual({ acsSystemIds: new Set([system]), acsUserId: resident })
    expect((await read({ latchkey_systems: [] }))?.accessScope.acsSystemIds).toEqual(new Set())
    expect((await read())?.accessScope).toEqual({ acsSystemIds: null, acsUserId: null })
  })

  it('should select its graph, and grant only the scopes of that graph', async () => {
    const scope = 'read write audit admin connections:write'
    expect(await read({ scope })).toMatchObject({ graph: 'whole' })
    expect(await read({ scope, latchkey_graph: 'whole' })).toMatchObject({ graph: 'whole' })
    const partner = await read({ scope, latchkey_graph: 'partner' })
    expect(partner).toMatchObject({ graph: 'partner', scopes: new Set(['read', 'write']) })
  })

  it('should be accepted if the key set has its signing key twice, or other keys with the same kid first', async () => {
    const [own] = issuer.published()
    await issuer.rotate()
    const [, other] = issuer.published()
    await issuer.rotate()
    const kid = issuer.published().at(-1)?.kid ?? ''
    issuer.publish({ ...own, kid }, { ...other, kid }, ...issuer.published().slice(-1))
    clock += 11 * minute
    expect(await read({ exp: Math.floor(clock / 1000) + 300 }, { kid })).toMatchObject({ name: 'jwt:ada' })
    const { kid: _kid, ...unnamed } = other ?? {}
    issuer.publish(unnamed)
    clock += 11 * minute
    expect(await read({ exp: Math.floor(clock / 1000) + 300 }, { kid })).toMatchObject({ name: 'jwt:ada' })
  })

  it('should be refused if none of several signing keys with its kid signed it', async () => {
    const [own] = issuer.published()
    await issuer.rotate({ drop: true })
    const kid = issuer.published().at(-1)?.kid ?? ''
    await issuer.rotate({ drop: true, publish: false })
    issuer.publish({ ...own, kid }, { ...own, kid })
    clock += 11 * minute
    expect(await read({ exp: Math.floor(clock / 1000) + 300 }, { kid })).toBeNull()
  })

  it('should expire at the time of its exp claim', async () => {
    const exp = Math.floor(clock / 1000) + 90
    expect((await read({ exp }))?.expiresAt).toBe(new Date(exp * 1000).toISOString())
  })

  it.each<[string, JWTPayload]>([
    ['an unknown graph', { latchkey_graph: 'all' }],
    ['a graph null', { latchkey_graph: null }],
    ['scope as a list', { scope: ['read'] as never }],
    ['scope null', { scope: null }],
    ['systems as a string', { latchkey_systems: system }],
    ['systems null', { latchkey_systems: null }],
    ['systems with an invalid id', { latchkey_systems: [system, '*'] }],
    ['systems with a number', { latchkey_systems: [1] }],
    ['a resident with an invalid id', { latchkey_resident: '' }],
    ['a resident null', { latchkey_resident: null }],
    ['a list of residents', { latchkey_resident: [resident] }],
    ['no subject', { sub: undefined as never }],
    ['an empty subject', { sub: '' }],
    ['a subject that is too long', { sub: 'a'.repeat(201) }],
    ['another issuer', { iss: 'https://elsewhere.example.com' }],
    ['another audience', { aud: 'somebody' }],
    ['no audience', { aud: undefined as never }],
    ['an exp that is not a time', { exp: 1e300 }],
    ['an nbf beyond the clock tolerance', { nbf: Math.floor(Date.now() / 1000) + 120 }],
  ])('should be refused with %s', async (_what, claims) => {
    expect(await read(claims)).toBeNull()
    expect(logged).toHaveLength(1)
  })

  it.each<[string, JWTPayload]>([
    ['scope', { scope: ['read'] as never }],
    ['latchkey_systems', { latchkey_systems: 7 }],
    ['latchkey_resident', { latchkey_resident: 'ada' }],
  ])('should be refused with a log line that states what %s must be', async (claim, claims) => {
    await read(claims)
    expect(logged).toEqual([expect.stringContaining(`${claim} must be`)])
  })

  it('should be accepted from a clock that is slightly ahead, and with several audiences', async () => {
    expect(await read({ nbf: Math.floor(clock / 1000) + 50 })).not.toBeNull()
    expect(await read({ aud: ['somebody', audience] })).not.toBeNull()
  })

  it('should be refused with TokenExpired if it was valid and has expired', async () => {
    const token = await issuer.sign({}, { expiresIn: 60 })
    expect(await tokens.verify(token)).not.toBeNull()
    clock += 60_001
    await expect(tokens.verify(token)).rejects.toThrow(TokenExpired)
    clock += 10 * minute
    await expect(tokens.verify(token)).rejects.toThrow(TokenExpired)
  })

  it.each(['logout+jwt', 'secevent+jwt', 'dpop+jwt'])('should be refused as a %s', async (typ) => {
    expect(await read({}, { header: { typ } })).toBeNull()
    expect(await read({}, { header: { typ: 'at+JWT' } })).not.toBeNull()
  })

  it('should be refused without a signature, with an invalid one, or with one by a shared secret', async () => {
    const claims = { iss: issuerName, aud: audience, sub: 'ada', exp: Math.floor(clock / 1000) + 300 }
    const good = await issuer.sign(claims)
    const [header = '', body = '', signature = ''] = good.split('.')
    const publicText = await (await fetch(issuer.url)).text()
    const hmac = createUnsignedToken({ alg: 'HS256', kid: 'key-1' }, claims).slice(0, -1)
    for (const forged of [
      createUnsignedToken({ alg: 'none' }, claims),
      createUnsignedToken({ alg: 'None', kid: 'key-1' }, claims),
      createUnsignedToken({ alg: 'ES256', kid: 'key-1' }, claims, signature),
      `${header}.${body}.${signature.slice(0, -4)}AAAA`,
      `${header}.${body}.`,
      `${header}.${Buffer.from(JSON.stringify({ ...claims, scope: 'admin' })).toString('base64url')}.${signature}`,
      `${hmac}.${createHmac('sha256', publicText).update(hmac).digest('base64url')}`,
      createUnsignedToken({ alg: 'ES256', jku: 'https://elsewhere.example.com' }, claims, signature),
      createUnsignedToken({ alg: 'ES256', kid: 'key-1', crit: ['x'], x: 1 }, claims, signature),
      'a.b.c',
      '..',
      '{}.{}.{}',
    ])
      expect(await tokens.verify(forged), forged).toBeNull()
    expect(await tokens.verify(good)).not.toBeNull()
  })

  it('should be refused without parsing if it is too long', async () => {
    expect(await read({ note: 'x'.repeat(8 * 1024) })).toBeNull()
    expect(issuer.asked()).toBeLessThanOrEqual(1)
  })

  it('should never be logged, in whole or in part', async () => {
    const token = await issuer.sign({ scope: 7 as never, secret: 'swordfish' })
    await tokens.verify(token)
    await tokens.verify(`${token}x`)
    expect(logged.length).toBeGreaterThan(0)
    for (const part of [...token.split('.'), 'swordfish']) expect(logged.join()).not.toContain(part)
  })
})

describe('the signing keys of the issuer', () => {
  it('should be fetched once for many tokens', async () => {
    const token = await issuer.sign()
    await Promise.all(Array.from({ length: 50 }, () => tokens.verify(token)))
    expect(issuer.asked()).toBe(1)
  })

  it('should be fetched again for an unknown kid, but not for each one', async () => {
    await read()
    await issuer.rotate()
    expect(await read()).toBeNull()
    clock += 31_000
    expect(await read()).not.toBeNull()
    expect(issuer.asked()).toBe(2)
    for (let round = 0; round < 20; round++) expect(await read({}, { kid: `invented-${round}` })).toBeNull()
    expect(issuer.asked()).toBe(2)
  })

  it('should not include a signing key that the issuer has removed', async () => {
    const old = await issuer.sign({}, { expiresIn: 3600 })
    expect(await tokens.verify(old)).not.toBeNull()
    await issuer.rotate({ drop: true })
    clock += 11 * minute
    expect(await tokens.verify(old)).toBeNull()
    expect(await read({}, { expiresIn: 3600 })).not.toBeNull()
  })

  it.each<[string, number, string]>([
    ['is unavailable', 503, ''],
    ['redirects', 302, ''],
    ['returns something other than JSON', 200, '<html>'],
    ['returns JSON that is not a key set', 200, '{"keys":7}'],
    ['returns too large a response', 200, 'x'.repeat(300_000)],
  ])('should be used for an hour while the issuer %s', async (_what, status, body) => {
    const token = await issuer.sign({}, { expiresIn: 7200 })
    expect(await tokens.verify(token)).not.toBeNull()
    issuer.answer(status, body)
    clock += 59 * minute
    expect(await tokens.verify(token)).not.toBeNull()
    const asked = issuer.asked()
    for (let round = 0; round < 20; round++) await tokens.verify(token)
    expect(issuer.asked()).toBe(asked)
    clock += 2 * minute
    await expect(tokens.verify(token)).rejects.toThrow(IssuerUnavailable)
    issuer.answer(null)
    clock += 6_000
    expect(await tokens.verify(token)).not.toBeNull()
  })

  it('should make a verification fail with IssuerUnavailable until they were fetched once', async () => {
    tokens.close()
    issuer.answer(500)
    tokens = open()
    const token = await issuer.sign()
    await expect(tokens.verify(token)).rejects.toThrow(IssuerUnavailable)
    issuer.answer(null)
    clock += 6_000
    expect(await tokens.verify(token)).not.toBeNull()
  })

  it.each(['RS256', 'PS384', 'ES384', 'EdDSA'])('should be supported with %s', async (alg) => {
    await using other = await startIssuer(alg)
    const verifier = createTokenVerifier({
      jwksUrl: other.url,
      issuer: issuerName,
      audience,
      log: { debug() {}, warn() {} },
    })
    expect(await verifier.verify(await other.sign())).toMatchObject({ name: 'jwt:ada' })
    verifier.close()
  })
})
