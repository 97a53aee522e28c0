import { type Asked, isRecord, readParams } from '../execution.ts'
import { bounds } from '../face.ts'

/** The subprotocol, as graphql-ws specifies it (PROTOCOL.md of that project). */
export const subprotocol = 'graphql-transport-ws'

/**
 * Every code a socket is closed with, and what the client is told. Clients of graphql-ws give up at 4400–4499 but for 4403 and 4408, and
 * try again after 1012 and 1013: what a fresh connection would mend has one of those.
 */
export const closings = {
  invalidMessage: { code: 4400, reason: 'Invalid message' },
  unauthorized: { code: 4401, reason: 'Unauthorized' },
  revoked: { code: 4401, reason: 'The key was revoked' },
  expired: { code: 4403, reason: 'The credential has expired; come back with a fresh one' },
  subprotocol: { code: 4406, reason: `Subprotocol not acceptable; speak ${subprotocol}` },
  initialisationTimeout: { code: 4408, reason: 'Connection initialisation timeout' },
  tooManyInitialisations: { code: 4429, reason: 'Too many initialisation requests' },
  tooManyConnections: { code: 1013, reason: 'This key has as many connections as it may; try again later' },
  restart: { code: 1012, reason: 'The gateway is restarting; connect again' },
  tryAgain: { code: 1013, reason: 'Something of ours failed; try again' },
} as const
export type Closing = { readonly code: number; readonly reason: string }

/** Names the id where it fits: the reason of a close is at most 123 bytes (RFC 6455, 5.5.1). */
export function subscriberExists(id: string): Closing {
  const reason = `Subscriber for ${id} already exists`
  return { code: 4409, reason: Buffer.byteLength(reason) <= 123 ? reason : 'Subscriber already exists' }
}

/** What a client may send. */
export type ClientMessage =
  | { readonly type: 'connection_init'; readonly payload: Readonly<Record<string, unknown>> }
  | { readonly type: 'ping'; readonly payload: Readonly<Record<string, unknown>> | null }
  | { readonly type: 'pong' }
  | { readonly type: 'subscribe'; readonly id: string; readonly payload: Asked | string }
  | { readonly type: 'complete'; readonly id: string }

/**
 * Reads one message; `null` is not one a client may send. A `subscribe` whose payload has the right shape and no usable query comes
 * back with a text, so that only that operation fails and not its neighbours on the socket.
 */
export function readMessage(text: string): ClientMessage | null {
  const message = parseJson(text)
  if (!isRecord(message)) return null
  const { type, id, payload = null } = message
  switch (type) {
    case 'connection_init':
      return payload === null || isRecord(payload) ? { type, payload: payload ?? {} } : null
    case 'ping':
      return payload === null || isRecord(payload) ? { type, payload } : null
    case 'pong':
      return payload === null || isRecord(payload) ? { type } : null
    case 'complete':
      return isOperationId(id) ? { type, id } : null
    case 'subscribe':
      if (!isOperationId(id) || !isRecord(payload) || !namesDocument(payload)) return null
      return { type, id, payload: readParams(payload) }
    default:
      return null
  }
}

/**
 * The id of a message that is too large to be parsed, so that its operation can be refused and the socket stays. Clients write the id
 * first; where they don't, `null`.
 */
export function idOfOversized(text: string): string | null {
  const quoted = /^\s*\{\s*"id"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(
    text.slice(0, 4 * bounds.operationIdLength),
  )?.[1]
  const id = quoted === undefined ? null : parseJson(quoted)
  return isOperationId(id) ? id : null
}

/** Makes `next` messages of one operation: what many sockets share, the body, is spliced in as it is. */
export function nextMessagesOf(id: string): (body: string) => string {
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`
  return (body) => `${head}${body}}`
}

function isOperationId(id: unknown): id is string {
  return typeof id === 'string' && id !== '' && id.length <= bounds.operationIdLength
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A payload without a query is one of another protocol, unless it names a document by its id. */
function namesDocument({ query, documentId, extensions }: Readonly<Record<string, unknown>>): boolean {
  return typeof query === 'string' || documentId !== undefined || isRecord(extensions)
}
