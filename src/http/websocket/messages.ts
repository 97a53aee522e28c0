import { validateMessage } from 'graphql-ws'
import type { MutationProgress } from '../../../schema/context.ts'
import { isRecord } from '../graphql/graphql-request.ts'
import { sizeLimits } from '../size-limits.ts'

/**
 * Close codes that the gateway sends itself; graphql-ws sends the others of the protocol. Clients of graphql-ws do not reconnect after
 * 4400–4499, except for 4403 and 4408, and reconnect after 1012 and 1013. Conditions that a new connection can resolve have a code with
 * which clients reconnect.
 */
export const closeReasons = {
  initialisationTimeout: { code: 4408, reason: 'Connection initialisation timeout' },
  invalidMessage: { code: 4400, reason: 'Invalid message received' },
  unauthorized: { code: 4401, reason: 'Unauthorized' },
  revoked: { code: 4401, reason: 'The API key was revoked' },
  expired: { code: 4403, reason: 'The credential has expired; connect with a new one' },
  tooManyConnections: {
    code: 1013,
    reason: 'The limit of connections of this credential is reached; try again later',
  },
  restart: { code: 1012, reason: 'The gateway is restarting; connect again' },
  tryAgain: { code: 1013, reason: 'Internal error; try again' },
} as const
export type CloseReason = { readonly code: number; readonly reason: string }

/** Replaces a close reason longer than 123 bytes (RFC 6455, section 5.5.1). graphql-ws puts the id of an operation into one. */
export function fitCloseReason(reason: string): string {
  return Buffer.byteLength(reason) <= 123 ? reason : 'Subscriber already exists'
}

/** Types of messages that only servers send. graphql-ws accepts them, and then throws. */
const serverTypes: ReadonlySet<unknown> = new Set(['connection_ack', 'next', 'error'])

/** Payload of a message, of which only the types that graphql-ws validates are known. */
export type MessagePayload = Readonly<Record<string, unknown>>

/**
 * A valid message of a client. `text` is for graphql-ws. It does not contain the payload of a `connection_init` or `subscribe` message, which
 * `payload` has for the hooks: graphql-ws keeps the text of a message until its operation ends, and the credential until the socket closes.
 */
export type PreparedMessage = { readonly text: string; readonly payload: MessagePayload | null }

/** Payload of a message that is too large to be parsed. */
export const oversizedPayload: MessagePayload = Object.freeze({})

/**
 * Validates a message of a client as graphql-ws does, and prepares it. Returns `null` for an invalid message, and for one that clients must not
 * send. The protocol requires a query, so a `subscribe` message with only a document id gets an empty one.
 */
export function prepareMessage(text: string): PreparedMessage | null {
  const message = parseJson(text)
  if (!isRecord(message) || serverTypes.has(message.type)) return null
  const { type, id } = message
  if (typeof id === 'string' && id.length > sizeLimits.maxOperationIdLength) return null
  const payload = isRecord(message.payload) ? message.payload : {}
  const completePayload =
    type === 'subscribe' && hasDocumentIdOnly(payload) ? { ...payload, query: '' } : message.payload
  if (!isValidMessage({ ...message, payload: completePayload })) return null
  if (type === 'connection_init') return { text: '{"type":"connection_init"}', payload }
  if (type === 'subscribe') return createSubscribeMessage(JSON.stringify(id), payload)
  return { text, payload: null }
}

function isValidMessage(message: unknown): boolean {
  try {
    validateMessage(message)
    return true
  } catch {
    return false
  }
}

function createSubscribeMessage(quotedId: string, payload: MessagePayload): PreparedMessage {
  return { text: `{"id":${quotedId},"type":"subscribe","payload":{"query":""}}`, payload }
}

function hasDocumentIdOnly({ query = null, documentId, extensions }: MessagePayload): boolean {
  if (query !== null) return false
  return documentId !== undefined || (isRecord(extensions) && extensions.persistedQuery !== undefined)
}

/**
 * Creates a message in place of one that is too large to be parsed, so that its operation is rejected and the socket stays open. Returns
 * `null` if the message does not start with its id; common clients write it first.
 */
export function prepareOversizedMessage(text: string): PreparedMessage | null {
  const quotedId = /^\s*\{\s*"id"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(
    text.slice(0, 4 * sizeLimits.maxOperationIdLength),
  )?.[1]
  if (quotedId === undefined) return null
  const message = prepareMessage(createSubscribeMessage(quotedId, {}).text)
  return message === null ? null : { ...message, payload: oversizedPayload }
}

/** Writes the start of the `next` messages of an operation. It is ASCII, since other characters of the id are escaped. */
export function writeNextHead(id: string): string {
  const escapedId = JSON.stringify(id).replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `{"id":${escapedId},"type":"next","payload":`
}

const closingBrace = 0x7d

/** Creates a `next` message in UTF-8 from its start and from the result in JSON. */
export function createNextMessage(head: string, body: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(head.length + body.length + 1)
  message.write(head, 0, 'latin1')
  message.set(body, head.length)
  message[message.length - 1] = closingBrace
  return message
}

const noBytes: Buffer = Buffer.alloc(0)
let lastBody = { text: '', bytes: noBytes }
let lastFeedMessage = { head: '', body: noBytes, bytes: noBytes }

/**
 * Creates a `next` message for a subscriber of a group, whose subscribers get the same result one after the other. So the result is encoded
 * only once, and subscribers with equal ids, as clients have that count their operations, share the whole message.
 */
export function createFeedMessage(head: string, text: string): Buffer {
  if (text !== lastBody.text) lastBody = { text, bytes: Buffer.from(text) }
  const body = lastBody.bytes
  if (body !== lastFeedMessage.body || head !== lastFeedMessage.head)
    lastFeedMessage = { head, body, bytes: createNextMessage(head, body) }
  return lastFeedMessage.bytes
}

/** Creates a ping message with the progress of a mutation. Clients that do not support progress only answer the ping. */
export function createProgressMessage(id: string, progress: MutationProgress): string {
  return JSON.stringify({ type: 'ping', payload: { progress: { id, ...progress } } })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
