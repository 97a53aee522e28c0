import { hash } from 'node:crypto'
import { reachesEverything } from '../auth/reach.ts'
import type { Viewer } from '../auth/viewer.ts'
import type { Change } from '../model/change.ts'
import type { Gap, Place } from './endpoint.ts'

/** One thing to send. The same place has the same id and the same text, however often it's sent. */
export type Message = { readonly id: string; readonly body: string }

/** Which message it is: whose, and about which place. */
export type MessageSource = { readonly endpointId: string; readonly place: Place; readonly cursor: string }

/**
 * The message that tells a change: its type, its time, and ids. Whoever gets it reads from the graph what they may see, as new as
 * `cursor`. So a message holds nothing that was secret when it was written, nor what is out of date when it comes.
 */
export function changeMessage(source: MessageSource, change: Change, viewer: Viewer): Message {
  return messageOf(source, 'change', {
    type: `${change.subject}.${change.kind}`.toLowerCase(),
    timestamp: change.recordedAt,
    data: {
      id: changeId(change.offset),
      cursor: source.cursor,
      subject: change.subject,
      kind: change.kind,
      occurredAt: change.occurredAt,
      origin: change.origin,
      seamEventId: change.seamEventId,
      ...(viewer.scopes.has('audit') && { actor: change.actor }),
      ...idsOf(change, viewer),
      changedFields: change.changedFields,
      ...(change.subject === 'CONNECTION' && { problem: change.problem }),
    },
  })
}

/** The message that says that changes before it can't be told: everything is to be fetched anew. */
export function gapMessage(source: MessageSource, { reason, at }: Gap): Message {
  const data = { cursor: source.cursor, reason }
  return messageOf(source, `gap ${at}`, { type: 'gap', timestamp: at, data })
}

/** A change's id in the graph. */
export function changeId(offset: number): string {
  return Buffer.from(`Change:${offset}`).toString('base64url')
}

function messageOf({ endpointId, place }: MessageSource, what: string, content: object): Message {
  const name = hash('sha256', JSON.stringify([endpointId, place.epoch, place.offset, what]), 'base64url')
  return { id: `msg_${name.slice(0, 27)}`, body: JSON.stringify(content) }
}

/** The ids of what it is about, by their names in the graph. An account is more than the systems that somebody sees of it. */
function idsOf(change: Change, { reach }: Viewer): Readonly<Record<string, string | null>> {
  const { acsSystemId } = change
  switch (change.subject) {
    case 'CREDENTIAL':
      return { credentialId: change.acsCredentialId, acsUserId: change.acsUserId, acsSystemId }
    case 'USER':
      return { acsUserId: change.acsUserId, acsSystemId }
    case 'ENTRANCE':
      return { acsEntranceId: change.acsEntranceIds?.[0] ?? null, acsSystemId }
    case 'CONNECTION':
      return reachesEverything(reach)
        ? {
            acsSystemId,
            connectedAccountId: change.connectedAccountId,
            connectWebviewId: change.connectWebviewId,
          }
        : { acsSystemId }
  }
}
