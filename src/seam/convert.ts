import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  ConnectWebview,
  Issue,
  Issues,
  LatchMetadata,
  UserIdentity,
  Workspace,
} from '../model/entities.ts'
import type { AcsUserId } from '../model/ids.ts'
import { Secret } from '../model/secret.ts'

import { idOf, type Json, object, optionalId, required, rows, text, tri } from './json.ts'

/*
 * Seam's JSON to our entities. Tolerant of what Seam may add or leave out: a missing optional key is `null`, unknown values survive
 * as text. A row without what makes it that row throws `Misshapen`.
 */

function issuesOf(row: Json): Issues {
  const read = (key: string, codeKey: string): readonly Issue[] =>
    rows(row, key).map((each) => ({
      code: text(each, codeKey) ?? 'unknown',
      message: text(each, 'message') ?? '',
      since: text(each, 'created_at'),
    }))
  return { errors: read('errors', 'error_code'), warnings: read('warnings', 'warning_code') }
}

/** `acs_system`: a building. */
export function toSystem(row: Json): AcsSystem {
  const location = object(row, 'location')
  return {
    acsSystemId: idOf(row, 'acs_system_id'),
    connectedAccountId: idOf(row, 'connected_account_id'),
    name: text(row, 'name') ?? '',
    externalType: text(row, 'external_type'),
    timeZone: location === null ? null : text(location, 'time_zone'),
    createdAt: required(row, 'created_at'),
    ...issuesOf(row),
  }
}

/** `acs_user`: a person in a building. */
export function toUser(row: Json): AcsUser {
  const schedule = object(row, 'access_schedule')
  return {
    acsUserId: idOf(row, 'acs_user_id'),
    acsSystemId: idOf(row, 'acs_system_id'),
    userIdentityId: optionalId(row, 'user_identity_id'),
    displayName: text(row, 'display_name') ?? text(row, 'full_name') ?? '',
    fullName: text(row, 'full_name'),
    emailAddress: text(row, 'email_address'),
    phoneNumber: text(row, 'phone_number'),
    isSuspended: tri(row, 'is_suspended'),
    // A schedule without a start begins with the user.
    accessSchedule:
      schedule === null
        ? null
        : {
            startsAt: text(schedule, 'starts_at') ?? required(row, 'created_at'),
            endsAt: text(schedule, 'ends_at'),
          },
    pendingMutations: rows(row, 'pending_mutations').map((each) => text(each, 'mutation_code') ?? 'unknown'),
    createdAt: required(row, 'created_at'),
    ...issuesOf(row),
  }
}

/** `acs_entrance`: a door. */
export function toEntrance(row: Json): AcsEntrance {
  const latch = object(row, 'latch_metadata')
  return {
    acsEntranceId: idOf(row, 'acs_entrance_id'),
    acsSystemId: idOf(row, 'acs_system_id'),
    displayName: text(row, 'display_name') ?? '',
    canUnlockWithCode: tri(row, 'can_unlock_with_code'),
    canUnlockWithMobileKey: tri(row, 'can_unlock_with_mobile_key'),
    latch: latch === null ? null : toLatchMetadata(latch),
    createdAt: required(row, 'created_at'),
    ...issuesOf(row),
  }
}

function toLatchMetadata(row: Json): LatchMetadata {
  return {
    doorName: text(row, 'door_name'),
    doorType: text(row, 'door_type'),
    accessibilityType: text(row, 'accessibility_type'),
    isConnected: tri(row, 'is_connected'),
  }
}

/** `acs_credential`: a PIN or a mobile key. */
export function toCredential(row: Json): AcsCredential {
  return {
    acsCredentialId: idOf(row, 'acs_credential_id'),
    acsSystemId: idOf(row, 'acs_system_id'),
    acsUserId: optionalId(row, 'acs_user_id'),
    userIdentityId: optionalId(row, 'user_identity_id'),
    displayName: text(row, 'display_name') ?? '',
    accessMethod: required(row, 'access_method'),
    isMultiPhoneSync: tri(row, 'is_multi_phone_sync_credential') ?? false,
    code: secretOf(text(row, 'code')),
    startsAt: text(row, 'starts_at'),
    endsAt: text(row, 'ends_at'),
    isIssued: tri(row, 'is_issued'),
    issuedAt: text(row, 'issued_at'),
    createdAt: required(row, 'created_at'),
    ...issuesOf(row),
  }
}

/** `user_identity`: a person across buildings. */
export function toIdentity(row: Json): UserIdentity {
  const ids = row.acs_user_ids
  return {
    userIdentityId: idOf(row, 'user_identity_id'),
    key: text(row, 'user_identity_key'),
    displayName: text(row, 'display_name') ?? '',
    fullName: text(row, 'full_name'),
    emailAddress: text(row, 'email_address'),
    phoneNumber: text(row, 'phone_number'),
    acsUserIds: Array.isArray(ids)
      ? ids.filter((id) => typeof id === 'string').map((id) => id.toLowerCase() as AcsUserId)
      : [],
    createdAt: required(row, 'created_at'),
    ...issuesOf(row),
  }
}

/** `connected_account`: a login at Latch. */
export function toAccount(row: Json): ConnectedAccount {
  return {
    connectedAccountId: idOf(row, 'connected_account_id'),
    displayName: text(row, 'display_name') ?? text(row, 'account_type_display_name') ?? '',
    accountType: text(row, 'account_type'),
    createdAt: text(row, 'created_at'),
    ...issuesOf(row),
  }
}

/** `connect_webview`: a page to log in on. An unknown status is one that isn't over. */
export function toWebview(row: Json): ConnectWebview {
  const status = required(row, 'status')
  return {
    connectWebviewId: idOf(row, 'connect_webview_id'),
    connectedAccountId: optionalId(row, 'connected_account_id'),
    url: new Secret(required(row, 'url')),
    status: status === 'authorized' || status === 'failed' ? status : 'pending',
    authorizedAt: text(row, 'authorized_at'),
    createdAt: required(row, 'created_at'),
  }
}

/** `workspace`: what the API key opens. */
export function toWorkspace(row: Json): Workspace {
  return {
    workspaceId: idOf(row, 'workspace_id'),
    name: text(row, 'name') ?? '',
    isSandbox: tri(row, 'is_sandbox') ?? false,
  }
}

/** What a resident's app logs in with. The token is a secret, and only for that resident. */
export type ClientSession = { readonly token: Secret; readonly expiresAt: string }

/** `client_session`, of which only what an app needs is taken over. */
export function toClientSession(row: Json): ClientSession {
  return { token: new Secret(required(row, 'token')), expiresAt: required(row, 'expires_at') }
}

const secretOf = (text: string | null): Secret | null => (text === null ? null : new Secret(text))
