/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** How a credential unlocks entrances (`access_method` in Seam). */
export type AccessMethod =
  /** Key card. Seam's guide for Latch does not describe this method. */
  | 'CARD'
  /** PIN that Latch generates. Unlocks exactly one entrance. */
  | 'CODE'
  /** Mobile key on the phones of the ACS user. Unlocks one or more entrances. */
  | 'MOBILE_KEY'
  /** Access method that this version of the gateway does not know. See `AcsCredential.seamAccessMethod`. */
  | 'UNKNOWN';

/** Reason why an ACS user cannot unlock an entrance, or a related problem that does not prevent access. `AccessReason.blocking` distinguishes the two. */
export type AccessReasonCode =
  /** Seam reports an error or a warning for the connected account, other than a disconnection. Does not prevent access. */
  | 'ACCOUNT_ERROR'
  /** Seam reports an error for the credential. A credential with an error does not unlock entrances. */
  | 'CREDENTIAL_ERROR'
  /** Seam reports a warning that a valid credential may not work. Does not prevent access. */
  | 'CREDENTIAL_WARNING'
  /** Seam reports an error for the entrance. Does not prevent access. */
  | 'ENTRANCE_ERROR'
  /** The lock is offline. Does not prevent access, because mobile keys work offline. */
  | 'ENTRANCE_OFFLINE'
  /** Seam reports a warning that access at the entrance may not work. Does not prevent access. */
  | 'ENTRANCE_WARNING'
  /** The time range of the credential, or the access schedule of the ACS user, has ended. */
  | 'EXPIRED'
  /** Latch has not issued the credential yet. */
  | 'NOT_ISSUED'
  /** The time range of the credential, or the access schedule of the ACS user, has not started. */
  | 'NOT_YET_VALID'
  /** The ACS user has no credential for the entrance. */
  | 'NO_CREDENTIAL'
  /** Seam is disconnected from Latch, so the data may be outdated. Does not prevent access. */
  | 'SYSTEM_DISCONNECTED'
  /** Seam reports an error for the ACS system, other than a disconnection. Does not prevent access. */
  | 'SYSTEM_ERROR'
  /** Seam reports an error for the ACS user. Prevents access, except for `failed_to_update_on_acs_system` and `failed_to_delete_on_acs_system`, after which Latch keeps the previous access. */
  | 'USER_ERROR'
  /** Seam reports that the ACS user currently has no access (`acs_user_inactive`). Prevents access, except if the checked time is in the future. */
  | 'USER_INACTIVE'
  /** The ACS user is suspended. */
  | 'USER_SUSPENDED'
  /** Seam reports a warning that access of the ACS user may not work. Does not prevent access. */
  | 'USER_WARNING';

/** Filter for changes. All given conditions must be met. */
export type ChangeFilter = {
  /** Only changes to this entrance and of credentials that unlocked it. Accepts its `id` in this graph or its `acs_entrance_id` in Seam. Also matches changes for which the gateway did not know this ID when it recorded them, so that no change is missed. */
  acsEntranceId?: string | number | null | undefined;
  /** Only changes to this ACS system and of objects in it. Accepts its `id` in this graph or its `acs_system_id` in Seam. Also matches changes for which the gateway did not know this ID when it recorded them, so that no change is missed. */
  acsSystemId?: string | number | null | undefined;
  /** Only changes to this ACS user and of its credentials. Accepts its `id` in this graph or its `acs_user_id` in Seam. Also matches changes for which the gateway did not know this ID when it recorded them, so that no change is missed. */
  acsUserId?: string | number | null | undefined;
  /** Only changes of these kinds. */
  kinds?: Array<ChangeKind> | null | undefined;
  /** Only changes that the gateway learned about in these ways. */
  origins?: Array<ChangeOrigin> | null | undefined;
  /** Only changes to objects of these types. */
  subjects?: Array<ChangeSubject> | null | undefined;
};

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
  | 'UPDATED';

/** How the gateway learned about a change. */
export type ChangeOrigin =
  /** Found in the list of Seam's events, which the gateway reads to find events that no webhook delivered. */
  | 'BACKFILL'
  /** The change was made by a mutation of this gateway. */
  | 'MUTATION'
  /** Found by comparing the data with Seam. Seam has no event for many changes. */
  | 'RECONCILIATION'
  /** A webhook of Seam reported the change. */
  | 'WEBHOOK';

