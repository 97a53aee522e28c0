import { describe, expect, it } from 'vitest'
import { callApi, callControlApi, openSandbox } from '../sandbox-fixture.ts'

describe('faults', () => {
  it('should affect matching routes as many times as specified', async () => {
    await using sandbox = await openSandbox()
    sandbox.addFault({ kind: 'rateLimit', route: 'acs/users/*', times: 2, retryAfter: 7 })
    const systems = await callApi(sandbox, 'acs/systems/list')
    const answers = [
      await callApi(sandbox, 'acs/users/list'),
      await callApi(sandbox, 'acs/users/list', {}, 'GET'),
      await callApi(sandbox, 'acs/users/list'),
    ]
    expect([systems.status, ...answers.map(({ status }) => status)]).toEqual([200, 429, 429, 200])
    expect(answers[0]?.headers.get('retry-after')).toBe('7')
    expect(answers[0]?.body).toMatchObject({ ok: false, error: { type: 'rate_limit_exceeded' } })
  })

  it.each([
    ['json', 500, /"ok":false/],
    ['empty', 503, /^$/],
    ['html', 502, /^<html>/],
  ] as const)('should return an error status with the body: %s', async (body, status, text) => {
    await using sandbox = await openSandbox()
    sandbox.addFault({ kind: 'status', status, body, times: 1 })
    const answer = await callApi(sandbox, 'workspaces/get')
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(text)])
  })

  it('should reset the connection before or after the call takes effect', async () => {
    await using sandbox = await openSandbox()
    const before = sandbox.ids().userIdentityIds.length
    sandbox.addFault({ kind: 'reset', when: 'before', route: 'user_identities/create', times: 1 })
    await expect(callApi(sandbox, 'user_identities/create', { full_name: 'A' })).rejects.toThrow()
    expect(sandbox.ids().userIdentityIds).toHaveLength(before)
    sandbox.addFault({ kind: 'reset', when: 'after', route: 'user_identities/create', times: 1 })
    await expect(callApi(sandbox, 'user_identities/create', { full_name: 'B' })).rejects.toThrow()
    expect(sandbox.ids().userIdentityIds).toHaveLength(before + 1)
  })

  it('should return an error status after the call has taken effect', async () => {
    await using sandbox = await openSandbox()
    const before = sandbox.ids().userIdentityIds.length
    sandbox.addFault({ kind: 'status', status: 500, when: 'after', times: 1 })
    expect((await callApi(sandbox, 'user_identities/create', { full_name: 'B' })).status).toBe(500)
    expect(sandbox.ids().userIdentityIds).toHaveLength(before + 1)
  })

  it('should affect only calls that contain a given id', async () => {
    await using sandbox = await openSandbox()
    const [mine = '', other = ''] = sandbox.ids().acsSystemIds
    sandbox.addFault({ kind: 'status', route: 'acs/users/list', about: mine })
    const of = async (id: string) =>
      (await callApi(sandbox, 'acs/users/list', { acs_system_id: id }, 'GET')).status
    expect([await of(mine), await of(other)]).toEqual([503, 200])
    expect((await callApi(sandbox, 'acs/users/list', { acs_system_id: mine })).status).toBe(503)
  })

  it('should truncate a list without an indication of further rows', async () => {
    await using sandbox = await openSandbox()
    sandbox.addFault({ kind: 'truncated', route: 'acs/users/list', rows: 7 })
    const { body } = await callApi(sandbox, 'acs/users/list', { limit: 10 })
    expect(body.acs_users).toHaveLength(7)
    expect(body.pagination).toMatchObject({ has_next_page: false, next_page_cursor: null })
  })

  it('should truncate the JSON of a response', async () => {
    await using sandbox = await openSandbox()
    sandbox.addFault({ kind: 'malformed', times: 1 })
    const answer = await callApi(sandbox, 'workspaces/get')
    expect([answer.status, answer.body]).toEqual([200, null])
    expect(answer.text).toMatch(/^\{"workspace/)
  })

  it('should delay responses by fixed and random times, also together with other faults', async () => {
    await using sandbox = await openSandbox()
    sandbox.addFault({ kind: 'latency', ms: 30 })
    sandbox.addFault({ kind: 'latency', ms: [10, 20] })
    sandbox.addFault({ kind: 'status', status: 500, times: 1 })
    const startedMs = performance.now()
    const answer = await callApi(sandbox, 'workspaces/get')
    expect(answer.status).toBe(500)
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(38)
  })

  it('should apply with a given probability', async () => {
    await using sandbox = await openSandbox()
    sandbox.addFault({ kind: 'status', probability: 0.5 })
    const statuses = new Set<number>()
    for (let count = 0; count < 40; count += 1)
      statuses.add((await callApi(sandbox, 'workspaces/get')).status)
    expect(statuses).toEqual(new Set([200, 503]))
  })
})

