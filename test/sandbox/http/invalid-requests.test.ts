import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import { callApi, openSandbox } from '../sandbox-fixture.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await openSandbox()
})

afterAll(async () => {
  expect((await callApi(sandbox, 'workspaces/get')).status).toBe(200)
  await sandbox.close()
})

const authorization = () => `Bearer ${sandbox.apiKey}`

function post(path: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${sandbox.url}/${path}`, {
    method: 'POST',
    headers: { authorization: authorization(), 'content-type': 'application/json', ...headers },
    body,
  })
}

describe('a request without the right API key', () => {
  it.each([
    ['no API key', undefined],
    ['a wrong API key', 'Bearer seam_wrong'],
    ['another scheme', 'Basic c2VhbQ=='],
    ['an empty API key', 'Bearer '],
    ['the API key with a suffix', 'Bearer seam_bundled_building2'],
  ])('should get 401: %s', async (_name, value) => {
    const headers: Record<string, string> = value === undefined ? {} : { authorization: value }
    const response = await fetch(`${sandbox.url}/workspaces/get`, { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('seam-request-id')).not.toBeNull()
    expect(await response.json()).toMatchObject({ ok: false, error: { type: 'unauthorized' } })
  })
})

describe('a request', () => {
  it.each(['{', '[]', '"text"', 'null', '{"acs_user_id":', '\u0000'])(
    'should get 400 for the body %j',
    async (body) => {
      const response = await post('acs/users/get', body)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ ok: false, error: { type: 'invalid_input' } })
    },
  )

  it('should be accepted with an empty body, as a request without parameters', async () => {
    expect((await post('acs/systems/list', '')).status).toBe(200)
  })

  it('should get an error for every invalid parameter', async () => {
    const params = { acs_system_id: 'x', limit: 0, search: '', created_before: 'soon' }
    const { status, body } = await callApi(sandbox, 'acs/users/list', params)
    expect(status).toBe(400)
    expect(Object.keys(body.error.validation_errors).sort()).toEqual(
      ['_errors', ...Object.keys(params)].sort(),
    )
    expect(body.error.validation_errors.acs_system_id._errors).toEqual(['Invalid uuid'])
  })

  it.each([
    ['text instead of a number', 'acs/users/list', { limit: '5' }],
    ['a number that is not an integer', 'acs/users/list', { limit: 1.5 }],
    ['a list instead of an id', 'acs/users/get', { acs_user_id: ['a'] }],
    ['an object instead of text', 'acs/users/list', { search: { a: 1 } }],
    ['a webhook with a URL that is not HTTP', 'webhooks/create', { url: 'javascript:alert(1)' }],
    [
      'a schedule without an end',
      'acs/users/update',
      { access_schedule: { starts_at: '2099-01-01T00:00:00Z' } },
    ],
    ['a phone number without digits', 'user_identities/create', { phone_number: 'call me' }],
  ])('should get 400 for %s', async (_name, path, params) => {
    const { status, body } = await callApi(sandbox, path, params)
    expect([status, body.error.type]).toEqual([400, 'invalid_input'])
  })

  it('should get 400 for invalid event types', async () => {
    for (const event_types of [[], ['everything'], ['acs_user.created', '']]) {
      const { status, body } = await callApi(sandbox, 'webhooks/create', {
        url: 'http://127.0.0.1:9',
        event_types,
      })
      expect([status, body.error.type]).toEqual([400, 'invalid_event_types'])
    }
  })

  it.each(['limit=abc', 'limit=', 'limit=-1', 'limit=1&limit=2', 'acs_system_id=', 'search='])(
    'should get 400 for the query %s',
    async (query) => {
      const response = await fetch(`${sandbox.url}/acs/users/list?${query}`, {
        headers: { authorization: authorization() },
      })
      expect(response.status).toBe(400)
    },
  )

  it.each([
    '__proto__.polluted=1',
    'constructor.prototype.polluted=1',
    'a.b.c=1&a.b=2',
    '.=1',
    'limit.deep=1',
  ])('should not pollute prototypes by the query %s', async (query) => {
    const headers = { authorization: authorization() }
    const response = await fetch(`${sandbox.url}/connected_accounts/list?${query}`, { headers })
    expect([200, 400]).toContain(response.status)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it('should get 404 for an unknown route, and 405 for a verb that the route does not support', async () => {
    const unknown = await callApi(sandbox, 'acs/users/fly')
    const verb = await callApi(sandbox, 'acs/users/create', {}, 'GET')
    expect([unknown.status, unknown.body.error.type]).toEqual([404, 'not_found'])
    expect([verb.status, verb.body.error.type]).toEqual([405, 'method_not_allowed'])
  })

  it.each([
    ['acs/systems/get', 'acs_system'],
    ['acs/users/get', 'acs_user'],
    ['acs/entrances/get', 'acs_entrance'],
    ['acs/credentials/get', 'acs_credential'],
    ['connected_accounts/get', 'connected_account'],
    ['connect_webviews/get', 'connect_webview'],
    ['user_identities/get', 'user_identity'],
    ['client_sessions/get', 'client_session'],
    ['events/get', 'event'],
    ['webhooks/get', 'webhook'],
  ])('should get 404 from %s with the type %s_not_found', async (path, kind) => {
    const { status, body } = await callApi(sandbox, path, {
      [`${kind}_id`]: '00000000-0000-4000-8000-000000000000',
    })
    expect([status, body.error.type]).toEqual([404, `${kind}_not_found`])
  })

  it('should get 413 if it is larger than a megabyte', async () => {
    const response = await post('acs/users/create', JSON.stringify({ full_name: 'x'.repeat(3_000_000) }))
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ ok: false, error: { type: 'payload_too_large' } })
  })

  it.each(['GET http://[ HTTP/1.1\r\n\r\n', 'POST //// HTTP/1.1\r\nHost: x\r\n\r\n', 'nonsense\r\n\r\n'])(
    'should not end the process: %j',
    async (sent) => {
      const socket = connect(sandbox.port, '127.0.0.1')
      const ended = new Promise((resolve) => socket.once('close', resolve).once('error', resolve))
      socket.end(sent)
      socket.resume()
      await ended
    },
  )
})
