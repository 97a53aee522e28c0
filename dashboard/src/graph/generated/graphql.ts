/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] }
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never }

import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core'
/** How a credential unlocks entrances (`access_method` in Seam). */
export type AccessMethod =
  /** Key card. Seam's guide for Latch does not describe this method. */
  | 'CARD'
  /** PIN that Latch generates. Unlocks exactly one entrance. */
  | 'CODE'
  /** Mobile key on the phones of the ACS user. Unlocks one or more entrances. */
  | 'MOBILE_KEY'
  /** Access method that this version of the gateway does not know. See `AcsCredential.seamAccessMethod`. */
  | 'UNKNOWN'

/** Kind of a change. */
export type ChangeKind =
  /** Seam is connected to Latch, for the first time or again. */
  | 'CONNECTED'
  /** The object was created, or the entrance was added. */
  | 'CREATED'
  /** The object was deleted, or the entrance was removed. */
  | 'DELETED'
  /** Seam is disconnected from Latch. `ConnectionChange.problem` contains the reason. */
  | 'DISCONNECTED'
  /** The credential can no longer be used. */
  | 'INVALIDATED'
  /** Latch issued the credential. */
  | 'ISSUED'
  /** Latch issued the credential again. */
  | 'REISSUED'
  /** The object was updated. `changedFields` contains the names of the changed fields. */
  | 'UPDATED'

/** How the gateway learned about a change. */
export type ChangeOrigin =
  /** Found in the list of Seam's events, which the gateway reads to find events that no webhook delivered. */
  | 'BACKFILL'
  /** The change was made by a mutation of this gateway. */
  | 'MUTATION'
  /** Found by comparing the data with Seam. Seam has no event for many changes. */
  | 'RECONCILIATION'
  /** A webhook of Seam reported the change. */
  | 'WEBHOOK'

/** Availability of the PIN of a credential. */
export type CodeState =
  /** The credential has a PIN, but the viewer does not have the `codes:read` scope. */
  | 'HIDDEN'
  /** The credential has no PIN. */
  | 'NONE'
  /** Latch has not generated the PIN yet. A change of kind `ISSUED` reports when it is available. */
  | 'PENDING'
  /** The PIN is available in `AcsCredential.code`. */
  | 'VISIBLE'

/** Whether Seam can access Latch through a connected account. */
export type ConnectionState =
  /** Seam reports no errors for the connected account. */
  | 'CONNECTED'
  /** Seam cannot access Latch. See `ConnectedAccount.errors`, whose `advice` explains what to do. */
  | 'DISCONNECTED'
  /** Seam reports errors that do not indicate whether Latch is accessible. */
  | 'UNKNOWN'

/** Lifecycle status of a credential, computed at request time. If several values apply, the first in this order is returned: `EXPIRED`, `FAILED`, `PENDING`, `SCHEDULED`, `ACTIVE`. */
export type CredentialStatus =
  /** The credential is issued and valid, and has no errors. */
  | 'ACTIVE'
  /** `endsAt` is reached. */
  | 'EXPIRED'
  /** The credential has errors. See `AcsCredential.errors`. */
  | 'FAILED'
  /** Latch has not issued the credential yet, or its PIN is not available yet. */
  | 'PENDING'
  /** The credential is issued, and `startsAt` is in the future. */
  | 'SCHEDULED'

/** Reason why changes before a batch cannot be delivered. Fetch the displayed data again, then continue with the batches that follow. */
export type GapReason =
  /** The change journal no longer contains the changes after the cursor. */
  | 'EXPIRED'
  /** The cursor belongs to another change journal. */
  | 'JOURNAL_REPLACED'
  /** The viewer's access scope or permissions are different from those for which the cursor was created. */
  | 'SIGHT_CHANGED'
  /** The client did not receive messages fast enough. `Gap.missed` is the number of skipped changes, if known. */
  | 'TOO_SLOW'

/** Permission of an API key or token. The command line and tokens use the names `read`, `write`, `codes:read`, `connections:write`, `events`, `audit` and `admin`. */
export type Scope =
  /** Operate the gateway: read its metrics and the cost of operations. With an access scope of all ACS systems, also read, pause, resume and delete the webhook endpoints of other API keys. */
  | 'ADMIN'
  /** Together with `read`: read the audit trail and `Change.actor`. */
  | 'AUDIT'
  /** Read PINs. */
  | 'CODES_READ'
  /** Create Connect Webviews, read their URLs, and delete connected accounts. */
  | 'CONNECTIONS_WRITE'
  /** Together with `read`: use subscriptions, read the change journal, and manage webhook endpoints. */
  | 'EVENTS'
  /** Read ACS systems, ACS users, entrances, credentials, user identities, connected accounts and Connect Webviews. */
  | 'READ'
  /** Create, update and delete ACS users, user identities, credentials and client sessions; move ACS users in and out. */
  | 'WRITE'

