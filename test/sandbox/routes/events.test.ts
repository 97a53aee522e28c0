import { describe, expect, it } from 'vitest'
import type { ActivityName } from '../../../src/sandbox/activity/activities.ts'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import { callApi, callControlApi, openSandbox, waitUntil } from '../sandbox-fixture.ts'

const since = '2020-01-01T00:00:00Z'

async function keysOf(sandbox: Sandbox, { acs_user_id }: Record<string, string>): Promise<object[]> {
  return (await callApi(sandbox, 'acs/credentials/list', { acs_user_id })).body.acs_credentials
}

describe('events/list', () => {
  it('should require either since or between', async () => {
    await using sandbox = await openSandbox()
    const between = [since, '2099-01-01T00:00:00Z']
    const cases = [
      {},
      { acs_system_id: sandbox.ids().acsSystemIds[0] },
      { since, between },
      { between: [since] },
    ]
    for (const params of cases) {
      const { status, body } = await callApi(sandbox, 'events/list', params)
      expect([params, status, body.error.type]).toEqual([params, 400, 'invalid_input'])
    }
    expect((await callApi(sandbox, 'events/list', { between }, 'GET')).status).toBe(200)
  })

  it('should exclude both bounds, to the microsecond', async () => {
    await using sandbox = await openSandbox()
    for (let count = 0; count < 4; count += 1) sandbox.act('addDoor')
    const stamps = sandbox.events().map((event) => event.created_at)
    expect(stamps.every((stamp) => /\.\d{6}Z$/.test(stamp))).toBe(true)
    expect(new Set(stamps).size).toBe(4)
    const later = await callApi(sandbox, 'events/list', { since: stamps[0] })
    const inside = await callApi(sandbox, 'events/list', { between: [stamps[0], stamps[3]] })
    expect(later.body.events).toHaveLength(3)
    expect(inside.body.events).toHaveLength(2)
  })

  it('should filter by type, object and id, oldest first, up to the limit', async () => {
    await using sandbox = await openSandbox()
    const { acs_user_id, acs_system_id } = sandbox.act('moveIn')
    sandbox.act('addDoor')
    sandbox.act('removeDoor')
    const list = async (params: Record<string, unknown>) =>
      (await callApi(sandbox, 'events/list', { since, ...params }, 'GET')).body.events
    const all = sandbox.events()
    expect(await list({ acs_user_id })).toEqual([all[0]])
    expect(await list({ event_types: ['acs_entrance.added', 'acs_entrance.removed'] })).toEqual(all.slice(-2))
    expect(await list({ event_type: 'acs_credential.issued', acs_system_ids: [acs_system_id] })).toHaveLength(
      3,
    )
    expect(await list({ event_ids: [all[2]?.event_id] })).toEqual([all[2]])
    expect(await list({ limit: 2 })).toEqual(all.slice(0, 2))
    expect(await list({ limit: 2, unstable_offset: 2 })).toEqual(all.slice(2, 4))
  })

  it('should return 500 events by default', async () => {
    await using sandbox = await openSandbox()
    for (let count = 0; count < 600; count += 1) sandbox.emit({ event_type: 'space.created' })
    expect((await callApi(sandbox, 'events/list', { since })).body.events).toHaveLength(500)
  })

  it('should omit events older than eventRetentionMs', async () => {
    let nowMs = Date.now()
    await using sandbox = await openSandbox({ eventRetentionMs: 1000, now: () => nowMs })
    sandbox.act('addDoor')
    nowMs += 2000
    sandbox.act('removeDoor')
    const { body } = await callApi(sandbox, 'events/list', { since })
    expect(body.events.map((event: { event_type: string }) => event.event_type)).toEqual([
      'acs_entrance.removed',
    ])
  })

  it('should not repeat an event id after a restart', async () => {
    const ids = new Set<string>()
    for (let start = 0; start < 2; start += 1) {
      await using sandbox = await openSandbox()
      sandbox.act('moveIn')
      for (const { event_id } of sandbox.events()) ids.add(event_id)
    }
    expect(ids.size).toBe(8)
  })
})

