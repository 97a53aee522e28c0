import type { Issue } from './entities.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
  ConnectWebviewId,
} from './ids.ts'

export const changeSubjects = ['CREDENTIAL', 'USER', 'ENTRANCE', 'CONNECTION'] as const
export type ChangeSubject = (typeof changeSubjects)[number]

export const changeKinds = [
  'CREATED',
  'ISSUED',
  'UPDATED',
  'REISSUED',
  'INVALIDATED',
  'DELETED',
  'CONNECTED',
  'DISCONNECTED',
] as const
export type ChangeKind = (typeof changeKinds)[number]

export const changeOrigins = ['WEBHOOK', 'MUTATION', 'BACKFILL', 'RECONCILIATION'] as const
export type ChangeOrigin = (typeof changeOrigins)[number]

/**
 * One thing that became different in the graph, before it has a place in the journal. Ids that the news did not name are `null`;
 * `acsUserId` and `acsEntranceIds` of a credential's change are those it belonged to as far as the gateway knew.
 */
export type NewChange = {
  readonly subject: ChangeSubject
  readonly kind: ChangeKind
  readonly origin: ChangeOrigin
  /** ISO 8601, from Seam where Seam told it. */
  readonly occurredAt: string
  /** Name of the key or token subject that wrote it through the gateway; `null` when it came from elsewhere. */
  readonly actor: string | null
  readonly seamEventId: string | null
  readonly acsSystemId: AcsSystemId | null
  readonly acsUserId: AcsUserId | null
  readonly acsEntranceIds: readonly AcsEntranceId[] | null
  readonly acsCredentialId: AcsCredentialId | null
  readonly connectedAccountId: ConnectedAccountId | null
  readonly connectWebviewId: ConnectWebviewId | null
  /** Names of the graph's fields that differ; empty when Seam didn't say. */
  readonly changedFields: readonly string[]
  /** What is wrong, on a connection's change. */
  readonly problem: Issue | null
}

/** A change with its place in the journal: offsets are dense integers from 1 within an epoch. */
export type Change = NewChange & { readonly offset: number; readonly recordedAt: string }