/** Type of object that a change applies to. */
export type ChangeSubject =
  /** A connected account, an ACS system or a Connect Webview. Changes have the type `ConnectionChange`. */
  | 'CONNECTION'
  /** A credential. Changes have the type `CredentialChange`. */
  | 'CREDENTIAL'
  /** An entrance. Changes have the type `EntranceChange`. */
  | 'ENTRANCE'
  /** An ACS user. Changes have the type `UserChange`. */
  | 'USER';

/** Availability of the PIN of a credential. */
export type CodeState =
  /** The credential has a PIN, but the viewer does not have the `codes:read` scope. */
  | 'HIDDEN'
  /** The credential has no PIN. */
  | 'NONE'
  /** Latch has not generated the PIN yet. A change of kind `ISSUED` reports when it is available. */
  | 'PENDING'
  /** The PIN is available in `AcsCredential.code`. */
  | 'VISIBLE';

/** Filter for changes to credentials. All given conditions must be met. */
export type CredentialChangeFilter = {
  /** Only changes to credentials that unlocked this entrance. Accepts its `id` in this graph or its `acs_entrance_id` in Seam. Also matches changes for which the gateway did not know this ID when it recorded them, so that no change is missed. */
  acsEntranceId?: string | number | null | undefined;
  /** Only changes to credentials of this ACS system. Accepts its `id` in this graph or its `acs_system_id` in Seam. Also matches changes for which the gateway did not know this ID when it recorded them, so that no change is missed. */
  acsSystemId?: string | number | null | undefined;
  /** Only changes to credentials of this ACS user. Accepts its `id` in this graph or its `acs_user_id` in Seam. Also matches changes for which the gateway did not know this ID when it recorded them, so that no change is missed. */
  acsUserId?: string | number | null | undefined;
  /** Only changes of these kinds. */
  kinds?: Array<ChangeKind> | null | undefined;
};

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
  | 'SCHEDULED';

/** Reason why changes before a batch cannot be delivered. Fetch the displayed data again, then continue with the batches that follow. */
export type GapReason =
  /** The change journal no longer contains the changes after the cursor. */
  | 'EXPIRED'
  /** The cursor belongs to another change journal. */
  | 'JOURNAL_REPLACED'
  /** The viewer's access scope or permissions are different from those for which the cursor was created. */
  | 'SIGHT_CHANGED'
  /** The client did not receive messages fast enough. `Gap.missed` is the number of skipped changes, if known. */
  | 'TOO_SLOW';

export type ChangesPageQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
  filter?: ChangeFilter | null | undefined;
}>;


export type ChangesPageQuery = { changes: { totalCount: number, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null }, edges: Array<{ cursor: string, node:
        | { id: string, cursor: string, kind: ChangeKind, occurredAt: string, origin: ChangeOrigin, actor: string | null, seamEventId: string | null, acsSystem: { id: string, name: string } | null, problem: { code: string, advice: string | null } | null }
        | { credentialId: string, id: string, cursor: string, kind: ChangeKind, occurredAt: string, origin: ChangeOrigin, actor: string | null, seamEventId: string | null, credential: { id: string, status: CredentialStatus } | null }
        | { acsEntranceId: string, id: string, cursor: string, kind: ChangeKind, occurredAt: string, origin: ChangeOrigin, actor: string | null, seamEventId: string | null, acsEntrance: { id: string, displayName: string } | null }
        | { acsUserId: string, id: string, cursor: string, kind: ChangeKind, occurredAt: string, origin: ChangeOrigin, actor: string | null, seamEventId: string | null, acsUser: { id: string, displayName: string } | null }
       }> } };

export type DashboardQueryVariables = Exact<{
  acsSystemId?: string | number | null | undefined;
  after?: string | null | undefined;
}>;


export type DashboardQuery = { cursor: string, acsUsers: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, displayName: string, emailAddress: string | null, isSuspended: boolean, credentials: { totalCount: number, nodes: Array<{ id: string, displayName: string, accessMethod: AccessMethod, codeState: CodeState, status: CredentialStatus, startsAt: string | null, endsAt: string | null, entrances: { totalCount: number, nodes: Array<{ id: string, displayName: string }> } | null }> } | null }> } | null };

