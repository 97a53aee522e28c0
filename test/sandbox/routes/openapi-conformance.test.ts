import { describe, expect, it } from 'vitest'
import { allRoutes } from '../../../src/sandbox/routes/registry.ts'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import { answerFaults, eventFaults, verbsOf } from '../openapi-validation.ts'
import { type ApiResponse, callApi, openSandbox } from '../sandbox-fixture.ts'

const inADay = () => new Date(Date.now() + 86_400_000).toISOString()
const since = '2020-01-01T00:00:00.000Z'

/** Calls every route at least once, and validates each response against Seam's OpenAPI document. Returns the paths. */
async function walk(sandbox: Sandbox, verbOf: (path: string) => string): Promise<Set<string>> {
  const validated = new Set<string>()

  async function ask(path: string, params: Record<string, unknown> = {}): Promise<ApiResponse['body']> {
    const { status, body, headers } = await callApi(sandbox, path.slice(1), params, verbOf(path))
    expect([path, status, body]).toEqual([path, 200, body])
    expect(headers.get('seam-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(answerFaults(path, body)).toEqual([])
    validated.add(path)
    return body
  }

  async function refused(path: string, params: Record<string, unknown>): Promise<void> {
    const { status, body } = await callApi(sandbox, path.slice(1), params, verbOf(path))
    expect([status, body.ok, body.error.type]).toEqual([400, false, 'not_supported'])
    validated.add(path)
  }

  await ask('/workspaces/get')
  await ask('/phones/list')
  const systems = await ask('/acs/systems/list')
  const { acs_system_id, connected_account_id } = systems.acs_systems[0]
  await ask('/acs/systems/get', { acs_system_id })
  const doors = await ask('/acs/entrances/list', { acs_system_id })
  const [{ acs_entrance_id }, { acs_entrance_id: garage }] = doors.acs_entrances
  await ask('/acs/entrances/list', { acs_entrance_ids: [acs_entrance_id, garage] })
  await ask('/acs/entrances/list', { acs_entrance_ids: [acs_entrance_id] })
  await ask('/acs/entrances/get', { acs_entrance_id })
  await ask('/acs/entrances/list_credentials_with_access', { acs_entrance_id })

  const unnamed = await ask('/user_identities/create', { user_identity_key: 'nobody', full_name: null })
  const identity = await ask('/user_identities/create', {
    user_identity_key: 'jane',
    email_address: 'jane@example.com',
    full_name: 'Jane Doe',
  })
  const { user_identity_id } = identity.user_identity
  await ask('/user_identities/get', { user_identity_id })
  await ask('/user_identities/get', { user_identity_key: 'jane' })
  await ask('/user_identities/list', { user_identity_ids: [user_identity_id] })
  await ask('/user_identities/update', { user_identity_id, phone_number: '+14155550123' })

  const made = await ask('/acs/users/create', {
    acs_system_id,
    full_name: 'Jane Doe',
    email_address: 'jane@example.com',
    access_schedule: { starts_at: since, ends_at: inADay() },
  })
  const { acs_user_id } = made.acs_user
  await ask('/user_identities/add_acs_user', { acs_user_id, user_identity_id })
  await ask('/acs/users/get', { acs_user_id })
  await ask('/acs/users/get', { user_identity_id, acs_system_id })
  await ask('/acs/users/list', { acs_system_id })
  await ask('/acs/users/update', { acs_user_id, full_name: 'Jane Roe' })
  await ask('/acs/users/update', { acs_user_id, access_schedule: null })
  await ask('/acs/users/suspend', { acs_user_id })
  await ask('/acs/users/unsuspend', { acs_user_id })
  await ask('/user_identities/list_acs_users', { user_identity_id })
  await ask('/user_identities/list_acs_systems', { user_identity_id })

  const key = await ask('/acs/credentials/create', {
    acs_user_id,
    access_method: 'mobile_key',
    is_multi_phone_sync_credential: true,
    allowed_acs_entrance_ids: [acs_entrance_id, garage],
  })
  const code = await ask('/acs/credentials/create', {
    acs_user_id,
    access_method: 'code',
    allowed_acs_entrance_ids: [acs_entrance_id],
    ends_at: inADay(),
  })
  const { acs_credential_id } = code.acs_credential
  await ask('/acs/credentials/get', { acs_credential_id })
  await ask('/acs/credentials/list')
  await ask('/acs/credentials/list', { acs_user_id, is_multi_phone_sync_credential: true })
  await ask('/acs/credentials/update', { acs_credential_id, ends_at: inADay() })
  await ask('/acs/credentials/list_accessible_entrances', { acs_credential_id })
  await ask('/acs/users/list_accessible_entrances', { acs_user_id })
  await ask('/user_identities/list_accessible_entrances', { user_identity_id })
  await ask('/acs/credentials/unassign', { acs_credential_id, acs_user_id })
  await ask('/acs/credentials/assign', { acs_credential_id, user_identity_id })
  await refused('/acs/entrances/grant_access', { acs_entrance_id, acs_user_id })
  await refused('/acs/entrances/unlock', { acs_entrance_id, acs_credential_id })

  const session = await ask('/client_sessions/create', { user_identity_id })
  const { client_session_id } = session.client_session
  await ask('/client_sessions/get_or_create', { user_identity_id, expires_at: inADay() })
  await ask('/client_sessions/get', { client_session_id })
  await ask('/client_sessions/list', { user_identity_id })
  await ask('/client_sessions/revoke', { client_session_id })
  await ask('/client_sessions/delete', { client_session_id })

  const hook = await ask('/webhooks/create', {
    url: 'http://127.0.0.1:9/none',
    event_types: ['space.created'],
  })
  const { webhook_id } = hook.webhook
  await ask('/webhooks/list')
  await ask('/webhooks/get', { webhook_id })
  await ask('/webhooks/update', { webhook_id, event_types: ['space.deleted', 'space.created'] })
  await ask('/webhooks/delete', { webhook_id })

  const webview = await ask('/connect_webviews/create', {
    accepted_providers: ['latch'],
    custom_metadata: { tenant: 't1', isTest: true },
    customer_key: 'customer_1',
  })
  const { connect_webview_id, url } = webview.connect_webview
  const form = new URL(url).searchParams
  await fetch(url, { method: 'POST', body: new URLSearchParams([...form, ['decision', 'authorize']]) })
  await ask('/connect_webviews/get', { connect_webview_id })
  await ask('/connect_webviews/list', { custom_metadata_has: { tenant: 't1', isTest: true } })
  const found = await ask('/connected_accounts/list', { custom_metadata_has: { isTest: true } })
  expect(found.connected_accounts).toHaveLength(1)
  await ask('/connect_webviews/delete', { connect_webview_id })

  await ask('/connected_accounts/list')
  await ask('/connected_accounts/get', { connected_account_id })
  await ask('/connected_accounts/sync', { connected_account_id })
  await ask('/connected_accounts/simulate/disconnect', { connected_account_id })
  await ask('/connected_accounts/get', { connected_account_id })
  await ask('/acs/systems/list', { connected_account_id })
  sandbox.act('repair', { connected_account_id })
  sandbox.act('moveIn')
  sandbox.act('reissue')
  sandbox.act('expire')
  sandbox.act('removeDoor')

  const { events } = await ask('/events/list', { since })
  for (const event of events) expect(eventFaults(event)).toEqual([])
  await ask('/events/get', { event_id: events[0].event_id })
  await ask('/events/get', { event_type: 'lock.unlocked' })

  await ask('/acs/credentials/delete', { acs_credential_id: key.acs_credential.acs_credential_id })
  await ask('/user_identities/remove_acs_user', { acs_user_id, user_identity_id })
  await ask('/acs/users/delete', { acs_user_id })
  await ask('/user_identities/delete', { user_identity_id })
  await ask('/user_identities/delete', { user_identity_id: unnamed.user_identity.user_identity_id })
  await ask('/connected_accounts/delete', { connected_account_id })
  const { events: last } = await ask('/events/list', { since, limit: 2000 })
  for (const event of last) expect(eventFaults(event)).toEqual([])
  return validated
}

const allPaths = allRoutes.map((route) => route.path).sort()

describe('every route', () => {
  it('should answer a POST as Seam documents it', async () => {
    await using sandbox = await openSandbox()
    const validated = await walk(sandbox, () => 'POST')
    expect([...validated].sort()).toEqual(allPaths)
  })

  it('should answer its other verb as Seam documents it', async () => {
    await using sandbox = await openSandbox()
    const verbs = new Map(allRoutes.map((route) => [route.path, route.verb]))
    const validated = await walk(sandbox, (path) => verbs.get(path) ?? 'POST')
    expect([...validated].sort()).toEqual(allPaths)
  })

  it.each(allRoutes)('should support the verbs that Seam documents: $path', ({ path, verb }) => {
    expect(new Set(['POST', verb])).toEqual(new Set(verbsOf(path)))
  })

  it('should return valid objects while changes are pending at Latch', async () => {
    await using sandbox = await openSandbox({ issueDelayMs: 60_000, deleteDelayMs: 60_000 })
    const { acs_user_id = '' } = sandbox.act('moveIn')
    await callApi(sandbox, 'acs/users/update', { acs_user_id, full_name: 'Somebody Else' })
    await callApi(sandbox, 'acs/users/suspend', { acs_user_id })
    const user = await callApi(sandbox, 'acs/users/get', { acs_user_id })
    expect(answerFaults('/acs/users/get', user.body)).toEqual([])
    expect(
      user.body.acs_user.pending_mutations.map((one: { mutation_code: string }) => one.mutation_code),
    ).toEqual(['creating', 'updating_user_information', 'updating_suspension_state'])
    await callApi(sandbox, 'acs/users/delete', { acs_user_id })
    const keys = await callApi(sandbox, 'acs/credentials/list', { acs_user_id })
    expect(answerFaults('/acs/credentials/list', keys.body)).toEqual([])
    for (const key of keys.body.acs_credentials) {
      expect(key.warnings.map((one: { warning_code: string }) => one.warning_code)).toEqual([
        'waiting_to_be_issued',
        'being_deleted',
      ])
    }
  })
})
