import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changesOfEvent, type SeamEvent } from '../../src/model/seam-events.ts'

const systemId = '3c9e1a70-52b4-4f0e-9d1c-6b7a8c9d0e1f'
const userId = 'b2d4f6a8-1c3e-4a5b-8d7f-9e0a1b2c3d4e'
const entranceId = '55555555-5555-4555-8555-555555555555'
const credentialId = '66666666-6666-4666-8666-666666666666'
const accountId = '88888888-8888-4888-8888-888888888888'
const webviewId = '99999999-9999-4999-8999-999999999999'
const at = '2026-07-20T12:00:00.123456Z'

const eventOf = (event_type: string, extra: Record<string, unknown> = {}): SeamEvent => ({
  event_id: '8a1f3c52-0d4e-4b7a-9c11-2f6d5e7a9b01',
  event_type,
  workspace_id: '0d1e2f3a-4b5c-4d6e-8f70-8192a3b4c5d6',
  created_at: '2026-07-20T12:00:01.000Z',
  occurred_at: at,
  ...extra,
})

const inSystem = { acs_system_id: systemId, connected_account_id: accountId }
const credential = { ...inSystem, acs_credential_id: credentialId }
const user = { ...inSystem, acs_user_id: userId }
const door = { ...inSystem, acs_entrance_id: entranceId }
const grantDoor = { access_grant_id: accountId, acs_entrance_id: entranceId }
const account = { connected_account_id: accountId }
const webview = { connect_webview_id: webviewId }

/** Every type that touches the graph, and what its subject's id is called. */
const mapping: [
  type: string,
  carries: Record<string, unknown>,
  subject: string,
  kind: string,
  idKey: string,
][] = [
  ['acs_credential.issued', credential, 'CREDENTIAL', 'ISSUED', 'acs_credential_id'],
  ['acs_credential.reissued', credential, 'CREDENTIAL', 'REISSUED', 'acs_credential_id'],
  ['acs_credential.invalidated', credential, 'CREDENTIAL', 'INVALIDATED', 'acs_credential_id'],
  ['acs_credential.deleted', credential, 'CREDENTIAL', 'DELETED', 'acs_credential_id'],
  ['acs_user.created', user, 'USER', 'CREATED', 'acs_user_id'],
  ['acs_user.deleted', user, 'USER', 'DELETED', 'acs_user_id'],
  ['acs_entrance.added', door, 'ENTRANCE', 'CREATED', 'acs_entrance_id'],
  ['acs_entrance.removed', door, 'ENTRANCE', 'DELETED', 'acs_entrance_id'],
  ['access_grant.access_granted_to_door', grantDoor, 'ENTRANCE', 'UPDATED', 'acs_entrance_id'],
  ['access_grant.access_to_door_lost', grantDoor, 'ENTRANCE', 'UPDATED', 'acs_entrance_id'],
  ['acs_system.added', inSystem, 'CONNECTION', 'CREATED', 'acs_system_id'],
  ['acs_system.connected', inSystem, 'CONNECTION', 'CONNECTED', 'acs_system_id'],
  ['acs_system.disconnected', inSystem, 'CONNECTION', 'DISCONNECTED', 'acs_system_id'],
  ['connected_account.created', { ...account, ...webview }, 'CONNECTION', 'CREATED', 'connected_account_id'],
  ['connected_account.successful_login', account, 'CONNECTION', 'UPDATED', 'connected_account_id'],
  ['connected_account.connected', account, 'CONNECTION', 'CONNECTED', 'connected_account_id'],
  ['connected_account.disconnected', account, 'CONNECTION', 'DISCONNECTED', 'connected_account_id'],
  ['connected_account.reauthorization_requested', account, 'CONNECTION', 'UPDATED', 'connected_account_id'],
  ['connected_account.completed_first_sync', account, 'CONNECTION', 'UPDATED', 'connected_account_id'],
  [
    'connected_account.completed_first_sync_after_reconnection',
    account,
    'CONNECTION',
    'UPDATED',
    'connected_account_id',
  ],
  ['connected_account.deleted', account, 'CONNECTION', 'DELETED', 'connected_account_id'],
  [
    'connect_webview.login_succeeded',
    { ...account, ...webview },
    'CONNECTION',
    'UPDATED',
    'connect_webview_id',
  ],
  ['connect_webview.login_failed', webview, 'CONNECTION', 'UPDATED', 'connect_webview_id'],
]

