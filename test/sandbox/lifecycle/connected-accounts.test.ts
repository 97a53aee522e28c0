import { describe, expect, it } from 'vitest'
import { callApi, openSandbox, waitUntil } from '../sandbox-fixture.ts'

const decide = (url: string, decision: string) => {
  const body = new URLSearchParams([...new URL(url).searchParams, ['decision', decision]])
  return fetch(url, { method: 'POST', body, redirect: 'manual' })
}

describe('a Connect Webview', () => {
  it('should create a connected account without ACS systems when it is authorized', async () => {
    await using sandbox = await openSandbox({ issueDelayMs: 60_000 })
    const created = await callApi(sandbox, 'connect_webviews/create', { accepted_providers: ['latch'] })
    const { url, connect_webview_id, status } = created.body.connect_webview
    expect([status, new URL(url).origin]).toEqual(['pending', sandbox.url])
    const page = await fetch(url)
    expect(await page.text()).toMatch(/Authorize.*Fail/s)
    expect(await (await decide(url, 'authorize')).text()).toContain('Latch is connected')
    const { body } = await callApi(sandbox, 'connect_webviews/get', { connect_webview_id })
    const { connected_account_id } = body.connect_webview
    expect(body.connect_webview).toMatchObject({ status: 'authorized', login_successful: true })
    const systems = await callApi(sandbox, 'acs/systems/list', { connected_account_id })
    expect(systems.body.acs_systems).toEqual([])
  })

  it('should create an ACS system with entrances after issueDelayMs', async () => {
    await using sandbox = await openSandbox({ issueDelayMs: 10 })
    const { body } = await callApi(sandbox, 'connect_webviews/create', {
      accepted_providers: ['latch'],
      customer_key: 'customer_1',
      custom_metadata: { tenant: 't1', gone: null },
    })
    await decide(body.connect_webview.url, 'authorize')
    await waitUntil(() => sandbox.events().at(-1)?.event_type === 'connected_account.completed_first_sync')
    expect(sandbox.events().map((event) => event.event_type)).toEqual([
      'connect_webview.login_succeeded',
      'connected_account.created',
      'connected_account.successful_login',
      'connected_account.connected',
      'acs_system.added',
      ...new Array(8).fill('acs_entrance.added'),
      'connected_account.completed_first_sync',
    ])
    const systems = await callApi(sandbox, 'acs/systems/list', { customer_key: 'customer_1' })
    const doors = await callApi(sandbox, 'acs/entrances/list', { customer_key: 'customer_1' })
    const tenant = { custom_metadata_has: { tenant: 't1' } }
    const accounts = await callApi(sandbox, 'connected_accounts/list', tenant, 'GET')
    expect([systems.body.acs_systems.length, doors.body.acs_entrances.length]).toEqual([1, 8])
    expect(accounts.body.connected_accounts).toMatchObject([
      { customer_key: 'customer_1', custom_metadata: { tenant: 't1' } },
    ])
  })

  it('should redirect after the decision, and accept only one decision', async () => {
    await using sandbox = await openSandbox()
    const { body } = await callApi(sandbox, 'connect_webviews/create', {
      accepted_providers: ['latch'],
      custom_redirect_url: 'https://example.com/done?step=2',
      custom_redirect_failure_url: 'https://example.com/failed',
    })
    const { url, connect_webview_id } = body.connect_webview
    const failed = await decide(url, 'fail')
    expect([failed.status, failed.headers.get('location')]).toEqual([
      303,
      `https://example.com/failed?connect_webview_id=${connect_webview_id}`,
    ])
    await decide(url, 'authorize')
    expect(sandbox.events().map((event) => event.event_type)).toEqual(['connect_webview.login_failed'])
    expect(sandbox.ids().connectedAccountIds).toHaveLength(1)
  })

  it('should reject a wrong token, an unknown decision and another provider', async () => {
    await using sandbox = await openSandbox()
    const { body } = await callApi(sandbox, 'connect_webviews/create', { accepted_providers: ['latch'] })
    const wrong = new URL(body.connect_webview.url)
    wrong.searchParams.set('auth_token', 'guessed')
    expect((await fetch(wrong)).status).toBe(404)
    expect((await decide(wrong.href, 'authorize')).status).toBe(404)
    expect((await decide(body.connect_webview.url, 'perhaps')).status).toBe(400)
    const others = await callApi(sandbox, 'connect_webviews/create', { accepted_providers: ['salto_ks'] })
    expect([others.status, others.body.error.type]).toEqual([400, 'not_supported'])
  })
})

