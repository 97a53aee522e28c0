import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changesOfEvent, type SeamEvent } from '../../src/model/seam-events.ts'

const systemId = '3c9e1a70-52b4-4f0e-9d1c-6b7a8c9d0e1f'
const userId = 'b2d4f6a8-1c3e-4a5b-8d7f-9e0a1b2c3d4e'
const entranceId = '55555555-5555-4555-8555-555555555555'
const credentialId = '66666666-6666-4666-8666-666666666666'
const accountId = '88888888-8888-4888-8888-888888888888'
const webviewId = '99999999-9999-4999-8999-999999999999'
const occurredAt = '2026-07-20T12:00:00.123456Z'

const eventOf = (event_type: string, extra: Record<string, unknown> = {}): SeamEvent => ({
  event_id: '8a1f3c52-0d4e-4b7a-9c11-2f6d5e7a9b01',
  event_type,
  workspace_id: '0d1e2f3a-4b5c-4d6e-8f70-8192a3b4c5d6',
  created_at: '2026-07-20T12:00:01.000Z',
  occurred_at: occurredAt,
  ...extra,
})

const inSystem = { acs_system_id: systemId, connected_account_id: accountId }
const credential = { ...inSystem, acs_credential_id: credentialId }
const user = { ...inSystem, acs_user_id: userId }
const entrance = { ...inSystem, acs_entrance_id: entranceId }
const accessGrant = { access_grant_id: accountId, acs_entrance_id: entranceId }
const account = { connected_account_id: accountId }
const webview = { connect_webview_id: webviewId }

/** Every event type that affects the graph, with the field that contains the id of the changed object. */
const mapping: [
  type: string,
  fields: Record<string, unknown>,
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
  ['acs_entrance.added', entrance, 'ENTRANCE', 'CREATED', 'acs_entrance_id'],
  ['acs_entrance.removed', entrance, 'ENTRANCE', 'DELETED', 'acs_entrance_id'],
  ['access_grant.access_granted_to_door', accessGrant, 'ENTRANCE', 'UPDATED', 'acs_entrance_id'],
  ['access_grant.access_to_door_lost', accessGrant, 'ENTRANCE', 'UPDATED', 'acs_entrance_id'],
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

describe.each(mapping)('%s', (type, fields, subject, kind, idKey) => {
  it(`should become a change ${subject} ${kind} with every id of the event`, () => {
    const changes = changesOfEvent(eventOf(type, fields), 'WEBHOOK')
    expect(changes).toEqual([
      {
        subject,
        kind,
        origin: 'WEBHOOK',
        occurredAt,
        actor: null,
        seamEventId: '8a1f3c52-0d4e-4b7a-9c11-2f6d5e7a9b01',
        acsSystemId: fields.acs_system_id ?? null,
        acsUserId: fields.acs_user_id ?? null,
        acsEntranceIds: fields.acs_entrance_id === undefined ? null : [fields.acs_entrance_id],
        acsCredentialId: fields.acs_credential_id ?? null,
        connectedAccountId: fields.connected_account_id ?? null,
        connectWebviewId: fields.connect_webview_id ?? null,
        changedFields: expect.any(Array),
        problem: changes[0]?.problem ?? null,
      },
    ])
  })

  it(`should become no change without a valid ${idKey}, and never throw`, () => {
    for (const id of [undefined, null, '', 'no id', 7, [fields[idKey]], `${fields[idKey]}0`])
      expect(changesOfEvent(eventOf(type, { ...fields, [idKey]: id }), 'WEBHOOK')).toEqual([])
  })

  it('should become a change with ids in lower case', () => {
    const upperCaseFields = Object.fromEntries(
      Object.entries(fields).map(([name, id]) => [name, String(id).toUpperCase()]),
    )
    expect(changesOfEvent(eventOf(type, upperCaseFields), 'WEBHOOK')).toEqual(
      changesOfEvent(eventOf(type, fields), 'WEBHOOK'),
    )
  })
})

describe('events', () => {
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
  ])('should become no change if they do not affect the graph: %s', (type) => {
    expect(
      changesOfEvent(eventOf(type, { ...credential, ...entrance, ...user, ...webview }), 'WEBHOOK'),
    ).toEqual([])
  })

  it('should never cause an exception, whatever fields they have', () => {
    const type = fc.oneof(fc.constantFrom(...mapping.map(([name]) => name)), fc.string())
    const generatedFields = fc.dictionary(
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
      fc.property(type, generatedFields, (name, extra) => {
        const changes = changesOfEvent(
          eventOf(name, { ...credential, ...entrance, ...user, ...webview, ...extra }),
          'BACKFILL',
        )
        for (const change of changes) expect(Date.parse(change.occurredAt)).not.toBeNaN()
      }),
    )
  })
})