describe.each(mapping)('%s', (type, carries, subject, kind, idKey) => {
  it(`should be told as ${subject} ${kind}, with every id it names`, () => {
    const changes = changesOfEvent(eventOf(type, carries), 'WEBHOOK')
    expect(changes).toEqual([
      {
        subject,
        kind,
        origin: 'WEBHOOK',
        occurredAt: at,
        actor: null,
        seamEventId: '8a1f3c52-0d4e-4b7a-9c11-2f6d5e7a9b01',
        acsSystemId: carries.acs_system_id ?? null,
        acsUserId: carries.acs_user_id ?? null,
        acsEntranceIds: carries.acs_entrance_id === undefined ? null : [carries.acs_entrance_id],
        acsCredentialId: carries.acs_credential_id ?? null,
        connectedAccountId: carries.connected_account_id ?? null,
        connectWebviewId: carries.connect_webview_id ?? null,
        changedFields: expect.any(Array),
        problem: changes[0]?.problem ?? null,
      },
    ])
  })

  it(`should be told as nothing without a readable ${idKey}, and never throw`, () => {
    for (const id of [undefined, null, '', 'no id', 7, [carries[idKey]], `${carries[idKey]}0`])
      expect(changesOfEvent(eventOf(type, { ...carries, [idKey]: id }), 'WEBHOOK')).toEqual([])
  })

  it('should be told with ids in lower case', () => {
    const shouted = Object.fromEntries(
      Object.entries(carries).map(([name, id]) => [name, String(id).toUpperCase()]),
    )
    expect(changesOfEvent(eventOf(type, shouted), 'WEBHOOK')).toEqual(
      changesOfEvent(eventOf(type, carries), 'WEBHOOK'),
    )
  })
})

describe('events that touch nothing of the graph', () => {
  it.each([
    'access_grant.created',
    'access_method.issued',
    'space.created',
    'client_session.deleted',
    'phone.deactivated',
    'lock.unlocked',
    'device.connected',
    'acs_credential.some_day_new',
    'constructor',
    '__proto__',
    'toString',
    '',
  ])('should be told as nothing: %s', (type) => {
    expect(changesOfEvent(eventOf(type, { ...credential, ...door, ...user, ...webview }), 'WEBHOOK')).toEqual(
      [],
    )
  })

  it('should never throw, whatever an event carries', () => {
    const type = fc.oneof(fc.constantFrom(...mapping.map(([name]) => name)), fc.string())
    const carried = fc.dictionary(
      fc.constantFrom(
        'acs_system_id',
        'acs_system_errors',
        'connected_account_errors',
        'connected_account_warnings',
        'occurred_at',
      ),
      fc.anything(),
    )
    fc.assert(
      fc.property(type, carried, (name, extra) => {
        const changes = changesOfEvent(
          eventOf(name, { ...credential, ...door, ...user, ...webview, ...extra }),
          'BACKFILL',
        )
        for (const { occurredAt } of changes) expect(Date.parse(occurredAt)).not.toBeNaN()
      }),
    )
  })
})

describe('which fields an event says have changed', () => {
  const fieldsOf = (type: string, carries: object) =>
    changesOfEvent(eventOf(type, { ...carries }), 'WEBHOOK')[0]?.changedFields

  it("should be a door's credentials and users when an access grant opens or closes it", () => {
    expect(fieldsOf('access_grant.access_granted_to_door', grantDoor)).toEqual(['credentials', 'users'])
    expect(fieldsOf('access_grant.access_to_door_lost', grantDoor)).toEqual(['credentials', 'users'])
  })

  it('should be the status of a Connect Webview, and the account that came of it', () => {
    expect(fieldsOf('connect_webview.login_failed', webview)).toEqual(['status'])
    expect(fieldsOf('connect_webview.login_succeeded', { ...webview, ...account })).toContain('status')
    expect(fieldsOf('connect_webview.login_succeeded', { ...webview, ...account })).toContain(
      'connectedAccount',
    )
  })

  it('should be none where Seam does not say', () => {
    expect(fieldsOf('acs_credential.issued', credential)).toEqual([])
  })
})

