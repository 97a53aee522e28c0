/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** How a credential opens a door (`access_method` in Seam). */
export type AccessMethod =
  /** A key card. Not described for Latch. */
  | 'CARD'
  /** A PIN that Latch generates. Opens exactly one entrance. */
  | 'CODE'
  /** A key on the resident's phones. Opens one or more entrances. */
  | 'MOBILE_KEY'
  /** A method that this version of the gateway does not know. */
  | 'UNKNOWN';

/** Why somebody cannot open a door, or what they should know. */
export type AccessReasonCode =
  /** Latch reports an error with the credential: it opens nothing. */
  | 'CREDENTIAL_ERROR'
  /** The door is offline. Told only: a mobile key works offline. */
  | 'ENTRANCE_OFFLINE'
  /** The credential's time, or the person's, is over. */
  | 'EXPIRED'
  /** Latch has not issued the credential yet. */
  | 'NOT_ISSUED'
  /** The credential's time, or the person's, has not begun. */
  | 'NOT_YET_VALID'
  /** No credential of this person opens this door. */
  | 'NO_CREDENTIAL'
  /** Seam is disconnected from Latch. Told only: what is shown may be out of date. */
  | 'SYSTEM_DISCONNECTED'
  /** The person is suspended. */
  | 'USER_SUSPENDED';

/** Which changes. Everything given must fit. */
export type ChangeFilter = {
  /** Only of this entrance: its id, or `acs_entrance_id`. A change of which the gateway does not know the owner is told as well, so that nothing is lost silently. */
  acsEntranceId?: string | number | null | undefined;
  /** Only of this system: its id, or `acs_system_id`. A change of which the gateway does not know the owner is told as well, so that nothing is lost silently. */
  acsSystemId?: string | number | null | undefined;
  /** Only of this ACS user: its id, or `acs_user_id`. A change of which the gateway does not know the owner is told as well, so that nothing is lost silently. */
  acsUserId?: string | number | null | undefined;
  /** Only these kinds. */
  kinds?: Array<ChangeKind> | null | undefined;
  /** Only learnt in these ways. */
  origins?: Array<ChangeOrigin> | null | undefined;
  /** Only about these. */
  subjects?: Array<ChangeSubject> | null | undefined;
};

/** What happened. */
export type ChangeKind =
  /** Seam reaches Latch (again). */
  | 'CONNECTED'
  /** It is new. */
  | 'CREATED'
  /** It is gone. */
  | 'DELETED'
  /** Seam no longer reaches Latch: see `problem`. */
  | 'DISCONNECTED'
  /** The credential can no longer be used. */
  | 'INVALIDATED'
  /** Latch has issued the credential. */
  | 'ISSUED'
  /** Latch has issued the credential again. */
  | 'REISSUED'
  /** Something about it differs: see `changedFields`. */
  | 'UPDATED';

/** How the gateway learnt of a change. */
export type ChangeOrigin =
  /** Found in Seam's list of events, after webhooks had been missed. */
  | 'BACKFILL'
  /** It was made through this gateway. */
  | 'MUTATION'
  /** Found by comparing with Seam: many changes have no event. */
  | 'RECONCILIATION'
  /** Seam told it. */
  | 'WEBHOOK';

/** What a change is about. */
export type ChangeSubject =
  /** A connected account, ACS system or Connect Webview: ConnectionChange. */
  | 'CONNECTION'
  /** A credential: CredentialChange. */
  | 'CREDENTIAL'
  /** An entrance: EntranceChange. */
  | 'ENTRANCE'
  /** An ACS user: UserChange. */
  | 'USER';

/** Why `code` is there, or is not. */
export type CodeState =
  /** There is a PIN, and this viewer lacks the scope `codes:read`. */
  | 'HIDDEN'
  /** The credential has no PIN. */
  | 'NONE'
  /** Latch has not given the PIN yet; a change tells when it has. */
  | 'PENDING'
  /** The PIN stands in `code`. */
  | 'VISIBLE';

/** Which changes of credentials. Everything given must fit. */
export type CredentialChangeFilter = {
  /** Only of this entrance: its id, or `acs_entrance_id`. A change of which the gateway does not know the owner is told as well, so that nothing is lost silently. */
  acsEntranceId?: string | number | null | undefined;
  /** Only of this system: its id, or `acs_system_id`. A change of which the gateway does not know the owner is told as well, so that nothing is lost silently. */
  acsSystemId?: string | number | null | undefined;
  /** Only of this ACS user: its id, or `acs_user_id`. A change of which the gateway does not know the owner is told as well, so that nothing is lost silently. */
  acsUserId?: string | number | null | undefined;
  /** Only these kinds. */
  kinds?: Array<ChangeKind> | null | undefined;
};

/** One word for a credential as of this request. Where several fit, the first in this order counts: EXPIRED, FAILED, PENDING, SCHEDULED, ACTIVE. */
export type CredentialStatus =
  /** Issued, begun, not ended, without errors. */
  | 'ACTIVE'
  /** Has ended; at `endsAt` exactly it is over. */
  | 'EXPIRED'
  /** Has errors: see `errors` and their advice. */
  | 'FAILED'
  /** Not issued by Latch yet: Seam says so, or a PIN is still missing. */
  | 'PENDING'
  /** Issued, and begins later. */
  | 'SCHEDULED';

/** Why something is missing before a batch. Fetch anew, then go on. */
export type GapReason =
  /** The cursor is older than what the journal keeps. */
  | 'EXPIRED'
  /** The cursor is of another journal. */
  | 'JOURNAL_REPLACED'
  /** The viewer may see other things than when the cursor was given. */
  | 'SIGHT_CHANGED'
  /** The connection could not take what it was given; `missed` counts the changes. */
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
