import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  ConnectWebview,
  Issue,
  LatchMetadata,
  UserIdentity,
  Workspace,
} from '../../model/entities.ts'
import type { AcsUserId, UserIdentityId } from '../../model/ids.ts'
import type { Secret } from '../../model/secret.ts'

import {
  type JsonObject,
  readBoolean,
  readId,
  readObject,
  readObjects,
  readOptionalId,
  readRequiredSecret,
  readRequiredText,
  readSecret,
  readText,
} from './json-fields.ts'

/*
 * Converts Seam's JSON to entities. Tolerates additions and omissions by Seam: a missing optional field is `null`, and unknown values are
 * preserved as text. Throws `MalformedRow` if a required field is missing.
 */

/** The errors and warnings of most rows. */
const noIssues: readonly Issue[] = []

function readIssues(row: JsonObject, key: 'errors' | 'warnings'): readonly Issue[] {
  const issues = readObjects(row, key)
  if (issues.length === 0) return noIssues
  return issues.map((each) => ({
    code: readText(each, key === 'errors' ? 'error_code' : 'warning_code') ?? 'unknown',
    message: readText(each, 'message') ?? '',
    since: readText(each, 'created_at'),
  }))
}

/** Converts an `acs_system`. */
export function toSystem(row: JsonObject): AcsSystem {
  const location = readObject(row, 'location')
  return {
    acsSystemId: readId(row, 'acs_system_id'),
    connectedAccountId: readId(row, 'connected_account_id'),
    name: readText(row, 'name') ?? '',
    externalType: readText(row, 'external_type'),
    timeZone: location === null ? null : readText(location, 'time_zone'),
    createdAt: readRequiredText(row, 'created_at'),
    errors: readIssues(row, 'errors'),
    warnings: readIssues(row, 'warnings'),
  }
}

/** Converts an `acs_user`. */
export function toUser(row: JsonObject): AcsUser {
  const schedule = readObject(row, 'access_schedule')
  return {
    acsUserId: readId(row, 'acs_user_id'),
    acsSystemId: readId(row, 'acs_system_id'),
    userIdentityId: readOptionalId(row, 'user_identity_id'),
    displayName: readText(row, 'display_name') ?? readText(row, 'full_name') ?? '',
    fullName: readText(row, 'full_name'),
    emailAddress: readText(row, 'email_address'),
    phoneNumber: readText(row, 'phone_number'),
    isSuspended: readBoolean(row, 'is_suspended'),
    // A schedule without a start begins when the ACS user was created.
    accessSchedule:
      schedule === null
        ? null
        : {
            startsAt: readText(schedule, 'starts_at') ?? readRequiredText(row, 'created_at'),
            endsAt: readText(schedule, 'ends_at'),
          },
    pendingMutations: readPendingMutations(row),
    createdAt: readRequiredText(row, 'created_at'),
    errors: readIssues(row, 'errors'),
    warnings: readIssues(row, 'warnings'),
  }
}

const noMutations: readonly string[] = []

function readPendingMutations(row: JsonObject): readonly string[] {
  const mutations = readObjects(row, 'pending_mutations')
  if (mutations.length === 0) return noMutations
  return mutations.map((each) => readText(each, 'mutation_code') ?? 'unknown')
}

/** Converts an `acs_entrance`. */
export function toEntrance(row: JsonObject): AcsEntrance {
  const latch = readObject(row, 'latch_metadata')
  return {
    acsEntranceId: readId(row, 'acs_entrance_id'),
    acsSystemId: readId(row, 'acs_system_id'),
    displayName: readText(row, 'display_name') ?? '',
    canUnlockWithCode: readBoolean(row, 'can_unlock_with_code'),
    canUnlockWithMobileKey: readBoolean(row, 'can_unlock_with_mobile_key'),
    latch: latch === null ? null : toLatchMetadata(latch),
    createdAt: readRequiredText(row, 'created_at'),
    errors: readIssues(row, 'errors'),
    warnings: readIssues(row, 'warnings'),
  }
}

function toLatchMetadata(row: JsonObject): LatchMetadata {
  return {
    doorName: readText(row, 'door_name'),
    doorType: readText(row, 'door_type'),
    accessibilityType: readText(row, 'accessibility_type'),
    isConnected: readBoolean(row, 'is_connected'),
  }
}