describe('a disconnected account', () => {
  it('should have the error, also on its ACS systems, until it is repaired, and then issue credentials', async () => {
    await using sandbox = await openSandbox()
    const [connected_account_id = ''] = sandbox.ids().connectedAccountIds
    const look = async () => {
      const account = await callApi(sandbox, 'connected_accounts/get', { connected_account_id })
      const systems = await callApi(sandbox, 'acs/systems/list', { connected_account_id })
      const all = [account.body.connected_account, ...systems.body.acs_systems]
      return all.map((one) => one.errors.map((error: { error_code: string }) => error.error_code))
    }
    await callApi(sandbox, 'connected_accounts/simulate/disconnect', { connected_account_id })
    await callApi(sandbox, 'connected_accounts/simulate/disconnect', { connected_account_id })
    expect(await look()).toEqual(new Array(3).fill(['account_disconnected']))
    const [first, , last] = sandbox.events()
    expect(sandbox.events()).toHaveLength(3)
    expect(first).toMatchObject({
      event_type: 'acs_system.disconnected',
      acs_system_errors: [{ error_code: 'account_disconnected' }],
      connected_account_errors: [{ error_code: 'account_disconnected' }],
    })
    expect(last).toMatchObject({ event_type: 'connected_account.disconnected' })

    const { acs_user_id } = sandbox.act('moveIn')
    const keys = async () =>
      (await callApi(sandbox, 'acs/credentials/list', { acs_user_id })).body.acs_credentials
    expect((await keys()).map((key: { is_issued: boolean }) => key.is_issued)).toEqual([false, false, false])
    sandbox.act('repair', { connected_account_id })
    expect(await look()).toEqual([[], [], []])
    expect((await keys()).map((key: { is_issued: boolean }) => key.is_issued)).toEqual([true, true, true])
    expect(sandbox.events().map((event) => event.event_type)).toEqual([
      'acs_system.disconnected',
      'acs_system.disconnected',
      'connected_account.disconnected',
      'acs_user.created',
      'connected_account.connected',
      'acs_system.connected',
      'acs_system.connected',
      'connected_account.completed_first_sync_after_reconnection',
      ...new Array(3).fill('acs_credential.issued'),
    ])
  })
})

describe('deleting', () => {
  it('should remove all objects of a connected account, and its earlier events', async () => {
    await using sandbox = await openSandbox()
    sandbox.act('moveIn')
    sandbox.act('moveOut')
    const before = sandbox.ids()
    const [connected_account_id = ''] = before.connectedAccountIds
    await callApi(sandbox, 'connected_accounts/delete', { connected_account_id })
    const { acsSystemIds, acsEntranceIds, acsUserIds, acsCredentialIds, userIdentityIds } = sandbox.ids()
    expect([acsSystemIds, acsEntranceIds, acsUserIds, acsCredentialIds]).toEqual([[], [], [], []])
    expect(userIdentityIds.length).toBeGreaterThan(0)
    const counts = Object.groupBy(sandbox.events(), (event) => event.event_type)
    expect(Object.entries(counts).map(([type, events]) => [type, events?.length])).toEqual([
      ['acs_credential.deleted', before.acsCredentialIds.length],
      ['acs_user.deleted', before.acsUserIds.length],
      ['acs_entrance.removed', 40],
      ['connected_account.deleted', 1],
    ])
    expect(sandbox.events().at(-1)).toMatchObject({ connected_account_type: 'latch', connected_account_id })
  })

  it('should remove the ACS users, credentials and client sessions of a user identity', async () => {
    await using sandbox = await openSandbox()
    const { acs_user_id, user_identity_id } = sandbox.act('moveIn')
    await callApi(sandbox, 'client_sessions/create', { user_identity_id })
    await callApi(sandbox, 'user_identities/delete', { user_identity_id })
    expect((await callApi(sandbox, 'acs/users/get', { acs_user_id })).status).toBe(404)
    expect(sandbox.ids().clientSessionIds).toEqual([])
    expect(
      sandbox
        .events()
        .slice(-5)
        .map((event) => event.event_type),
    ).toEqual([...new Array(3).fill('acs_credential.deleted'), 'acs_user.deleted', 'client_session.deleted'])
  })
})