describe('what is wrong with a connection', () => {
  const problemOf = (type: string, carries: object) =>
    changesOfEvent(eventOf(type, { ...carries }), 'WEBHOOK')[0]?.problem
  const error = (error_code: string) => ({ error_code, message: `about ${error_code}`, created_at: at })
  const warning = (warning_code: string) => ({
    warning_code,
    message: `about ${warning_code}`,
    created_at: at,
  })
  const told = (code: string) => ({ code, message: `about ${code}`, since: at })

  it("should be the system's first error, before the account's", () => {
    const errors = {
      acs_system_errors: [error('lost'), error('also')],
      connected_account_errors: [error('account')],
    }
    expect(problemOf('acs_system.disconnected', { ...inSystem, ...errors })).toEqual(told('lost'))
    const onlyAccount = { acs_system_errors: [], connected_account_errors: [error('account')] }
    expect(problemOf('acs_system.disconnected', { ...inSystem, ...onlyAccount })).toEqual(told('account'))
  })

  it("should be the account's warning when it asks for a new login, or else its error, or else just that", () => {
    const type = 'connected_account.reauthorization_requested'
    const both = { connected_account_warnings: [warning('soon')], connected_account_errors: [error('now')] }
    expect(problemOf(type, { ...account, ...both })).toEqual(told('soon'))
    expect(problemOf(type, { ...account, connected_account_errors: [error('now')] })).toEqual(told('now'))
    expect(problemOf(type, account)).toMatchObject({ code: 'account_reauthorization_requested', since: null })
  })

  it('should be said of every disconnection and of a failed login, even when Seam lists nothing', () => {
    expect(problemOf('acs_system.disconnected', inSystem)).toMatchObject({ code: 'acs_system_disconnected' })
    expect(problemOf('connected_account.disconnected', account)).toMatchObject({
      code: 'account_disconnected',
    })
    expect(problemOf('connect_webview.login_failed', webview)).toMatchObject({ code: 'login_failed' })
  })

  it('should be nothing where all is well', () => {
    expect(problemOf('acs_system.connected', { ...inSystem, acs_system_errors: [error('old')] })).toBeNull()
    expect(problemOf('connect_webview.login_succeeded', webview)).toBeNull()
  })

  it('should be read past rows that are none', () => {
    const odd = {
      acs_system_errors: [
        null,
        'text',
        {},
        { error_code: 7 },
        { error_code: 'lost', message: 5, created_at: 'soon' },
      ],
    }
    expect(problemOf('acs_system.disconnected', { ...inSystem, ...odd })).toEqual({
      code: 'lost',
      message: '',
      since: null,
    })
    expect(problemOf('acs_system.disconnected', { ...inSystem, acs_system_errors: 'text' })).not.toBeNull()
  })
})

describe('a change', () => {
  it('should never carry a PIN or anything else that was not asked for', () => {
    const secrets = {
      code: '8675309',
      client_session_token: 'seam_cst',
      connect_webview_url: 'https://connect.example/x',
      event_description: 'told by Seam',
    }
    const [change] = changesOfEvent(
      eventOf('acs_credential.issued', { ...credential, ...secrets }),
      'WEBHOOK',
    )
    for (const secret of Object.values(secrets)) expect(JSON.stringify(change)).not.toContain(secret)
  })

  it('should have happened when Seam says, or else when Seam told it', () => {
    const timesOf = (occurred_at: unknown, created_at: unknown) =>
      changesOfEvent(eventOf('acs_user.created', { ...user, occurred_at, created_at }), 'WEBHOOK').map(
        ({ occurredAt }) => occurredAt,
      )
    expect(timesOf(at, '2026-07-20T12:00:01Z')).toEqual([at])
    expect(timesOf('2026-07-20T14:00:00+02:00', undefined)).toEqual(['2026-07-20T14:00:00+02:00'])
    expect(timesOf('yesterday', '2026-07-20T12:00:01Z')).toEqual(['2026-07-20T12:00:01Z'])
    expect(timesOf(undefined, 12)).toEqual([])
    expect(timesOf('2026-13-45T12:00:00Z', null)).toEqual([])
  })

  it('should keep the way it came', () => {
    for (const origin of ['WEBHOOK', 'BACKFILL'] as const)
      expect(changesOfEvent(eventOf('acs_user.created', user), origin)[0]?.origin).toBe(origin)
  })
})
