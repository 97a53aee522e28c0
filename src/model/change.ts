import type { Issue } from './entities.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
  ConnectWebviewId,
} from './ids.ts'
import { encodeNodeId, type NodeType } from './ids.ts'

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
 * One thing that became different in the graph, before it has a place in the journal. Ids that were not known when it was written are
 * `null`, and stay so: nobody fills them in when it is read. `acsUserId` and `acsEntranceIds` of a credential's change are the ACS user
 * and the entrances that the credential had then.
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
  /** ACS systems of the connected account that a connection's change is about; absent where they were not known. */
  readonly acsSystemIds?: readonly AcsSystemId[]
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
export function lifecycleDedupeKeys(changes: readonly NewChange[]): readonly string[] {
  return changes.flatMap((change) => {
    const { subject, kind } = change
    const id = kind === 'CREATED' || kind === 'DELETED' ? lifecycleIdOf(change) : null
    return id === null ? [] : [`${kind} ${subject} ${id}`]
  })
}

function lifecycleIdOf({ subject, kind, ...ids }: NewChange): string | null {
  if (subject === 'CREDENTIAL') return ids.acsCredentialId
  if (subject === 'USER') return ids.acsUserId
  const isAccount = subject === 'CONNECTION' && ids.acsSystemId === null && ids.connectWebviewId === null
  return isAccount && kind === 'DELETED' ? ids.connectedAccountId : null
}

/**
 * Names what a change tells of a state: a connection that is up or down, something that is there or gone, a credential that was issued. `key`
 * names the state of this thing, `others` the states that it may be in instead; one that is not lasting is a new occurrence each time.
 * `null` for a change that tells no state.
 */
export function reportedStateOf(
  change: NewChange,
): { readonly key: string; readonly others: readonly string[]; readonly isLasting: boolean } | null {
  const { subject, kind } = change
  const possibleKinds = exclusiveKinds.find((each) => each.includes(kind))
  const ids = {
    CREDENTIAL: change.acsCredentialId,
    USER: null,
    ENTRANCE: change.acsEntranceIds?.[0] ?? null,
    CONNECTION: change.connectWebviewId === null ? (change.acsSystemId ?? change.connectedAccountId) : null,
  }
  const id = ids[subject]
  // Credentials come and go once: see `lifecycleDedupeKeys`.
  if (
    possibleKinds === undefined ||
    id === null ||
    (subject === 'CREDENTIAL' && possibleKinds.includes('CREATED'))
  )
    return null
  const keyOf = (each: ChangeKind): string => `state ${subject} ${id} ${each}`
  const others = possibleKinds.filter((each) => each !== kind).map(keyOf)
  return { key: keyOf(kind), others, isLasting: kind !== 'REISSUED' }
}

/** Kinds of changes that tell states of one thing. */
const exclusiveKinds: readonly (readonly ChangeKind[])[] = [
  ['CONNECTED', 'DISCONNECTED'],
  ['CREATED', 'DELETED'],
  ['ISSUED', 'REISSUED'],
]

/** Ids of the objects that a change is about. A connection's change is about its connected account and its ACS systems. */
export function objectIdsOf(change: NewChange): readonly string[] {
  const { acsSystemId, connectedAccountId, acsSystemIds = [] } = change
  const ids = {
    CREDENTIAL: [change.acsCredentialId],
    USER: [change.acsUserId],
    ENTRANCE: change.acsEntranceIds ?? [],
    CONNECTION: [acsSystemId, connectedAccountId, ...acsSystemIds],
  }
  return ids[change.subject].filter((id) => id !== null)
}

/**
 * Node id of what a change is about, whether or not that is still there. A connection's change is about the most specific of what it
 * names: a Connect Webview, an ACS system, a connected account. Empty where the news named nothing.
 */
export function subjectNodeIdOf(change: NewChange): string {
  const [type, id] = subjectOf(change)
  return id == null ? '' : encodeNodeId(type, id)
}

function subjectOf({ subject, ...ids }: NewChange): readonly [NodeType, string | null | undefined] {
  if (subject === 'CREDENTIAL') return ['AcsCredential', ids.acsCredentialId]
  if (subject === 'USER') return ['AcsUser', ids.acsUserId]
  if (subject === 'ENTRANCE') return ['AcsEntrance', ids.acsEntranceIds?.[0]]
  if (ids.connectWebviewId !== null) return ['ConnectWebview', ids.connectWebviewId]
  if (ids.acsSystemId !== null) return ['AcsSystem', ids.acsSystemId]
  return ['ConnectedAccount', ids.connectedAccountId]
}

/** A change with its place in the journal: offsets are dense integers from 1 within an epoch. */
export type Change = NewChange & { readonly offset: number; readonly recordedAt: string }
