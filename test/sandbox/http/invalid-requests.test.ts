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

describe('who may ask', () => {
  it.each([
    ['no key', undefined],
    ['a wrong key', 'Bearer seam_wrong'],
    ['another scheme', 'Basic c2VhbQ=='],
    ['an empty key', 'Bearer '],
    ['the key and more', 'Bearer seam_bundled_building2'],
  ])('answers 401 to %s', async (_name, value) => {
    const headers: Record<string, string> = value === undefined ? {} : { authorization: value }
    const response = await fetch(`${sandbox.url}/workspaces/get`, { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('seam-request-id')).not.toBeNull()
    expect(await response.json()).toMatchObject({ ok: false, error: { type: 'unauthorized' } })
  })
})

describe('what makes no sense', () => {
  it.each(['{', '[]', '"text"', 'null', '{"acs_user_id":', '\u0000'])(
    'answers 400 to the body %j',
    async (body) => {
      const response = await post('acs/users/get', body)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ ok: false, error: { type: 'invalid_input' } })
    },
  )

  it('takes an empty body as no parameters', async () => {
    expect((await post('acs/systems/list', '')).status).toBe(200)
  })

  it('names every parameter that is wrong', async () => {
    const params = { acs_system_id: 'x', limit: 0, search: '', created_before: 'soon' }
    const { status, body } = await callApi(sandbox, 'acs/users/list', params)
    expect(status).toBe(400)
    expect(Object.keys(body.error.validation_errors).sort()).toEqual(
      ['_errors', ...Object.keys(params)].sort(),
    )
    expect(body.error.validation_errors.acs_system_id._errors).toEqual(['Invalid uuid'])
  })

  it.each([
    ['text where a number belongs', 'acs/users/list', { limit: '5' }],
    ['a number in pieces', 'acs/users/list', { limit: 1.5 }],
    ['a list where an id belongs', 'acs/users/get', { acs_user_id: ['a'] }],
    ['an object where text belongs', 'acs/users/list', { search: { a: 1 } }],
    ['a webhook to nowhere', 'webhooks/create', { url: 'javascript:alert(1)' }],
    ['half a schedule', 'acs/users/update', { access_schedule: { starts_at: '2099-01-01T00:00:00Z' } }],
    ['a phone number in words', 'user_identities/create', { phone_number: 'call me' }],
  ])('answers 400 to %s', async (_name, path, params) => {
    const { status, body } = await callApi(sandbox, path, params)
    expect([status, body.error.type]).toEqual([400, 'invalid_input'])
  })

  it('answers 400 to event types that cannot be', async () => {
    for (const event_types of [[], ['everything'], ['acs_user.created', '']]) {
      const { status, body } = await callApi(sandbox, 'webhooks/create', {
        url: 'http://127.0.0.1:9',
        event_types,
      })
      expect([status, body.error.type]).toEqual([400, 'invalid_event_types'])
    }
  })

  it.each(['limit=abc', 'limit=', 'limit=-1', 'limit=1&limit=2', 'acs_system_id=', 'search='])(
    'answers 400 to the query %s',
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
  ])('is not harmed by the query %s', async (query) => {
    const headers = { authorization: authorization() }
    const response = await fetch(`${sandbox.url}/connected_accounts/list?${query}`, { headers })
    expect([200, 400]).toContain(response.status)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it('answers 404 to routes that are not there, and 405 to verbs that a route does not take', async () => {
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
  ])('%s answers 404 %s_not_found', async (path, kind) => {
    const { status, body } = await callApi(sandbox, path, {
      [`${kind}_id`]: '00000000-0000-4000-8000-000000000000',
    })
    expect([status, body.error.type]).toEqual([404, `${kind}_not_found`])
  })

  it('refuses more than a megabyte', async () => {
    const response = await post('acs/users/create', JSON.stringify({ full_name: 'x'.repeat(3_000_000) }))
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ ok: false, error: { type: 'payload_too_large' } })
  })

  it.each(['GET http://[ HTTP/1.1\r\n\r\n', 'POST //// HTTP/1.1\r\nHost: x\r\n\r\n', 'nonsense\r\n\r\n'])(
    'lives on after %j',
    async (sent) => {
      const socket = connect(sandbox.port, '127.0.0.1')
      const ended = new Promise((resolve) => socket.once('close', resolve).once('error', resolve))
      socket.end(sent)
      socket.resume()
      await ended
    },
  )
})