/** Converts an `acs_credential` (a PIN or a mobile key). */
export function toCredential(row: JsonObject): AcsCredential {
  return {
    acsCredentialId: readId(row, 'acs_credential_id'),
    acsSystemId: readId(row, 'acs_system_id'),
    acsUserId: readOptionalId(row, 'acs_user_id'),
    userIdentityId: readOptionalId(row, 'user_identity_id'),
    displayName: readText(row, 'display_name') ?? '',
    accessMethod: readRequiredText(row, 'access_method'),
    isMultiPhoneSync: readBoolean(row, 'is_multi_phone_sync_credential') ?? false,
    code: readSecret(row, 'code'),
    startsAt: readText(row, 'starts_at'),
    endsAt: readText(row, 'ends_at'),
    isIssued: readBoolean(row, 'is_issued'),
    issuedAt: readText(row, 'issued_at'),
    createdAt: readRequiredText(row, 'created_at'),
    errors: readIssues(row, 'errors'),
    warnings: readIssues(row, 'warnings'),
  }
}

/** Converts a `user_identity`. */
export function toIdentity(row: JsonObject): UserIdentity {
  const ids = row.acs_user_ids
  return {
    userIdentityId: readId(row, 'user_identity_id'),
    key: readText(row, 'user_identity_key'),
    displayName: readText(row, 'display_name') ?? '',
    fullName: readText(row, 'full_name'),
    emailAddress: readText(row, 'email_address'),
    phoneNumber: readText(row, 'phone_number'),
    acsUserIds: Array.isArray(ids)
      ? ids.filter((id) => typeof id === 'string').map((id) => id.toLowerCase() as AcsUserId)
      : [],
    createdAt: readRequiredText(row, 'created_at'),
    errors: readIssues(row, 'errors'),
    warnings: readIssues(row, 'warnings'),
  }
}

/** Converts a `connected_account`. */
export function toAccount(row: JsonObject): ConnectedAccount {
  return {
    connectedAccountId: readId(row, 'connected_account_id'),
    displayName: readText(row, 'display_name') ?? readText(row, 'account_type_display_name') ?? '',
    accountType: readText(row, 'account_type'),
    createdAt: readText(row, 'created_at'),
    errors: readIssues(row, 'errors'),
    warnings: readIssues(row, 'warnings'),
  }
}

/** Converts a `connect_webview`. An unknown status counts as pending. */
export function toWebview(row: JsonObject): ConnectWebview {
  const status = readRequiredText(row, 'status')
  return {
    connectWebviewId: readId(row, 'connect_webview_id'),
    connectedAccountId: readOptionalId(row, 'connected_account_id'),
    url: readRequiredSecret(row, 'url'),
    status: status === 'authorized' || status === 'failed' ? status : 'pending',
    authorizedAt: readText(row, 'authorized_at'),
    createdAt: readRequiredText(row, 'created_at'),
  }
}

/** Converts a `workspace`. */
export function toWorkspace(row: JsonObject): Workspace {
  return {
    workspaceId: readId(row, 'workspace_id'),
    name: readText(row, 'name') ?? '',
    isSandbox: readBoolean(row, 'is_sandbox') ?? false,
  }
}

/** A client session with its token, a secret that authenticates a client app as one user identity. */
export type ClientSession = ClientSessionSummary & { readonly token: Secret }

/** A client session without its token. */
export type ClientSessionSummary = {
  readonly clientSessionId: string
  readonly userIdentityId: UserIdentityId | null
  readonly expiresAt: string
}

/** Converts a `client_session` of a list; drops the token. */
export function toClientSessionSummary(row: JsonObject): ClientSessionSummary {
  return {
    clientSessionId: readRequiredText(row, 'client_session_id'),
    userIdentityId: readOptionalId(row, 'user_identity_id'),
    expiresAt: readRequiredText(row, 'expires_at'),
  }
}

/** Converts a `client_session`; keeps only the fields that a client app needs. */
export function toClientSession(row: JsonObject): ClientSession {
  return { ...toClientSessionSummary(row), token: readRequiredSecret(row, 'token') }
}
