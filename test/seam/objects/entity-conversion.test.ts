import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/model/secret.ts'
import * as convert from '../../../src/seam/objects/entity-conversion.ts'
import { type JsonObject, MalformedRow } from '../../../src/seam/objects/json-fields.ts'

const id = '11111111-1111-4111-8111-111111111111'
const created_at = '2025-06-16T16:54:17.946512Z'
const noIssues = { errors: [], warnings: [] }

const kinds = {
  toSystem: [convert.toSystem, { acs_system_id: id, connected_account_id: id, created_at }],
  toUser: [convert.toUser, { acs_user_id: id, acs_system_id: id, created_at }],
  toEntrance: [convert.toEntrance, { acs_entrance_id: id, acs_system_id: id, created_at }],
  toCredential: [
    convert.toCredential,
    { acs_credential_id: id, acs_system_id: id, access_method: 'code', created_at },
  ],
  toIdentity: [convert.toIdentity, { user_identity_id: id, created_at }],
  toAccount: [convert.toAccount, { connected_account_id: id }],
  toWebview: [convert.toWebview, { connect_webview_id: id, url: 'https://x', status: 'pending', created_at }],
  toWorkspace: [convert.toWorkspace, { workspace_id: id }],
} as const satisfies Record<string, readonly [(row: JsonObject) => object, Record<string, string>]>

describe.each(Object.entries(kinds))(
  '%s',
  (_, [toEntity, least]: readonly [(row: JsonObject) => object, Record<string, string>]) => {
    it('should accept a row with only the required fields, and unknown fields', () => {
      const entity = toEntity(least)
      expect(Object.values(entity)).not.toContain(undefined)
      const junk = {
        errors: 'none',
        warnings: [null, 3],
        access_schedule: [],
        latch_metadata: 'x',
        of_tomorrow: { a: 1 },
      }
      expect(toEntity({ ...least, ...junk })).toEqual(entity)
    })

    it.each(Object.keys(least))('should reject a row without its %s', (key) => {
      for (const value of [undefined, null, '', 7])
        expect(() => toEntity({ ...least, [key]: value })).toThrow(MalformedRow)
    })
  },
)

describe('absent fields', () => {
  it('should become null instead of false', () => {
    expect(convert.toUser(kinds.toUser[1])).toMatchObject({
      isSuspended: null,
      accessSchedule: null,
      pendingMutations: [],
    })
    expect(convert.toEntrance(kinds.toEntrance[1])).toMatchObject({
      canUnlockWithCode: null,
      canUnlockWithMobileKey: null,
      latch: null,
    })
    const metadata = { ...kinds.toEntrance[1], latch_metadata: { is_connected: null } }
    expect(convert.toEntrance(metadata).latch).toEqual({
      doorName: null,
      doorType: null,
      accessibilityType: null,
      isConnected: null,
    })
    expect(convert.toCredential({ ...kinds.toCredential[1], is_issued: null })).toMatchObject({
      isIssued: null,
      isMultiPhoneSync: false,
      code: null,
    })
  })

  it('should distinguish false from null', () => {
    expect(convert.toUser({ ...kinds.toUser[1], is_suspended: false }).isSuspended).toBe(false)
    expect(convert.toCredential({ ...kinds.toCredential[1], is_issued: false }).isIssued).toBe(false)
  })
})

describe('a row with all fields', () => {
  it('should become an ACS user with unchanged times', () => {
    const row = {
      ...kinds.toUser[1],
      acs_user_id: id.toUpperCase(),
      user_identity_id: id,
      display_name: 'Jane',
      full_name: 'Jane Doe',
      email_address: 'jane@example.com',
      phone_number: '+12125550100',
      is_suspended: true,
      access_schedule: { starts_at: created_at, ends_at: null },
      pending_mutations: [{ mutation_code: 'creating' }, { mutation_code: 'of_tomorrow' }, {}],
      errors: [{ error_code: 'deleted_externally', message: 'Gone', created_at }],
      warnings: [{ warning_code: 'of_tomorrow', message: 'Hm' }],
    }
    expect(convert.toUser(row)).toEqual({
      acsUserId: id,
      acsSystemId: id,
      userIdentityId: id,
      displayName: 'Jane',
      fullName: 'Jane Doe',
      emailAddress: 'jane@example.com',
      phoneNumber: '+12125550100',
      isSuspended: true,
      accessSchedule: { startsAt: created_at, endsAt: null },
      pendingMutations: ['creating', 'of_tomorrow', 'unknown'],
      createdAt: created_at,
      errors: [{ code: 'deleted_externally', message: 'Gone', since: created_at }],
      warnings: [{ code: 'of_tomorrow', message: 'Hm', since: null }],
    })
  })

  it('should become a credential', () => {
    const row = {
      ...kinds.toCredential[1],
      acs_user_id: id,
      display_name: 'PIN',
      access_method: 'retina',
      code: '0012',
      starts_at: created_at,
      ends_at: '2026-01-01T00:00:00Z',
      is_issued: true,
      issued_at: created_at,
      is_multi_phone_sync_credential: true,
    }
    expect(convert.toCredential(row).code?.reveal()).toBe('0012')
    expect(convert.toCredential(row)).toEqual({
      acsCredentialId: id,
      acsSystemId: id,
      acsUserId: id,
      userIdentityId: null,
      displayName: 'PIN',
      accessMethod: 'retina',
      isMultiPhoneSync: true,
      code: expect.any(Secret),
      startsAt: created_at,
      endsAt: '2026-01-01T00:00:00Z',
      isIssued: true,
      issuedAt: created_at,
      createdAt: created_at,
      ...noIssues,
    })
  })

  it('should become a system, an entrance, an identity, an account', () => {
    const system = {
      ...kinds.toSystem[1],
      name: 'Riverside',
      external_type: 'of_tomorrow',
      location: { time_zone: 'America/New_York' },
    }
    expect(convert.toSystem(system)).toMatchObject({
      name: 'Riverside',
      externalType: 'of_tomorrow',
      timeZone: 'America/New_York',
    })
    const latch_metadata = {
      door_name: 'Front',
      door_type: 'ENTRANCE',
      accessibility_type: 'COMMUNAL',
      is_connected: false,
    }
    expect(convert.toEntrance({ ...kinds.toEntrance[1], latch_metadata }).latch).toEqual({
      doorName: 'Front',
      doorType: 'ENTRANCE',
      accessibilityType: 'COMMUNAL',
      isConnected: false,
    })
    const identity = {
      ...kinds.toIdentity[1],
      user_identity_key: 'jane',
      acs_user_ids: [id.toUpperCase(), null, 7],
    }
    expect(convert.toIdentity(identity)).toMatchObject({ key: 'jane', acsUserIds: [id] })
    const account = { ...kinds.toAccount[1], account_type: 'latch', account_type_display_name: 'Latch' }
    expect(convert.toAccount(account)).toMatchObject({
      accountType: 'latch',
      displayName: 'Latch',
      createdAt: null,
    })
  })

  it('should start the schedule at the creation of the user if it has no start', () => {
    const row = { ...kinds.toUser[1], access_schedule: { ends_at: '2026-01-01T00:00:00Z' } }
    expect(convert.toUser(row).accessSchedule).toEqual({
      startsAt: created_at,
      endsAt: '2026-01-01T00:00:00Z',
    })
  })

  it('should convert an unknown status of a webview to pending', () => {
    expect(convert.toWebview({ ...kinds.toWebview[1], status: 'of_tomorrow' }).status).toBe('pending')
    expect(convert.toWebview({ ...kinds.toWebview[1], status: 'authorized' }).status).toBe('authorized')
  })
})
