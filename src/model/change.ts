import type { AccessMethod } from './access-method.ts'
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
 * One difference in the graph, without a position in the journal yet. Ids that were unknown when the change was recorded are `null` and
 * stay `null`: reading a change does not complete them. `acsUserId`, `acsEntranceIds` and `accessMethod` of a credential's change are the ACS
 * user, the entrances and the access method of the credential at that time.
 */
export type NewChange = {
  readonly subject: ChangeSubject
  readonly kind: ChangeKind
  readonly origin: ChangeOrigin
  /** ISO 8601. Seam's time if Seam reported one. */
  readonly occurredAt: string
  /** Name of the API key or subject of the token that made the change through the gateway; `null` for any other origin. */
  readonly actor: string | null
  readonly seamEventId: string | null
  readonly acsSystemId: AcsSystemId | null
  readonly acsUserId: AcsUserId | null
  readonly acsEntranceIds: readonly AcsEntranceId[] | null
  readonly acsCredentialId: AcsCredentialId | null
  /** Access method of the credential that the change is about; absent if it was unknown, and in records of earlier versions. */
  readonly accessMethod?: AccessMethod
  readonly connectedAccountId: ConnectedAccountId | null
  /** ACS systems of the connected account that a connection's change is about; absent if they were unknown. */
  readonly acsSystemIds?: readonly AcsSystemId[]
  readonly connectWebviewId: ConnectWebviewId | null
  /** Names of the graph's fields that differ; empty if Seam does not report them. */
  readonly changedFields: readonly string[]
  /** The error or warning that caused a connection's change. */
  readonly problem: Issue | null
}

/**
 * Returns the dedupe keys of changes that can occur only once per object, whichever source reports them first: the creation and deletion
 * of a credential or an ACS user, and the deletion of a connected account. Seam never reuses their ids. (An entrance can be removed and
 * added again with the same id.)
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
 * Returns the state that a change reports: a connection is connected or disconnected, an object exists or is deleted, a credential is issued.
 * `key` identifies this state of the object, and `others` the states that exclude it. If `isLasting` is `false`, each report is a new
 * occurrence. Returns `null` for a change that reports no state.
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
  // A credential is created and deleted only once: see `lifecycleDedupeKeys`.
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

/** Groups of change kinds whose states exclude each other. */
const exclusiveKinds: readonly (readonly ChangeKind[])[] = [
  ['CONNECTED', 'DISCONNECTED'],
  ['CREATED', 'DELETED'],
  ['ISSUED', 'REISSUED'],
]

/** Returns the ids of the objects that a change is about. A connection's change is about its connected account and its ACS systems. */
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
 * Returns the node id of the object that a change is about, whether or not the object still exists. For a connection's change this is the
 * most specific object that it names: a Connect Webview, an ACS system or a connected account. Empty if the change names no object.
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

/** A change with its position in the journal. Offsets are consecutive integers from 1 within an epoch. */
export type Change = NewChange & { readonly offset: number; readonly recordedAt: string }
