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

/**
 * Keys of what can be told only once, by whichever way it's heard of first: that a credential or a user came to be, and that it's gone,
 * and that a connected account is gone. Seam gives no id twice. (An entrance may go and come back under its id.)
 */
export function onceKeys(changes: readonly NewChange[]): readonly string[] {
  return changes.flatMap((change) => {
    const { subject, kind } = change
    const id = kind === 'CREATED' || kind === 'DELETED' ? onceId(change) : null
    return id === null ? [] : [`${kind} ${subject} ${id}`]
  })
}

function onceId({ subject, kind, ...ids }: NewChange): string | null {
  if (subject === 'CREDENTIAL') return ids.acsCredentialId
  if (subject === 'USER') return ids.acsUserId
  const isAccount = subject === 'CONNECTION' && ids.acsSystemId === null && ids.connectWebviewId === null
  return isAccount && kind === 'DELETED' ? ids.connectedAccountId : null
}

/** A change with its place in the journal: offsets are dense integers from 1 within an epoch. */
export type Change = NewChange & { readonly offset: number; readonly recordedAt: string }