describe('the changed fields of an event', () => {
  const changedFieldsOf = (type: string, fields: object) =>
    changesOfEvent(eventOf(type, { ...fields }), 'WEBHOOK')[0]?.changedFields

  it('should be credentials and users if an access grant adds or removes access to an entrance', () => {
    expect(changedFieldsOf('access_grant.access_granted_to_door', accessGrant)).toEqual([
      'credentials',
      'users',
    ])
    expect(changedFieldsOf('access_grant.access_to_door_lost', accessGrant)).toEqual(['credentials', 'users'])
  })

  it('should be the status of a Connect Webview and its connected account', () => {
    expect(changedFieldsOf('connect_webview.login_failed', webview)).toEqual(['status'])
    expect(changedFieldsOf('connect_webview.login_succeeded', { ...webview, ...account })).toContain('status')
    expect(changedFieldsOf('connect_webview.login_succeeded', { ...webview, ...account })).toContain(
      'connectedAccount',
    )
  })

  it('should be empty if Seam does not report them', () => {
    expect(changedFieldsOf('acs_credential.issued', credential)).toEqual([])
  })
})

describe('the problem of a change of a connection', () => {
  const problemOf = (type: string, fields: object) =>
    changesOfEvent(eventOf(type, { ...fields }), 'WEBHOOK')[0]?.problem
  const error = (error_code: string) => ({
    error_code,
    message: `about ${error_code}`,
    created_at: occurredAt,
  })
  const warning = (warning_code: string) => ({
    warning_code,
    message: `about ${warning_code}`,
    created_at: occurredAt,
  })
  const expectedProblem = (code: string) => ({ code, message: `about ${code}`, since: occurredAt })

  it('should be the first error of the ACS system, or else of the connected account', () => {
    const errors = {
      acs_system_errors: [error('lost'), error('also')],
      connected_account_errors: [error('account')],
    }
    expect(problemOf('acs_system.disconnected', { ...inSystem, ...errors })).toEqual(expectedProblem('lost'))
    const onlyAccount = { acs_system_errors: [], connected_account_errors: [error('account')] }
    expect(problemOf('acs_system.disconnected', { ...inSystem, ...onlyAccount })).toEqual(
      expectedProblem('account'),
    )
  })

  it('should be the first warning of a requested reauthorization, or else the error, or a default', () => {
    const type = 'connected_account.reauthorization_requested'
    const both = { connected_account_warnings: [warning('soon')], connected_account_errors: [error('now')] }
    expect(problemOf(type, { ...account, ...both })).toEqual(expectedProblem('soon'))
    expect(problemOf(type, { ...account, connected_account_errors: [error('now')] })).toEqual(
      expectedProblem('now'),
    )
    expect(problemOf(type, account)).toMatchObject({ code: 'account_reauthorization_requested', since: null })
  })

  it('should exist for every disconnection and failed login, even if Seam lists no errors', () => {
    expect(problemOf('acs_system.disconnected', inSystem)).toMatchObject({ code: 'acs_system_disconnected' })
    expect(problemOf('connected_account.disconnected', account)).toMatchObject({
      code: 'account_disconnected',
    })
    expect(problemOf('connect_webview.login_failed', webview)).toMatchObject({ code: 'login_failed' })
  })

  it('should be null after a successful connection', () => {
    expect(problemOf('acs_system.connected', { ...inSystem, acs_system_errors: [error('old')] })).toBeNull()
    expect(problemOf('connect_webview.login_succeeded', webview)).toBeNull()
  })

  it('should be found after malformed list items', () => {
    const malformedLists = {
      acs_system_errors: [
        null,
        'text',
        {},
        { error_code: 7 },
        { error_code: 'lost', message: 5, created_at: 'soon' },
      ],
    }
    expect(problemOf('acs_system.disconnected', { ...inSystem, ...malformedLists })).toEqual({
      code: 'lost',
      message: '',
      since: null,
    })
    expect(problemOf('acs_system.disconnected', { ...inSystem, acs_system_errors: 'text' })).not.toBeNull()
  })
})

describe('a change', () => {
  it('should never contain a PIN or any other field that is not explicitly copied', () => {
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

  it('should have the time of occurrence, or else the time of creation of the event', () => {
    const timesOf = (occurred_at: unknown, created_at: unknown) =>
      changesOfEvent(eventOf('acs_user.created', { ...user, occurred_at, created_at }), 'WEBHOOK').map(
        (change) => change.occurredAt,
      )
    expect(timesOf(occurredAt, '2026-07-20T12:00:01Z')).toEqual([occurredAt])
    expect(timesOf('2026-07-20T14:00:00+02:00', undefined)).toEqual(['2026-07-20T14:00:00+02:00'])
    expect(timesOf('yesterday', '2026-07-20T12:00:01Z')).toEqual(['2026-07-20T12:00:01Z'])
    expect(timesOf(undefined, 12)).toEqual([])
    expect(timesOf('2026-13-45T12:00:00Z', null)).toEqual([])
  })

  it('should keep its origin', () => {
    for (const origin of ['WEBHOOK', 'BACKFILL'] as const)
      expect(changesOfEvent(eventOf('acs_user.created', user), origin)[0]?.origin).toBe(origin)
  })
})
