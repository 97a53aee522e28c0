import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { AcsUserId } from '../../src/model/ids.ts'
import { Secret } from '../../src/model/secret.ts'
import { createSeamClient, type SeamClient } from '../../src/seam/client.ts'
import type { SeamError } from '../../src/seam/errors.ts'
import { createErrorResponse, findUnusedUrl, type StubReaction, startSeamStub } from './seam-stub.ts'
import { catchSeamError, createInstantClock } from './test-clocks.ts'

const apiKey = 'seam_key_nobody_may_see'
const someUser = '11111111-1111-4111-8111-111111111111' as AcsUserId
const client = (endpoint: string, more: object = {}): SeamClient =>
  createSeamClient({ apiKey: new Secret(apiKey), endpoint, clock: createInstantClock().clock, ...more })

/** Searches an error for the API key as a log, a response or a debugger would show it. */
function expectNoKey(error: SeamError): void {
  const names = Object.getOwnPropertyNames(error)
  const texts = [
    inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
    JSON.stringify(error),
    JSON.stringify(error, names),
    String(error),
    error.message,
    error.stack,
    ...names.map((name) => inspect(error[name as keyof SeamError], { depth: null })),
  ]
  for (const text of texts) expect(text).not.toContain(apiKey)
  expect(names).not.toContain('cause')
}

const echo = { message: `No: ${apiKey}.`, validation_errors: { [apiKey]: { _errors: [`Bad ${apiKey}`] } } }
const leaky = (status: number, type: string): StubReaction => ({
  ...createErrorResponse(status, type, echo),
  headers: { 'seam-request-id': `request of ${apiKey}` },
})

describe('an error', () => {
  it.each<[string, StubReaction]>([
    ['a refusal', leaky(400, 'invalid_input')],
    ['a type that contains the API key', leaky(400, apiKey)],
    ['an unauthorized call', leaky(401, 'unauthorized')],
    ['an unknown object', leaky(404, 'acs_user_not_found')],
    ['a conflict', leaky(409, 'conflict')],
    ['a rate limit', leaky(429, 'rate_limit_exceeded')],
    ['an internal error of Seam', leaky(500, 'internal_error')],
    [
      'an HTML page of a proxy',
      { status: 502, body: `<html>${apiKey}</html>`, headers: { 'content-type': 'text/html' } },
    ],
    ['an empty response', { status: 503, body: '' }],
    ['truncated JSON', { body: `{"acs_systems": ["${apiKey}` }],
    ['a body of another shape', { body: { [apiKey]: apiKey } }],
    ['a row without an id', { body: { acs_systems: [{ name: apiKey }] } }],
    ['a redirect', { status: 302, headers: { location: `http://127.0.0.1:9/?${apiKey}` } }],
    ['a broken connection', 'reset'],
    ['no response', 'silence'],
  ])('should not contain the API key: %s', async (_, reaction) => {
    await using stub = await startSeamStub(reaction)
    expectNoKey(await catchSeamError(client(stub.url, { timeoutMs: 20 }).listSystems()))
  })

  it('should not contain the API key if Seam is not called or not available', async () => {
    const endpoint = await findUnusedUrl()
    expectNoKey(await catchSeamError(client(endpoint).listSystems()))
    expectNoKey(await catchSeamError(client('https://127.0.0.1:9').listSystems()))
    expectNoKey(await catchSeamError(client(endpoint).getUser('' as AcsUserId)))
    expectNoKey(await catchSeamError(client(endpoint).listSystems({ signal: AbortSignal.abort() })))
    expectNoKey(await catchSeamError(client(endpoint).listSystems({ deadline: 0 })))
  })

  it('should not occur for the client either: inspection does not show the API key', () => {
    expect(inspect(client('http://127.0.0.1:9'), { depth: null, showHidden: true })).not.toContain(apiKey)
  })

  it('should reject a malformed API key without showing it', async () => {
    const token = 'seam_cst_of_a_session'
    const failure = catchSeamError(
      (async () => createSeamClient({ apiKey: new Secret(token), endpoint: 'http://127.0.0.1:9' }))(),
    )
    const error = await failure
    expect(error).toMatchObject({ code: 'UNAUTHORIZED', outcome: 'not_sent' })
    expect(inspect(error, { depth: null })).not.toContain(token)
  })

  it("should keep Seam's error type, request id and validation messages by parameter", async () => {
    const validation_errors = {
      _errors: [],
      full_name: { _errors: ['Required', 'Too short'] },
      access_schedule: { _errors: [], ends_at: { _errors: ['Invalid datetime'] } },
    }
    const answer = createErrorResponse(400, 'invalid_input', { message: 'Invalid value.', validation_errors })
    await using stub = await startSeamStub({ ...answer, headers: { 'seam-request-id': 'request-7' } })
    const error = await catchSeamError(client(stub.url).updateUser(someUser, { fullName: '' }))
    expect(error).toMatchObject({
      code: 'INVALID_INPUT',
      status: 400,
      seamType: 'invalid_input',
      requestId: 'request-7',
      route: 'acs/users/update',
      outcome: 'refused',
      validation: {
        full_name: ['Required', 'Too short'],
        'access_schedule.ends_at': ['Invalid datetime'],
      },
    })
    expect(error.message).toContain('Invalid value.')
  })

  it.each([
    [400, 'user_identity_not_found', 'NOT_FOUND'],
    [400, 'not_supported', 'NOT_SUPPORTED'],
    [400, 'a_type_of_tomorrow', 'INVALID_INPUT'],
    [403, 'forbidden', 'FORBIDDEN'],
    [408, 'request_timeout', 'TIMEOUT'],
    [409, 'conflict', 'CONFLICT'],
    [422, 'unprocessable', 'INVALID_INPUT'],
    [503, 'acs_user_not_found', 'UNAVAILABLE'],
  ])('should have a code by status and type: %s %s is %s', async (status, type, code) => {
    await using stub = await startSeamStub(createErrorResponse(status, type))
    expect(await catchSeamError(client(stub.url).suspendUser(someUser))).toMatchObject({
      code,
      status,
      seamType: type,
    })
  })

  it('should follow no redirect, which would receive the API key', async () => {
    await using elsewhere = await startSeamStub({ body: { acs_systems: [] } })
    await using stub = await startSeamStub({
      status: 307,
      headers: { location: `${elsewhere.url}/acs/systems/list` },
    })
    const error = await catchSeamError(client(stub.url).listSystems())
    expect(error).toMatchObject({ code: 'BAD_RESPONSE', status: 307 })
    expect(elsewhere.asked).toHaveLength(0)
  })

  it("should not convert a 404 without Seam's envelope to NOT_FOUND", async () => {
    await using stub = await startSeamStub({
      status: 404,
      body: '<html>',
      headers: { 'content-type': 'text/html' },
    })
    expect(await catchSeamError(client(stub.url).getUser(someUser))).toMatchObject({
      code: 'BAD_RESPONSE',
      status: 404,
    })
    expect((await catchSeamError(client(stub.url).deleteUser(someUser))).code).toBe('BAD_RESPONSE')
  })
})
