import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
  ConnectWebviewId,
  UserIdentityId,
} from './ids.ts'
import type { Secret } from './secret.ts'

/**
 * The data of Seam's objects that the gateway keeps, with the graph's names (source: Seam's OpenAPI document, types 1.977).
 * Times are Seam's own ISO 8601 texts with all their digits. A nullable boolean is `null` if Seam does not report a value.
 */

/** An error or warning that Seam reports for an object. `code` can be any text: Seam adds codes between versions. */
export type Issue = { readonly code: string; readonly message: string; readonly since: string | null }

export type Issues = { readonly errors: readonly Issue[]; readonly warnings: readonly Issue[] }

export type AcsSystem = Issues & {
  readonly acsSystemId: AcsSystemId
  readonly connectedAccountId: ConnectedAccountId
  readonly name: string
  readonly externalType: string | null
  readonly timeZone: string | null
  readonly createdAt: string
}

/** Start and end of access. With `endsAt: null`, access has no end. */
export type AccessSchedule = { readonly startsAt: string; readonly endsAt: string | null }

export type AcsUser = Issues & {
  readonly acsUserId: AcsUserId
  readonly acsSystemId: AcsSystemId
  readonly userIdentityId: UserIdentityId | null
  readonly displayName: string
  readonly fullName: string | null
  readonly emailAddress: string | null
  readonly phoneNumber: string | null
  readonly isSuspended: boolean | null
  readonly accessSchedule: AccessSchedule | null
  /** Seam's codes of the mutations that Latch has not applied yet, such as `creating`. */
  readonly pendingMutations: readonly string[]
  readonly createdAt: string
}

export type AcsEntrance = Issues & {
  readonly acsEntranceId: AcsEntranceId
  readonly acsSystemId: AcsSystemId
  readonly displayName: string
  readonly canUnlockWithCode: boolean | null
  readonly canUnlockWithMobileKey: boolean | null
  readonly latch: LatchMetadata | null
  readonly createdAt: string
}

export type LatchMetadata = {
  readonly doorName: string | null
  readonly doorType: string | null
  readonly accessibilityType: string | null
  readonly isConnected: boolean | null
}

export type AcsCredential = Issues & {
  readonly acsCredentialId: AcsCredentialId
  readonly acsSystemId: AcsSystemId
  readonly acsUserId: AcsUserId | null
  readonly userIdentityId: UserIdentityId | null
  readonly displayName: string
  /** Seam's `access_method`: `code`, `mobile_key`, `card`, or a value that Seam adds later. */
  readonly accessMethod: string
  readonly isMultiPhoneSync: boolean
  /** The PIN. Kept in memory only: never in the journal, a log or a file. */
  readonly code: Secret | null
  /**
   * Set if the credential has a PIN that this process does not know: the credential was loaded from disk, where PINs are never stored. The
   * PIN must be requested from Seam.
   */
  readonly isCodeAtSeam?: true
  readonly startsAt: string | null
  readonly endsAt: string | null
  readonly isIssued: boolean | null
  readonly issuedAt: string | null
  readonly createdAt: string
}

export type UserIdentity = Issues & {
  readonly userIdentityId: UserIdentityId
  readonly key: string | null
  readonly displayName: string
  readonly fullName: string | null
  readonly emailAddress: string | null
  readonly phoneNumber: string | null
  readonly acsUserIds: readonly AcsUserId[]
  readonly createdAt: string
}

export type ConnectedAccount = Issues & {
  readonly connectedAccountId: ConnectedAccountId
  readonly displayName: string
  readonly accountType: string | null
  readonly createdAt: string | null
}

export type ConnectWebview = {
  readonly connectWebviewId: ConnectWebviewId
  readonly connectedAccountId: ConnectedAccountId | null
  /** Contains an authentication token: only for viewers with the scope `connections:write`. */
  readonly url: Secret
  readonly status: 'pending' | 'failed' | 'authorized'
  readonly authorizedAt: string | null
  readonly createdAt: string
}

export type Workspace = { readonly workspaceId: string; readonly name: string; readonly isSandbox: boolean }