describe('the control API', () => {
  it('should add, list and clear faults', async () => {
    await using sandbox = await openSandbox()
    await callControlApi(sandbox, 'POST', 'faults', { kind: 'status', route: '/workspaces/get' })
    expect((await callApi(sandbox, 'workspaces/get')).status).toBe(503)
    const { body } = await callControlApi(sandbox, 'GET', 'faults')
    expect(body.faults).toMatchObject([{ kind: 'status', status: 503, hits: 1 }])
    await callControlApi(sandbox, 'DELETE', 'faults')
    expect((await callApi(sandbox, 'workspaces/get')).status).toBe(200)
    const wrong = await callControlApi(sandbox, 'POST', 'faults', { kind: 'earthquake' })
    expect([wrong.status, wrong.body.error.type]).toEqual([400, 'invalid_input'])
  })

  it('should count calls by route until the counts are reset', async () => {
    await using sandbox = await openSandbox()
    await callApi(sandbox, 'acs/users/list')
    await callApi(sandbox, 'acs/users/list', { limit: 5 }, 'GET')
    await callApi(sandbox, 'workspaces/get')
    const { body } = await callControlApi(sandbox, 'GET', 'calls')
    expect(body).toMatchObject({ total: 3, byRoute: { 'acs/users/list': 2, 'workspaces/get': 1 } })
    await callControlApi(sandbox, 'DELETE', 'calls')
    expect(sandbox.calls()).toEqual({ total: 0, byRoute: {} })
  })

  it('should perform an activity on a named object or on a random one', async () => {
    await using sandbox = await openSandbox()
    const [acs_user_id] = sandbox.ids().acsUserIds
    const named = await callControlApi(sandbox, 'POST', 'act', {
      act: 'renameUser',
      acs_user_id,
      full_name: 'Ada',
    })
    const any = await callControlApi(sandbox, 'POST', 'act', { act: 'doorOffline' })
    const { body } = await callApi(sandbox, 'acs/users/get', { acs_user_id })
    const { acs_entrance_id } = any.body
    const door = await callApi(sandbox, 'acs/entrances/get', { acs_entrance_id })
    expect([named.body.acs_user_id, body.acs_user.full_name]).toEqual([acs_user_id, 'Ada'])
    expect(door.body.acs_entrance.latch_metadata.is_connected).toBe(false)
  })

  it('should list its commands in the response to an unknown command', async () => {
    await using sandbox = await openSandbox()
    const nowhere = '00000000-0000-4000-8000-000000000000'
    const act = await callControlApi(sandbox, 'POST', 'act', { act: 'dance' })
    const gone = await callControlApi(sandbox, 'POST', 'act', { act: 'suspendUser', acs_user_id: nowhere })
    const unknown = await callControlApi(sandbox, 'GET', 'constructor')
    expect([act.status, gone.status, unknown.status]).toEqual([400, 404, 404])
    expect(unknown.body.error.message).toContain('POST act')
  })

  it('should refuse requests of web pages', async () => {
    await using sandbox = await openSandbox()
    const response = await fetch(`${sandbox.url}/_sandbox/state`, {
      headers: { origin: 'https://example.com' },
    })
    expect(response.status).toBe(403)
  })

  it('should list the ids of all objects', async () => {
    await using sandbox = await openSandbox({ residents: 3 })
    const { body } = await callControlApi(sandbox, 'GET', 'state')
    expect(body).toMatchObject(sandbox.ids())
    expect(body.acsUserIds).toHaveLength(3)
  })
})
