import type { GapReason } from '../../src/feed/subscription.ts'
import type { AccessMethod } from '../../src/model/access-method.ts'
import type { AccessReasonCode } from '../../src/model/access-reason.ts'
import { builder } from '../builder.ts'

/** Returns the values of an enum, from a description of each. */
export const toEnumValues = <V extends string>(values: Readonly<Record<V, string>>) =>
  Object.fromEntries(
    Object.entries<string>(values).map(([name, description]) => [name, { value: name, description }]),
  ) as { [K in V]: { value: K; description: string } }

export const AccessMethodEnum = builder.enumType('AccessMethod', {
  description: 'How a credential unlocks entrances (`access_method` in Seam).',
  values: toEnumValues<AccessMethod>({
    CODE: 'PIN that Latch generates. Unlocks exactly one entrance.',
    MOBILE_KEY: 'Mobile key on the phones of the ACS user. Unlocks one or more entrances.',
    CARD: "Key card. Seam's guide for Latch does not describe this method.",
    UNKNOWN:
      'Access method that this version of the gateway does not know. See `AcsCredential.seamAccessMethod`.',
  }),
})

export const CodeStateEnum = builder.enumType('CodeState', {
  description: 'Availability of the PIN of a credential.',
  values: toEnumValues({
    NONE: 'The credential has no PIN.',
    PENDING: 'Latch has not generated the PIN yet. A change of kind `ISSUED` reports when it is available.',
    HIDDEN: 'The credential has a PIN, but the viewer does not have the `codes:read` scope.',
    VISIBLE: 'The PIN is available in `AcsCredential.code`.',
  }),
})

export const CredentialStatusEnum = builder.enumType('CredentialStatus', {
  description:
    'Lifecycle status of a credential, computed at request time. If several values apply, the first in this order is returned: `EXPIRED`, `FAILED`, `PENDING`, `SCHEDULED`, `ACTIVE`.',
  values: toEnumValues({
    PENDING: 'Latch has not issued the credential yet, or its PIN is not available yet.',
    SCHEDULED: 'The credential is issued, and `startsAt` is in the future.',
    ACTIVE: 'The credential is issued and valid, and has no errors.',
    EXPIRED: '`endsAt` is reached.',
    FAILED: 'The credential has errors. See `AcsCredential.errors`.',
  }),
})

export const SupportEnum = builder.enumType('Support', {
  description: 'Whether an operation or access method is supported.',
  values: toEnumValues({
    SUPPORTED: 'Supported.',
    UNSUPPORTED: 'Not supported.',
    UNKNOWN: 'Unknown: Seam does not report it.',
  }),
})

export const ScopeEnum = builder.enumType('Scope', {
  description:
    'Permission of an API key or token. The command line and tokens use the names `read`, `write`, `codes:read`, `connections:write`, `events`, `audit` and `admin`.',
  values: {
    READ: {
      value: 'read',
      description:
        'Read ACS systems, ACS users, entrances, credentials, user identities, connected accounts and Connect Webviews.',
    },
    WRITE: {
      value: 'write',
      description:
        'Create, update and delete ACS users, user identities, credentials and client sessions; move ACS users in and out.',
    },
    CODES_READ: { value: 'codes:read', description: 'Read PINs.' },
    CONNECTIONS_WRITE: {
      value: 'connections:write',
      description: 'Create Connect Webviews, read their URLs, and delete connected accounts.',
    },
    EVENTS: {
      value: 'events',
      description:
        'Together with `read`: use subscriptions, read the change journal, and manage webhook endpoints.',
    },
    AUDIT: { value: 'audit', description: 'Together with `read`: read the audit trail and `Change.actor`.' },
    ADMIN: {
      value: 'admin',
      description:
        'Operate the gateway: read its metrics and the cost of operations. With an access scope of the whole workspace, also read the state of the gateway, list, create and revoke API keys, and read, test, pause, resume and delete the webhook endpoints of other API keys.',
    },
  } as const,
})

export const SyncStatusEnum = builder.enumType('SyncStatus', {
  description: "Status of the gateway's cached data of an ACS system.",
  values: toEnumValues({
    FRESH: 'The cached data includes all known changes and is younger than `RECONCILE_SECONDS`.',
    STALE:
      'Some cached data is outdated and is read from Seam again with the next query for it. If `detail` is set, Seam could not be reached and the last known data is returned.',
    LOADING: 'No data is cached yet, or a list is being read from Seam.',
    FAILED: 'Seam could not be reached, and there is no cached data that can be returned. See `detail`.',
  }),
})

export const ConnectionStateEnum = builder.enumType('ConnectionState', {
  description: 'Whether Seam can access Latch through a connected account.',
  values: toEnumValues({
    CONNECTED: 'Seam reports no errors for the connected account.',
    DISCONNECTED:
      'Seam cannot access Latch. See `ConnectedAccount.errors`, whose `advice` explains what to do.',
    UNKNOWN: 'Seam reports errors that do not indicate whether Latch is accessible.',
  }),
})

export const ConnectWebviewStatusEnum = builder.enumType('ConnectWebviewStatus', {
  description: 'Status of the login in a Connect Webview.',
  values: {
    PENDING: { value: 'pending', description: 'The login is not complete yet.' },
    FAILED: { value: 'failed', description: 'The login failed. Create a new Connect Webview.' },
    AUTHORIZED: {
      value: 'authorized',
      description: 'The login was successful. ACS systems appear when Latch has shared them.',
    },
  } as const,
})