describe('the events of the sandbox', () => {
  const silent: ActivityName[] = [
    'doorOffline',
    'doorOnline',
    'renameDoor',
    'renameSystem',
    'renameUser',
    'suspendUser',
    'unsuspendUser',
    'extendKey',
  ]

  it.each(silent)('should not include the activity %s', async (act) => {
    await using sandbox = await openSandbox()
    sandbox.act(act)
    expect(sandbox.events()).toEqual([])
  })

  it('should not include changes for which Seam has no event', async () => {
    await using sandbox = await openSandbox()
    const { acsUserIds, acsCredentialIds, userIdentityIds } = sandbox.ids()
    const [acs_user_id] = acsUserIds
    const [acs_credential_id] = acsCredentialIds
    const [user_identity_id] = userIdentityIds
    const routes: [string, Record<string, unknown>][] = [
      ['acs/users/update', { acs_user_id, full_name: 'Renamed' }],
      ['acs/users/suspend', { acs_user_id }],
      ['acs/users/unsuspend', { acs_user_id }],
      ['acs/credentials/update', { acs_credential_id, ends_at: '2099-01-01T00:00:00Z' }],
      ['user_identities/update', { user_identity_id, full_name: 'Renamed' }],
      ['user_identities/create', { full_name: 'New' }],
      ['user_identities/remove_acs_user', { user_identity_id, acs_user_id }],
      ['client_sessions/create', { user_identity_id }],
      ['connect_webviews/create', { accepted_providers: ['latch'] }],
    ]
    for (const [path, params] of routes) expect((await callApi(sandbox, path, params)).status).toBe(200)
    expect(sandbox.events()).toEqual([])
  })

  it('should include an issued credential after issueDelayMs; until then it has a warning', async () => {
    await using slow = await openSandbox({ issueDelayMs: 60_000 })
    const [, waiting] = await keysOf(slow, slow.act('moveIn'))
    expect(waiting).toMatchObject({
      code: null,
      is_issued: false,
      warnings: [{ warning_code: 'waiting_to_be_issued' }],
    })
    await using sandbox = await openSandbox({ issueDelayMs: 10 })
    const { acs_user_id = '' } = sandbox.act('moveIn')
    await waitUntil(
      () => sandbox.events().filter((one) => one.event_type === 'acs_credential.issued').length === 3,
    )
    const [, issued] = await keysOf(sandbox, { acs_user_id })
    expect(issued).toMatchObject({ code: expect.stringMatching(/^\d{7}$/), is_issued: true, warnings: [] })
    const { body } = await callApi(sandbox, 'acs/users/get', { acs_user_id })
    expect(body.acs_user).toMatchObject({
      pending_mutations: [],
      last_successful_sync_at: expect.any(String),
    })
  })

  it('should include the end of a credential, unless its end has changed', async () => {
    await using sandbox = await openSandbox()
    const ends_at = new Date(Date.now() + 60).toISOString()
    const { acs_credential_id } = sandbox.act('guestCode', { ends_at })
    const { acs_credential_id: moved } = sandbox.act('guestCode', { ends_at })
    sandbox.act('extendKey', { acs_credential_id: moved })
    const invalidated = () =>
      sandbox.events().filter((one) => one.event_type === 'acs_credential.invalidated')
    await waitUntil(() => invalidated().length > 0)
    sandbox.act('expire', { acs_credential_id: moved })
    expect(invalidated().map((one) => one.acs_credential_id)).toEqual([acs_credential_id, moved])
  })

  it('should include a deletion after deleteDelayMs', async () => {
    await using slow = await openSandbox({ deleteDelayMs: 60_000 })
    const [acs_user_id = ''] = slow.ids().acsUserIds
    await callApi(slow, 'acs/users/delete', { acs_user_id })
    const marked = await callApi(slow, 'acs/users/get', { acs_user_id })
    expect(marked.body.acs_user.warnings).toMatchObject([{ warning_code: 'being_deleted' }])
    expect(slow.events()).toEqual([])
    await using sandbox = await openSandbox({ deleteDelayMs: 10 })
    await callApi(sandbox, 'acs/users/delete', { acs_user_id })
    await waitUntil(async () => (await callApi(sandbox, 'acs/users/get', { acs_user_id })).status === 404)
    expect(sandbox.events().map((one) => one.event_type)).toEqual([
      ...new Array(3).fill('acs_credential.deleted'),
      'acs_user.deleted',
    ])
  })

  it('should include any event sent with the control API', async () => {
    await using sandbox = await openSandbox()
    const { status, body } = await callControlApi(sandbox, 'POST', 'emit', {
      event_type: 'sauna.heated',
      degrees: 90,
    })
    expect([status, body.event.event_type, body.event.degrees]).toEqual([200, 'sauna.heated', 90])
    const found = await callApi(sandbox, 'events/get', { event_id: body.event.event_id })
    expect(found.body.event).toEqual(body.event)
  })
})