export type MayEnterQueryVariables = Exact<{
  acsUserId: string | number;
  acsEntranceId: string | number;
  at?: string | null | undefined;
}>;


export type MayEnterQuery = { accessCheck: { allowed: boolean, cursor: string, reasons: Array<{ code: AccessReasonCode, message: string, blocking: boolean, credential: { id: string, status: CredentialStatus } | null }>, via: Array<{ id: string, accessMethod: AccessMethod, endsAt: string | null }> } };

export type WatchCredentialsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  filter?: CredentialChangeFilter | null | undefined;
}>;


export type WatchCredentialsSubscription = { credentialChanges: { cursor: string, gap: { reason: GapReason, missed: number | null } | null, changes: Array<{ id: string, cursor: string, kind: ChangeKind, occurredAt: string, origin: ChangeOrigin, actor: string | null, changedFields: Array<string>, credentialId: string, credential: { id: string, displayName: string, status: CredentialStatus, acsUser: { id: string, displayName: string } | null } | null }> } };


export const ChangesPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ChangesPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"last"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"before"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ChangeFilter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changes"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"last"},"value":{"kind":"Variable","name":{"kind":"Name","value":"last"}}},{"kind":"Argument","name":{"kind":"Name","value":"before"},"value":{"kind":"Variable","name":{"kind":"Name","value":"before"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"origin"}},{"kind":"Field","name":{"kind":"Name","value":"actor"}},{"kind":"Field","name":{"kind":"Name","value":"seamEventId"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"CredentialChange"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"credentialId"}},{"kind":"Field","name":{"kind":"Name","value":"credential"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserChange"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"acsUserId"}},{"kind":"Field","name":{"kind":"Name","value":"acsUser"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"EntranceChange"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"acsEntranceId"}},{"kind":"Field","name":{"kind":"Name","value":"acsEntrance"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ConnectionChange"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"acsSystem"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"problem"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"advice"}}]}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<ChangesPageQuery, ChangesPageQueryVariables>;
export const DashboardDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Dashboard"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"acsSystemId"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"acsUsers"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"acsSystemId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"acsSystemId"}}}]}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"EnumValue","value":"NAME_ASC"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"emailAddress"}},{"kind":"Field","name":{"kind":"Name","value":"isSuspended"}},{"kind":"Field","name":{"kind":"Name","value":"credentials"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"10"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"accessMethod"}},{"kind":"Field","name":{"kind":"Name","value":"codeState"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"startsAt"}},{"kind":"Field","name":{"kind":"Name","value":"endsAt"}},{"kind":"Field","name":{"kind":"Name","value":"entrances"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"10"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}}]}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<DashboardQuery, DashboardQueryVariables>;
export const MayEnterDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"MayEnter"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"acsUserId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"acsEntranceId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"at"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessCheck"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"acsUserId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"acsUserId"}}},{"kind":"Argument","name":{"kind":"Name","value":"acsEntranceId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"acsEntranceId"}}},{"kind":"Argument","name":{"kind":"Name","value":"at"},"value":{"kind":"Variable","name":{"kind":"Name","value":"at"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"allowed"}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"reasons"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"blocking"}},{"kind":"Field","name":{"kind":"Name","value":"credential"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"via"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"accessMethod"}},{"kind":"Field","name":{"kind":"Name","value":"endsAt"}}]}}]}}]}}]} as unknown as DocumentNode<MayEnterQuery, MayEnterQueryVariables>;
export const WatchCredentialsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"WatchCredentials"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Cursor"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"CredentialChangeFilter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"credentialChanges"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"gap"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"missed"}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"origin"}},{"kind":"Field","name":{"kind":"Name","value":"actor"}},{"kind":"Field","name":{"kind":"Name","value":"changedFields"}},{"kind":"Field","name":{"kind":"Name","value":"credentialId"}},{"kind":"Field","name":{"kind":"Name","value":"credential"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"acsUser"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}}]}}]}}]}}]}}]} as unknown as DocumentNode<WatchCredentialsSubscription, WatchCredentialsSubscriptionVariables>;