export const AcsUserOrderEnum = builder.enumType('AcsUserOrder', {
  description: 'Order of ACS users. ACS users with equal values are ordered by ID.',
  values: toEnumValues({
    NAME_ASC: 'By name, ascending. Ignores case and accents, and compares numbers by value.',
    NAME_DESC: 'By name, descending. Ignores case and accents, and compares numbers by value.',
    CREATED_AT_ASC: 'By time of creation, oldest first.',
    CREATED_AT_DESC: 'By time of creation, newest first.',
  }),
})

const accessReasonDescriptions: Readonly<Record<AccessReasonCode, string>> = {
  NO_CREDENTIAL: 'The ACS user has no credential for the entrance.',
  NOT_YET_VALID: 'The time range of the credential, or the access schedule of the ACS user, has not started.',
  EXPIRED: 'The time range of the credential, or the access schedule of the ACS user, has ended.',
  NOT_ISSUED: 'Latch has not issued the credential yet.',
  USER_SUSPENDED: 'The ACS user is suspended.',
  USER_ERROR:
    'Seam reports an error for the ACS user. Prevents access, except for `failed_to_update_on_acs_system` and `failed_to_delete_on_acs_system`, after which Latch keeps the previous access.',
  USER_INACTIVE:
    'Seam reports that the ACS user currently has no access (`acs_user_inactive`). Prevents access, except if the checked time is in the future.',
  USER_WARNING: 'Seam reports a warning that access of the ACS user may not work. Does not prevent access.',
  CREDENTIAL_ERROR:
    'Seam reports an error for the credential. A credential with an error does not unlock entrances.',
  CREDENTIAL_WARNING: 'Seam reports a warning that a valid credential may not work. Does not prevent access.',
  ENTRANCE_OFFLINE: 'The lock is offline. Does not prevent access, because mobile keys work offline.',
  ENTRANCE_ERROR: 'Seam reports an error for the entrance. Does not prevent access.',
  ENTRANCE_WARNING:
    'Seam reports a warning that access at the entrance may not work. Does not prevent access.',
  SYSTEM_DISCONNECTED:
    'Seam is disconnected from Latch, so the data may be outdated. Does not prevent access.',
  SYSTEM_ERROR:
    'Seam reports an error for the ACS system, other than a disconnection. Does not prevent access.',
  ACCOUNT_ERROR:
    'Seam reports an error or a warning for the connected account, other than a disconnection. Does not prevent access.',
}

export const AccessReasonCodeEnum = builder.enumType('AccessReasonCode', {
  description:
    'Reason why an ACS user cannot unlock an entrance, or a related problem that does not prevent access. `AccessReason.blocking` distinguishes the two.',
  values: toEnumValues(accessReasonDescriptions),
})

export const ChangeKindEnum = builder.enumType('ChangeKind', {
  description: 'Kind of a change.',
  values: toEnumValues({
    CREATED: 'The object was created, or the entrance was added.',
    ISSUED: 'Latch issued the credential.',
    UPDATED: 'The object was updated. `changedFields` contains the names of the changed fields.',
    REISSUED: 'Latch issued the credential again.',
    INVALIDATED: 'The credential can no longer be used.',
    DELETED: 'The object was deleted, or the entrance was removed.',
    CONNECTED: 'Seam is connected to Latch, for the first time or again.',
    DISCONNECTED: 'Seam is disconnected from Latch. `ConnectionChange.problem` contains the reason.',
  }),
})

export const ChangeOriginEnum = builder.enumType('ChangeOrigin', {
  description: 'How the gateway learned about a change.',
  values: toEnumValues({
    WEBHOOK: 'A webhook of Seam reported the change.',
    MUTATION: 'The change was made by a mutation of this gateway.',
    BACKFILL:
      "Found in the list of Seam's events, which the gateway reads to find events that no webhook delivered.",
    RECONCILIATION: 'Found by comparing the data with Seam. Seam has no event for many changes.',
  }),
})

export const ChangeSubjectEnum = builder.enumType('ChangeSubject', {
  description: 'Type of object that a change applies to.',
  values: toEnumValues({
    CREDENTIAL: 'A credential. Changes have the type `CredentialChange`.',
    USER: 'An ACS user. Changes have the type `UserChange`.',
    ENTRANCE: 'An entrance. Changes have the type `EntranceChange`.',
    CONNECTION:
      'A connected account, an ACS system or a Connect Webview. Changes have the type `ConnectionChange`.',
  }),
})

const gapDescriptions: Readonly<Record<GapReason, string>> = {
  TOO_SLOW:
    'The client did not receive messages fast enough. `Gap.missed` is the number of skipped changes, if known.',
  EXPIRED: 'The change journal no longer contains the changes after the cursor.',
  JOURNAL_REPLACED: 'The cursor belongs to another change journal.',
  SIGHT_CHANGED:
    "The viewer's access scope or permissions are different from those for which the cursor was created.",
}

export const GapReasonEnum = builder.enumType('GapReason', {
  description:
    'Reason why changes before a batch cannot be delivered. Fetch the displayed data again, then continue with the batches that follow.',
  values: toEnumValues(gapDescriptions),
})