/** Whether an operation or access method is supported. */
export type Support =
  /** Supported. */
  | 'SUPPORTED'
  /** Unknown: Seam does not report it. */
  | 'UNKNOWN'
  /** Not supported. */
  | 'UNSUPPORTED'

/** Status of the gateway's cached data of an ACS system. */
export type SyncStatus =
  /** Seam could not be reached, and there is no cached data that can be returned. See `detail`. */
  | 'FAILED'
  /** The cached data includes all known changes and is younger than `RECONCILE_SECONDS`. */
  | 'FRESH'
  /** No data is cached yet, or a list is being read from Seam. */
  | 'LOADING'
  /** Some cached data is outdated and is read from Seam again with the next query for it. If `detail` is set, Seam could not be reached and the last known data is returned. */
  | 'STALE'

export type IssuePartsFragment = {
  code: string
  message: string
  advice: string | null
  since: string | null
}

export type CredentialRowFragment = {
  id: string
  displayName: string
  accessMethod: AccessMethod
  status: CredentialStatus
  codeState: CodeState
  startsAt: string | null
  endsAt: string | null
  createdAt: string
  isIssued: boolean | null
  errors: Array<{ code: string; message: string; advice: string | null; since: string | null }>
  warnings: Array<{ code: string; message: string; advice: string | null; since: string | null }>
}

export type UserRowFragment = {
  id: string
  displayName: string
  fullName: string | null
  emailAddress: string | null
  phoneNumber: string | null
  isSuspended: boolean
  createdAt: string
  acsSystem: { id: string; name: string; timeZone: string | null }
  accessSchedule: { startsAt: string; endsAt: string | null } | null
  scheduledMoveOut: { at: string } | null
  errors: Array<{ code: string; message: string; advice: string | null; since: string | null }>
  warnings: Array<{ code: string; message: string; advice: string | null; since: string | null }>
}

export type EntranceRowFragment = {
  id: string
  displayName: string
  acsSystem: { id: string; name: string; timeZone: string | null }
  unlockWith: { code: Support; mobileKey: Support }
  latch: { isConnected: boolean | null; accessibilityType: string | null; doorName: string | null } | null
  errors: Array<{ code: string; message: string; advice: string | null; since: string | null }>
}

export type SystemRowFragment = {
  id: string
  name: string
  timeZone: string | null
  errors: Array<{ code: string; message: string; advice: string | null; since: string | null }>
  warnings: Array<{ code: string; message: string; advice: string | null; since: string | null }>
  sync: {
    state: SyncStatus
    syncedAt: string | null
    lagMs: number | null
    detail: string | null
    complete: boolean
  }
  connectedAccount: { id: string; state: ConnectionState } | null
}

type ChangeParts_ConnectionChange_Fragment = {
  __typename: 'ConnectionChange'
  id: string
  kind: ChangeKind
  occurredAt: string
  origin: ChangeOrigin
  actor: string | null
  subjectId: string
  cursor: string
  problem: { code: string; message: string; advice: string | null; since: string | null } | null
  acsSystem: {
    id: string
    name: string
    timeZone: string | null
    errors: Array<{ code: string; message: string; advice: string | null; since: string | null }>
    warnings: Array<{ code: string; message: string; advice: string | null; since: string | null }>
    sync: {
      state: SyncStatus
      syncedAt: string | null
      lagMs: number | null
      detail: string | null
      complete: boolean
    }
    connectedAccount: { id: string; state: ConnectionState } | null
  } | null
  connectedAccount: { id: string; state: ConnectionState } | null
}

type ChangeParts_CredentialChange_Fragment = {
  __typename: 'CredentialChange'
  changedFields: Array<string>
  recordedAcsUserId: string | null
  id: string
  kind: ChangeKind
  occurredAt: string
  origin: ChangeOrigin
  actor: string | null
  subjectId: string
  cursor: string
  credential: {
    id: string
    displayName: string
    accessMethod: AccessMethod
    status: CredentialStatus
    codeState: CodeState
    startsAt: string | null
    endsAt: string | null
    createdAt: string
    isIssued: boolean | null
    acsUser: {
      id: string
      displayName: string
      acsSystem: { id: string; name: string; timeZone: string | null }
    } | null
    errors: Array<{ code: string; message: string; advice: string | null; since: string | null }>
    warnings: Array<{ code: string; message: string; advice: string | null; since: string | null }>
  } | null
}

type ChangeParts_EntranceChange_Fragment = {
  __typename: 'EntranceChange'
  changedFields: Array<string>
  id: string
  kind: ChangeKind
  occurredAt: string
  origin: ChangeOrigin
  actor: string | null
  subjectId: string
  cursor: string
  acsEntrance: {
    id: string
    displayName: string
    acsSystem: { id: string; name: string; timeZone: string | null }
    unlockWith: { code: Support; mobileKey: Support }
    latch: { isConnected: boolean | null; accessibilityType: string | null; doorName: string | null } | null
    errors: Array<{ code: string; message: string; advice: string | null; since: string | null }>
  } | null
}

