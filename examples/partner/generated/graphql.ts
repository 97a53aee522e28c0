/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
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

/** Webhook endpoint to create. */
export type CreateWebhookEndpointInput = {
  /** Position after which changes are sent: first the changes since then, then new changes. If omitted, only new changes are sent. */
  after?: string | null | undefined;
  /** Free-text note about the endpoint. At most 255 characters. */
  description?: string | null | undefined;
  /** Conditions that the sent changes must meet. If omitted, all changes in the access scope of the API key are sent. */
  filter?: ChangeFilter | null | undefined;
  /** Idempotency key: text chosen by the client that identifies the request, 1 to 255 characters. A request with the same key and the same input within 24 hours returns the result of the first request and is not carried out again, unless the first request failed or was rejected before it was sent to Seam. With a different input, it is rejected with `IDEMPOTENCY_MISMATCH`. */
  idempotencyKey?: string | null | undefined;
  /** Maximum number of messages in flight at the same time, from 1 to 32; otherwise rejected with `INVALID`. With 1, messages are sent in the order of the change journal, one at a time. With more, messages about different objects overlap; those about one object, and those about an ACS user and its credentials, are sent in their order, one at a time. Default: 1. */
  parallel?: number | null | undefined;
  /** URL to which changes are sent. Must start with `https://`, must resolve to a public IP address, and can have at most 2,048 characters, without user name, password and fragment. Otherwise rejected with `INVALID`. Redirects are not followed. */
  url: string;
};

/** Webhook endpoint to delete. */
export type DeleteWebhookEndpointInput = {
  /** Idempotency key: text chosen by the client that identifies the request, 1 to 255 characters. A request with the same key and the same input within 24 hours returns the result of the first request and is not carried out again, unless the first request failed or was rejected before it was sent to Seam. With a different input, it is rejected with `IDEMPOTENCY_MISMATCH`. */
  idempotencyKey?: string | null | undefined;
  /** ID of the webhook endpoint. */
  webhookEndpointId: string | number;
};

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

export type ResidentsQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type ResidentsQuery = { cursor: string, acsUsers: { pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, displayName: string, isSuspended: boolean }> } | null };

export type WatchSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type WatchSubscription = { changes: { cursor: string, gap: { reason: GapReason } | null, changes: Array<
      | { __typename: 'ConnectionChange', kind: ChangeKind, occurredAt: string, subjectId: string }
      | { __typename: 'CredentialChange', kind: ChangeKind, occurredAt: string, subjectId: string }
      | { __typename: 'EntranceChange', kind: ChangeKind, occurredAt: string, subjectId: string }
      | { __typename: 'UserChange', kind: ChangeKind, occurredAt: string, subjectId: string }
    > } };

export type RegisterWebhookMutationVariables = Exact<{
  input: CreateWebhookEndpointInput;
}>;


export type RegisterWebhookMutation = { createWebhookEndpoint: { secret: string | null, webhookEndpoint: { id: string } | null, userErrors: Array<{ message: string }> } };

export type DeleteWebhookMutationVariables = Exact<{
  input: DeleteWebhookEndpointInput;
}>;


export type DeleteWebhookMutation = { deleteWebhookEndpoint: { userErrors: Array<{ message: string }> } };


export const ResidentsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Residents"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"acsUsers"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"EnumValue","value":"NAME_ASC"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"isSuspended"}}]}}]}}]}}]} as unknown as DocumentNode<ResidentsQuery, ResidentsQueryVariables>;
export const WatchDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"Watch"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Cursor"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changes"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"gap"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"reason"}}]}},{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"subjectId"}}]}}]}}]}}]} as unknown as DocumentNode<WatchSubscription, WatchSubscriptionVariables>;
export const RegisterWebhookDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RegisterWebhook"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateWebhookEndpointInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createWebhookEndpoint"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"secret"}},{"kind":"Field","name":{"kind":"Name","value":"webhookEndpoint"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<RegisterWebhookMutation, RegisterWebhookMutationVariables>;
export const DeleteWebhookDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeleteWebhook"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DeleteWebhookEndpointInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deleteWebhookEndpoint"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<DeleteWebhookMutation, DeleteWebhookMutationVariables>;