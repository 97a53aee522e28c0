import { hash, randomUUID } from 'node:crypto'
import { hasFullAccess } from '../auth/access-scope.ts'
import type { Viewer } from '../auth/viewer.ts'
import type { Change } from '../model/change.ts'
import type { JournalPosition, PendingGap } from './endpoint.ts'

/** A message. The same position always has the same ID and text. */
export type Message = { readonly id: string; readonly body: string }

/** Identity of a message: its endpoint, its position, and the term of the journal in which the change was appended. */
export type MessageSource = {
  readonly endpointId: string
  readonly position: JournalPosition
  readonly term: string
  readonly cursor: string
}

/**
 * Creates the message of a change: type, time and IDs. The receiver queries the graph for values, at least as new as `cursor`. So a message
 * contains no secrets and no outdated values.
 */
export function createChangeMessage(source: MessageSource, change: Change, viewer: Viewer): Message {
  return createMessage(source, 'change', {
    type: `${change.subject}.${change.kind}`.toLowerCase(),
    timestamp: change.recordedAt,
    data: {
      id: encodeChangeId(change.offset),
      cursor: source.cursor,
      subject: change.subject,
      kind: change.kind,
      occurredAt: change.occurredAt,
      origin: change.origin,
      seamEventId: change.seamEventId,
      ...(viewer.scopes.has('audit') && { actor: change.actor }),
      ...pickVisibleIds(change, viewer),
      changedFields: change.changedFields,
      ...(change.subject === 'CONNECTION' && { problem: change.problem }),
    },
  })
}

/** Creates the message for a gap: changes before it are missing, and the receiver must fetch again. */
export function createGapMessage(source: MessageSource, { reason, at }: PendingGap): Message {
  const data = { cursor: source.cursor, reason }
  return createMessage(source, `gap ${at}`, { type: 'gap', timestamp: at, data })
}

/** Creates a test message. It contains no change, has no position, and is never sent again. */
export function createTestMessage(endpointId: string, at: string): Message {
  const name = hash('sha256', JSON.stringify([endpointId, 'test', randomUUID()]), 'base64url')
  const data = { webhookEndpointId: endpointId }
  return { id: `msg_${name.slice(0, 27)}`, body: JSON.stringify({ type: 'test', timestamp: at, data }) }
}

/** ID of a change in the graph. */
export function encodeChangeId(offset: number): string {
  return Buffer.from(`Change:${offset}`).toString('base64url')
}

function createMessage(
  { endpointId, position, term }: MessageSource,
  kind: string,
  content: object,
): Message {
  // An offset that was assigned twice, in a failover that lost changes, makes two messages.
  const parts = [endpointId, position.epoch, position.offset, kind, ...(term === '' ? [] : [term])]
  const name = hash('sha256', JSON.stringify(parts), 'base64url')
  return { id: `msg_${name.slice(0, 27)}`, body: JSON.stringify(content) }
}

/** IDs of the objects of a change, by their names in the graph. A connected account can have ACS systems that the viewer cannot see. */
function pickVisibleIds(change: Change, { accessScope }: Viewer): Readonly<Record<string, string | null>> {
  const { acsSystemId } = change
  switch (change.subject) {
    case 'CREDENTIAL':
      return { credentialId: change.acsCredentialId, acsUserId: change.acsUserId, acsSystemId }
    case 'USER':
      return { acsUserId: change.acsUserId, acsSystemId }
    case 'ENTRANCE':
      return { acsEntranceId: change.acsEntranceIds?.[0] ?? null, acsSystemId }
    case 'CONNECTION':
      return hasFullAccess(accessScope)
        ? {
            acsSystemId,
            connectedAccountId: change.connectedAccountId,
            connectWebviewId: change.connectWebviewId,
          }
        : { acsSystemId }
  }
}