type ChangeParts_UserChange_Fragment = {
  __typename: 'UserChange'
  changedFields: Array<string>
  id: string
  kind: ChangeKind
  occurredAt: string
  origin: ChangeOrigin
  actor: string | null
  subjectId: string
  cursor: string
  acsUser: {
    id: string
    displayName: string
    fullName: string | null
    emailAddress: string | null
    phoneNumber: string | null
    isSuspended: boolean
    createdAt: string
    acsSystem: { id: string; name: string; timeZone: string | null }
    accessSchedule: { startsAt: string; endsAt: string | null } | null
    scheduledMoveOut: { at: string } | null
    errors: Array<{ code: string; message: string; advice: string | null; since: string | null }>
    warnings: Array<{ code: string; message: string; advice: string | null; since: string | null }>
  } | null
}

export type ChangePartsFragment =
  | ChangeParts_ConnectionChange_Fragment
  | ChangeParts_CredentialChange_Fragment
  | ChangeParts_EntranceChange_Fragment
  | ChangeParts_UserChange_Fragment

export type StartQueryVariables = Exact<{ [key: string]: never }>

export type StartQuery = {
  cursor: string
  viewer: {
    name: string
    isDemo: boolean
    scopes: Array<Scope>
    expiresAt: string | null
    reach: {
      allSystems: boolean
      acsSystems: Array<{ id: string; name: string; timeZone: string | null }>
      resident: { id: string; displayName: string } | null
    }
  }
}

export type LiveSubscriptionVariables = Exact<{
  after?: string | null | undefined
}>

export type LiveSubscription = {
  changes: {
    cursor: string
    gap: { reason: GapReason; missed: number | null } | null
    changes: Array<
      | {
          __typename: 'ConnectionChange'
          id: string
          kind: ChangeKind
          occurredAt: string
          origin: ChangeOrigin
          actor: string | null
          subjectId: string
          cursor: string
          problem: { code: string; message: string; advice: string | null; since: string | null } | null
          acsSystem: {
            id: string
            name: string
            timeZone: string | null
            errors: Array<{ code: string; message: string; advice: string | null; since: string | null }>
            warnings: Array<{ code: string; message: string; advice: string | null; since: string | null }>
            sync: {
              state: SyncStatus
              syncedAt: string | null
              lagMs: number | null
              detail: string | null
              complete: boolean
            }
            connectedAccount: { id: string; state: ConnectionState } | null
          } | null
          connectedAccount: { id: string; state: ConnectionState } | null
        }
      | {
          __typename: 'CredentialChange'
          changedFields: Array<string>
          recordedAcsUserId: string | null
          id: string
          kind: ChangeKind
          occurredAt: string
          origin: ChangeOrigin
          actor: string | null
          subjectId: string
          cursor: string
          credential: {
            id: string
            displayName: string
            accessMethod: AccessMethod
            status: CredentialStatus
            codeState: CodeState
            startsAt: string | null
            endsAt: string | null
            createdAt: string
            isIssued: boolean | null
            acsUser: {
              id: string
              displayName: string
              acsSystem: { id: string; name: string; timeZone: string | null }
            } | null
            errors: Array<{ code: string; message: string; advice: string | null; since: string | null }>
            warnings: Array<{ code: string; message: string; advice: string | null; since: string | null }>
          } | null
        }
      | {
          __typename: 'EntranceChange'
          changedFields: Array<string>
          id: string
          kind: ChangeKind
          occurredAt: string
          origin: ChangeOrigin
          actor: string | null
          subjectId: string
          cursor: string
          acsEntrance: {
            id: string
            displayName: string
            acsSystem: { id: string; name: string; timeZone: string | null }
            unlockWith: { code: Support; mobileKey: Support }
            latch: {
              isConnected: boolean | null
              accessibilityType: string | null
              doorName: string | null
            } | null
            errors: Array<{ code: string; message: string; advice: string | null; since: string | null }>
          } | null
        }
      | {
          __typename: 'UserChange'
          changedFields: Array<string>
          id: string
          kind: ChangeKind
          occurredAt: string
          origin: ChangeOrigin
          actor: string | null
          subjectId: string
          cursor: string
          acsUser: {
            id: string
            displayName: string
            fullName: string | null
            emailAddress: string | null
            phoneNumber: string | null
            isSuspended: boolean
            createdAt: string
            acsSystem: { id: string; name: string; timeZone: string | null }
            accessSchedule: { startsAt: string; endsAt: string | null } | null
            scheduledMoveOut: { at: string } | null
            errors: Array<{ code: string; message: string; advice: string | null; since: string | null }>
            warnings: Array<{ code: string; message: string; advice: string | null; since: string | null }>
          } | null
        }
    >
  }
}

export type ResidentsQueryVariables = Exact<{
  after?: string | null | undefined
}>

export type ResidentsQuery = {
  acsUsers: {
    totalCount: number
    pageInfo: { hasNextPage: boolean; endCursor: string | null }
    nodes: Array<{
      id: string
      displayName: string
      fullName: string | null
      emailAddress: string | null
      phoneNumber: string | null
      isSuspended: boolean
      createdAt: string
      credentials: {
        nodes: Array<{
          id: string
          displayName: string
          accessMethod: AccessMethod
          status: CredentialStatus
          codeState: CodeState
          startsAt: string | null
          endsAt: string | null
          createdAt: string
          isIssued: boolean | null
          errors: Array<{ code: string; message: string; advice: string | null; since: string | null }>
          warnings: Array<{ code: string; message: string; advice: string | null; since: string | null }>
        }>
      } | null
      acsSystem: { id: string; name: string; timeZone: string | null }
      accessSchedule: { startsAt: string; endsAt: string | null } | null
      scheduledMoveOut: { at: string } | null
      errors: Array<{ code: string; message: string; advice: string | null; since: string | null }>
      warnings: Array<{ code: string; message: string; advice: string | null; since: string | null }>
    }>
  } | null
}

export const IssuePartsFragmentDoc = {
  kind: 'Document',
  definitions: [
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'IssueParts' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'Issue' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'code' } },
          { kind: 'Field', name: { kind: 'Name', value: 'message' } },
          { kind: 'Field', name: { kind: 'Name', value: 'advice' } },
          { kind: 'Field', name: { kind: 'Name', value: 'since' } },
        ],
      },
    },
  ],
} as unknown as DocumentNode<IssuePartsFragment, unknown>
export const UserRowFragmentDoc = {
  kind: 'Document',
  definitions: [
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'UserRow' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'AcsUser' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'displayName' } },
          { kind: 'Field', name: { kind: 'Name', value: 'fullName' } },
          { kind: 'Field', name: { kind: 'Name', value: 'emailAddress' } },
          { kind: 'Field', name: { kind: 'Name', value: 'phoneNumber' } },
          { kind: 'Field', name: { kind: 'Name', value: 'isSuspended' } },
          { kind: 'Field', name: { kind: 'Name', value: 'createdAt' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'acsSystem' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                { kind: 'Field', name: { kind: 'Name', value: 'name' } },
                { kind: 'Field', name: { kind: 'Name', value: 'timeZone' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'accessSchedule' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'startsAt' } },
                { kind: 'Field', name: { kind: 'Name', value: 'endsAt' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'scheduledMoveOut' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'Field', name: { kind: 'Name', value: 'at' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'errors' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'warnings' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'IssueParts' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'Issue' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'code' } },
          { kind: 'Field', name: { kind: 'Name', value: 'message' } },
          { kind: 'Field', name: { kind: 'Name', value: 'advice' } },
          { kind: 'Field', name: { kind: 'Name', value: 'since' } },
        ],
      },
    },
  ],
} as unknown as DocumentNode<UserRowFragment, unknown>
export const CredentialRowFragmentDoc = {
  kind: 'Document',
  definitions: [
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'CredentialRow' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'AcsCredential' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'displayName' } },
          { kind: 'Field', name: { kind: 'Name', value: 'accessMethod' } },
          { kind: 'Field', name: { kind: 'Name', value: 'status' } },
          { kind: 'Field', name: { kind: 'Name', value: 'codeState' } },
          { kind: 'Field', name: { kind: 'Name', value: 'startsAt' } },
          { kind: 'Field', name: { kind: 'Name', value: 'endsAt' } },
          { kind: 'Field', name: { kind: 'Name', value: 'createdAt' } },
          { kind: 'Field', name: { kind: 'Name', value: 'isIssued' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'errors' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'warnings' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'IssueParts' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'Issue' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'code' } },
          { kind: 'Field', name: { kind: 'Name', value: 'message' } },
          { kind: 'Field', name: { kind: 'Name', value: 'advice' } },
          { kind: 'Field', name: { kind: 'Name', value: 'since' } },
        ],
      },
    },
  ],
} as unknown as DocumentNode<CredentialRowFragment, unknown>
export const EntranceRowFragmentDoc = {
  kind: 'Document',
  definitions: [
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'EntranceRow' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'AcsEntrance' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'displayName' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'acsSystem' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                { kind: 'Field', name: { kind: 'Name', value: 'name' } },
                { kind: 'Field', name: { kind: 'Name', value: 'timeZone' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'unlockWith' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'code' } },
                { kind: 'Field', name: { kind: 'Name', value: 'mobileKey' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'latch' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'isConnected' } },
                { kind: 'Field', name: { kind: 'Name', value: 'accessibilityType' } },
                { kind: 'Field', name: { kind: 'Name', value: 'doorName' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'errors' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'IssueParts' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'Issue' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'code' } },
          { kind: 'Field', name: { kind: 'Name', value: 'message' } },
          { kind: 'Field', name: { kind: 'Name', value: 'advice' } },
          { kind: 'Field', name: { kind: 'Name', value: 'since' } },
        ],
      },
    },
  ],
} as unknown as DocumentNode<EntranceRowFragment, unknown>
export const SystemRowFragmentDoc = {
  kind: 'Document',
  definitions: [
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'SystemRow' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'AcsSystem' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'name' } },
          { kind: 'Field', name: { kind: 'Name', value: 'timeZone' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'errors' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'warnings' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'sync' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'state' } },
                { kind: 'Field', name: { kind: 'Name', value: 'syncedAt' } },
                { kind: 'Field', name: { kind: 'Name', value: 'lagMs' } },
                { kind: 'Field', name: { kind: 'Name', value: 'detail' } },
                { kind: 'Field', name: { kind: 'Name', value: 'complete' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'connectedAccount' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                { kind: 'Field', name: { kind: 'Name', value: 'state' } },
              ],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'IssueParts' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'Issue' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'code' } },
          { kind: 'Field', name: { kind: 'Name', value: 'message' } },
          { kind: 'Field', name: { kind: 'Name', value: 'advice' } },
          { kind: 'Field', name: { kind: 'Name', value: 'since' } },
        ],
      },
    },
  ],
} as unknown as DocumentNode<SystemRowFragment, unknown>
export const ChangePartsFragmentDoc = {
  kind: 'Document',
  definitions: [
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'ChangeParts' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'Change' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: '__typename' } },
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'kind' } },
          { kind: 'Field', name: { kind: 'Name', value: 'occurredAt' } },
          { kind: 'Field', name: { kind: 'Name', value: 'origin' } },
          { kind: 'Field', name: { kind: 'Name', value: 'actor' } },
          { kind: 'Field', name: { kind: 'Name', value: 'subjectId' } },
          { kind: 'Field', name: { kind: 'Name', value: 'cursor' } },
          {
            kind: 'InlineFragment',
            typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'UserChange' } },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'changedFields' } },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'acsUser' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'UserRow' } }],
                  },
                },
              ],
            },
          },
          {
            kind: 'InlineFragment',
            typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'CredentialChange' } },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'changedFields' } },
                { kind: 'Field', name: { kind: 'Name', value: 'recordedAcsUserId' } },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'credential' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [
                      { kind: 'FragmentSpread', name: { kind: 'Name', value: 'CredentialRow' } },
                      {
                        kind: 'Field',
                        name: { kind: 'Name', value: 'acsUser' },
                        selectionSet: {
                          kind: 'SelectionSet',
                          selections: [
                            { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                            { kind: 'Field', name: { kind: 'Name', value: 'displayName' } },
                            {
                              kind: 'Field',
                              name: { kind: 'Name', value: 'acsSystem' },
                              selectionSet: {
                                kind: 'SelectionSet',
                                selections: [
                                  { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                                  { kind: 'Field', name: { kind: 'Name', value: 'name' } },
                                  { kind: 'Field', name: { kind: 'Name', value: 'timeZone' } },
                                ],
                              },
                            },
                          ],
                        },
                      },
                    ],
                  },
                },
              ],
            },
          },
          {
            kind: 'InlineFragment',
            typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'EntranceChange' } },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'changedFields' } },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'acsEntrance' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'EntranceRow' } }],
                  },
                },
              ],
            },
          },
          {
            kind: 'InlineFragment',
            typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'ConnectionChange' } },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'problem' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
                  },
                },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'acsSystem' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'SystemRow' } }],
                  },
                },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'connectedAccount' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [
                      { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                      { kind: 'Field', name: { kind: 'Name', value: 'state' } },
                    ],
                  },
                },
              ],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'IssueParts' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'Issue' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'code' } },
          { kind: 'Field', name: { kind: 'Name', value: 'message' } },
          { kind: 'Field', name: { kind: 'Name', value: 'advice' } },
          { kind: 'Field', name: { kind: 'Name', value: 'since' } },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'UserRow' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'AcsUser' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'displayName' } },
          { kind: 'Field', name: { kind: 'Name', value: 'fullName' } },
          { kind: 'Field', name: { kind: 'Name', value: 'emailAddress' } },
          { kind: 'Field', name: { kind: 'Name', value: 'phoneNumber' } },
          { kind: 'Field', name: { kind: 'Name', value: 'isSuspended' } },
          { kind: 'Field', name: { kind: 'Name', value: 'createdAt' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'acsSystem' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                { kind: 'Field', name: { kind: 'Name', value: 'name' } },
                { kind: 'Field', name: { kind: 'Name', value: 'timeZone' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'accessSchedule' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'startsAt' } },
                { kind: 'Field', name: { kind: 'Name', value: 'endsAt' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'scheduledMoveOut' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'Field', name: { kind: 'Name', value: 'at' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'errors' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'warnings' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'CredentialRow' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'AcsCredential' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'displayName' } },
          { kind: 'Field', name: { kind: 'Name', value: 'accessMethod' } },
          { kind: 'Field', name: { kind: 'Name', value: 'status' } },
          { kind: 'Field', name: { kind: 'Name', value: 'codeState' } },
          { kind: 'Field', name: { kind: 'Name', value: 'startsAt' } },
          { kind: 'Field', name: { kind: 'Name', value: 'endsAt' } },
          { kind: 'Field', name: { kind: 'Name', value: 'createdAt' } },
          { kind: 'Field', name: { kind: 'Name', value: 'isIssued' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'errors' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'warnings' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'EntranceRow' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'AcsEntrance' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'displayName' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'acsSystem' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                { kind: 'Field', name: { kind: 'Name', value: 'name' } },
                { kind: 'Field', name: { kind: 'Name', value: 'timeZone' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'unlockWith' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'code' } },
                { kind: 'Field', name: { kind: 'Name', value: 'mobileKey' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'latch' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'isConnected' } },
                { kind: 'Field', name: { kind: 'Name', value: 'accessibilityType' } },
                { kind: 'Field', name: { kind: 'Name', value: 'doorName' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'errors' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'SystemRow' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'AcsSystem' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'name' } },
          { kind: 'Field', name: { kind: 'Name', value: 'timeZone' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'errors' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'warnings' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'sync' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'state' } },
                { kind: 'Field', name: { kind: 'Name', value: 'syncedAt' } },
                { kind: 'Field', name: { kind: 'Name', value: 'lagMs' } },
                { kind: 'Field', name: { kind: 'Name', value: 'detail' } },
                { kind: 'Field', name: { kind: 'Name', value: 'complete' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'connectedAccount' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                { kind: 'Field', name: { kind: 'Name', value: 'state' } },
              ],
            },
          },
        ],
      },
    },
  ],
} as unknown as DocumentNode<ChangePartsFragment, unknown>
export const StartDocument = {
  kind: 'Document',
  definitions: [
    {
      kind: 'OperationDefinition',
      operation: 'query',
      name: { kind: 'Name', value: 'Start' },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'cursor' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'viewer' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'name' } },
                { kind: 'Field', name: { kind: 'Name', value: 'isDemo' } },
                { kind: 'Field', name: { kind: 'Name', value: 'scopes' } },
                { kind: 'Field', name: { kind: 'Name', value: 'expiresAt' } },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'reach' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [
                      { kind: 'Field', name: { kind: 'Name', value: 'allSystems' } },
                      {
                        kind: 'Field',
                        name: { kind: 'Name', value: 'acsSystems' },
                        selectionSet: {
                          kind: 'SelectionSet',
                          selections: [
                            { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                            { kind: 'Field', name: { kind: 'Name', value: 'name' } },
                            { kind: 'Field', name: { kind: 'Name', value: 'timeZone' } },
                          ],
                        },
                      },
                      {
                        kind: 'Field',
                        name: { kind: 'Name', value: 'resident' },
                        selectionSet: {
                          kind: 'SelectionSet',
                          selections: [
                            { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                            { kind: 'Field', name: { kind: 'Name', value: 'displayName' } },
                          ],
                        },
                      },
                    ],
                  },
                },
              ],
            },
          },
        ],
      },
    },
  ],
} as unknown as DocumentNode<StartQuery, StartQueryVariables>
export const LiveDocument = {
  kind: 'Document',
  definitions: [
    {
      kind: 'OperationDefinition',
      operation: 'subscription',
      name: { kind: 'Name', value: 'Live' },
      variableDefinitions: [
        {
          kind: 'VariableDefinition',
          variable: { kind: 'Variable', name: { kind: 'Name', value: 'after' } },
          type: { kind: 'NamedType', name: { kind: 'Name', value: 'Cursor' } },
        },
      ],
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'changes' },
            arguments: [
              {
                kind: 'Argument',
                name: { kind: 'Name', value: 'after' },
                value: { kind: 'Variable', name: { kind: 'Name', value: 'after' } },
              },
            ],
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'cursor' } },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'gap' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [
                      { kind: 'Field', name: { kind: 'Name', value: 'reason' } },
                      { kind: 'Field', name: { kind: 'Name', value: 'missed' } },
                    ],
                  },
                },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'changes' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'ChangeParts' } }],
                  },
                },
              ],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'IssueParts' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'Issue' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'code' } },
          { kind: 'Field', name: { kind: 'Name', value: 'message' } },
          { kind: 'Field', name: { kind: 'Name', value: 'advice' } },
          { kind: 'Field', name: { kind: 'Name', value: 'since' } },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'UserRow' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'AcsUser' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'displayName' } },
          { kind: 'Field', name: { kind: 'Name', value: 'fullName' } },
          { kind: 'Field', name: { kind: 'Name', value: 'emailAddress' } },
          { kind: 'Field', name: { kind: 'Name', value: 'phoneNumber' } },
          { kind: 'Field', name: { kind: 'Name', value: 'isSuspended' } },
          { kind: 'Field', name: { kind: 'Name', value: 'createdAt' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'acsSystem' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                { kind: 'Field', name: { kind: 'Name', value: 'name' } },
                { kind: 'Field', name: { kind: 'Name', value: 'timeZone' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'accessSchedule' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'startsAt' } },
                { kind: 'Field', name: { kind: 'Name', value: 'endsAt' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'scheduledMoveOut' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'Field', name: { kind: 'Name', value: 'at' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'errors' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'warnings' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'CredentialRow' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'AcsCredential' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'displayName' } },
          { kind: 'Field', name: { kind: 'Name', value: 'accessMethod' } },
          { kind: 'Field', name: { kind: 'Name', value: 'status' } },
          { kind: 'Field', name: { kind: 'Name', value: 'codeState' } },
          { kind: 'Field', name: { kind: 'Name', value: 'startsAt' } },
          { kind: 'Field', name: { kind: 'Name', value: 'endsAt' } },
          { kind: 'Field', name: { kind: 'Name', value: 'createdAt' } },
          { kind: 'Field', name: { kind: 'Name', value: 'isIssued' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'errors' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'warnings' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'EntranceRow' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'AcsEntrance' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'displayName' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'acsSystem' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                { kind: 'Field', name: { kind: 'Name', value: 'name' } },
                { kind: 'Field', name: { kind: 'Name', value: 'timeZone' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'unlockWith' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'code' } },
                { kind: 'Field', name: { kind: 'Name', value: 'mobileKey' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'latch' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'isConnected' } },
                { kind: 'Field', name: { kind: 'Name', value: 'accessibilityType' } },
                { kind: 'Field', name: { kind: 'Name', value: 'doorName' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'errors' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'SystemRow' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'AcsSystem' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'name' } },
          { kind: 'Field', name: { kind: 'Name', value: 'timeZone' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'errors' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'warnings' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'sync' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'state' } },
                { kind: 'Field', name: { kind: 'Name', value: 'syncedAt' } },
                { kind: 'Field', name: { kind: 'Name', value: 'lagMs' } },
                { kind: 'Field', name: { kind: 'Name', value: 'detail' } },
                { kind: 'Field', name: { kind: 'Name', value: 'complete' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'connectedAccount' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                { kind: 'Field', name: { kind: 'Name', value: 'state' } },
              ],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'ChangeParts' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'Change' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: '__typename' } },
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'kind' } },
          { kind: 'Field', name: { kind: 'Name', value: 'occurredAt' } },
          { kind: 'Field', name: { kind: 'Name', value: 'origin' } },
          { kind: 'Field', name: { kind: 'Name', value: 'actor' } },
          { kind: 'Field', name: { kind: 'Name', value: 'subjectId' } },
          { kind: 'Field', name: { kind: 'Name', value: 'cursor' } },
          {
            kind: 'InlineFragment',
            typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'UserChange' } },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'changedFields' } },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'acsUser' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'UserRow' } }],
                  },
                },
              ],
            },
          },
          {
            kind: 'InlineFragment',
            typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'CredentialChange' } },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'changedFields' } },
                { kind: 'Field', name: { kind: 'Name', value: 'recordedAcsUserId' } },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'credential' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [
                      { kind: 'FragmentSpread', name: { kind: 'Name', value: 'CredentialRow' } },
                      {
                        kind: 'Field',
                        name: { kind: 'Name', value: 'acsUser' },
                        selectionSet: {
                          kind: 'SelectionSet',
                          selections: [
                            { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                            { kind: 'Field', name: { kind: 'Name', value: 'displayName' } },
                            {
                              kind: 'Field',
                              name: { kind: 'Name', value: 'acsSystem' },
                              selectionSet: {
                                kind: 'SelectionSet',
                                selections: [
                                  { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                                  { kind: 'Field', name: { kind: 'Name', value: 'name' } },
                                  { kind: 'Field', name: { kind: 'Name', value: 'timeZone' } },
                                ],
                              },
                            },
                          ],
                        },
                      },
                    ],
                  },
                },
              ],
            },
          },
          {
            kind: 'InlineFragment',
            typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'EntranceChange' } },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'changedFields' } },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'acsEntrance' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'EntranceRow' } }],
                  },
                },
              ],
            },
          },
          {
            kind: 'InlineFragment',
            typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'ConnectionChange' } },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'problem' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
                  },
                },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'acsSystem' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'SystemRow' } }],
                  },
                },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'connectedAccount' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [
                      { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                      { kind: 'Field', name: { kind: 'Name', value: 'state' } },
                    ],
                  },
                },
              ],
            },
          },
        ],
      },
    },
  ],
} as unknown as DocumentNode<LiveSubscription, LiveSubscriptionVariables>
export const ResidentsDocument = {
  kind: 'Document',
  definitions: [
    {
      kind: 'OperationDefinition',
      operation: 'query',
      name: { kind: 'Name', value: 'Residents' },
      variableDefinitions: [
        {
          kind: 'VariableDefinition',
          variable: { kind: 'Variable', name: { kind: 'Name', value: 'after' } },
          type: { kind: 'NamedType', name: { kind: 'Name', value: 'String' } },
        },
      ],
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'acsUsers' },
            arguments: [
              {
                kind: 'Argument',
                name: { kind: 'Name', value: 'first' },
                value: { kind: 'IntValue', value: '100' },
              },
              {
                kind: 'Argument',
                name: { kind: 'Name', value: 'after' },
                value: { kind: 'Variable', name: { kind: 'Name', value: 'after' } },
              },
              {
                kind: 'Argument',
                name: { kind: 'Name', value: 'orderBy' },
                value: { kind: 'EnumValue', value: 'NAME_ASC' },
              },
            ],
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'totalCount' } },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'pageInfo' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [
                      { kind: 'Field', name: { kind: 'Name', value: 'hasNextPage' } },
                      { kind: 'Field', name: { kind: 'Name', value: 'endCursor' } },
                    ],
                  },
                },
                {
                  kind: 'Field',
                  name: { kind: 'Name', value: 'nodes' },
                  selectionSet: {
                    kind: 'SelectionSet',
                    selections: [
                      { kind: 'FragmentSpread', name: { kind: 'Name', value: 'UserRow' } },
                      {
                        kind: 'Field',
                        name: { kind: 'Name', value: 'credentials' },
                        arguments: [
                          {
                            kind: 'Argument',
                            name: { kind: 'Name', value: 'first' },
                            value: { kind: 'IntValue', value: '10' },
                          },
                        ],
                        selectionSet: {
                          kind: 'SelectionSet',
                          selections: [
                            {
                              kind: 'Field',
                              name: { kind: 'Name', value: 'nodes' },
                              selectionSet: {
                                kind: 'SelectionSet',
                                selections: [
                                  { kind: 'FragmentSpread', name: { kind: 'Name', value: 'CredentialRow' } },
                                ],
                              },
                            },
                          ],
                        },
                      },
                    ],
                  },
                },
              ],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'IssueParts' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'Issue' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'code' } },
          { kind: 'Field', name: { kind: 'Name', value: 'message' } },
          { kind: 'Field', name: { kind: 'Name', value: 'advice' } },
          { kind: 'Field', name: { kind: 'Name', value: 'since' } },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'UserRow' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'AcsUser' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'displayName' } },
          { kind: 'Field', name: { kind: 'Name', value: 'fullName' } },
          { kind: 'Field', name: { kind: 'Name', value: 'emailAddress' } },
          { kind: 'Field', name: { kind: 'Name', value: 'phoneNumber' } },
          { kind: 'Field', name: { kind: 'Name', value: 'isSuspended' } },
          { kind: 'Field', name: { kind: 'Name', value: 'createdAt' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'acsSystem' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'id' } },
                { kind: 'Field', name: { kind: 'Name', value: 'name' } },
                { kind: 'Field', name: { kind: 'Name', value: 'timeZone' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'accessSchedule' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [
                { kind: 'Field', name: { kind: 'Name', value: 'startsAt' } },
                { kind: 'Field', name: { kind: 'Name', value: 'endsAt' } },
              ],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'scheduledMoveOut' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'Field', name: { kind: 'Name', value: 'at' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'errors' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'warnings' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
        ],
      },
    },
    {
      kind: 'FragmentDefinition',
      name: { kind: 'Name', value: 'CredentialRow' },
      typeCondition: { kind: 'NamedType', name: { kind: 'Name', value: 'AcsCredential' } },
      selectionSet: {
        kind: 'SelectionSet',
        selections: [
          { kind: 'Field', name: { kind: 'Name', value: 'id' } },
          { kind: 'Field', name: { kind: 'Name', value: 'displayName' } },
          { kind: 'Field', name: { kind: 'Name', value: 'accessMethod' } },
          { kind: 'Field', name: { kind: 'Name', value: 'status' } },
          { kind: 'Field', name: { kind: 'Name', value: 'codeState' } },
          { kind: 'Field', name: { kind: 'Name', value: 'startsAt' } },
          { kind: 'Field', name: { kind: 'Name', value: 'endsAt' } },
          { kind: 'Field', name: { kind: 'Name', value: 'createdAt' } },
          { kind: 'Field', name: { kind: 'Name', value: 'isIssued' } },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'errors' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
          {
            kind: 'Field',
            name: { kind: 'Name', value: 'warnings' },
            selectionSet: {
              kind: 'SelectionSet',
              selections: [{ kind: 'FragmentSpread', name: { kind: 'Name', value: 'IssueParts' } }],
            },
          },
        ],
      },
    },
  ],
} as unknown as DocumentNode<ResidentsQuery, ResidentsQueryVariables>
