import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { findEventNumbers } from './event-ids.ts'

/** Payload of a `subscribe` message. */
export type SubscribePayload = {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly extensions?: { readonly after: string }
}

/** What one subscriber has received: the count and the sum of its changes' numbers, and the cursor of its last message. */
export type Receipt = { count: number; sum: number; cursor: string }

/** Subscribers of a server, with one WebSocket and one operation each. */
export type Subscribers = {
  readonly receipts: readonly Receipt[]
  /** Resolves when all subscribers together have received `count` more changes. Rejects after `timeoutMs`. */
  receive(count: number, timeoutMs?: number): Promise<void>
  /** Closes the sockets, and waits until they are closed. */
  close(): Promise<void>
}

/** Creates the id of an operation. */
export type CreateId = () => string

/** Creates an id as the client of graphql-ws does. */
const createUniqueId: CreateId = () => randomUUID()
/** Creates an id as a client does that counts its operations. */
export const createFirstId: CreateId = () => '1'

type Server = { readonly url: string; readonly authorization?: string }

/** Subscription to all changes. */
export const watchQuery = /* GraphQL */ `
  subscription Watch {
    changes { cursor gap { reason missed } changes { id kind occurredAt origin actor seamEventId subjectId } }
  }
`
const maxConcurrentOpens = 100
const defaultTimeoutMs = 60_000

/**
 * Opens a socket with one subscription for each payload, in the protocol graphql-transport-ws. Resolves when each subscription has received its
 * first message.
 */
export async function subscribe(
  server: Server,
  payloads: readonly SubscribePayload[],
  createId: CreateId = createUniqueId,
): Promise<Subscribers> {
  const receipts: Receipt[] = payloads.map(() => ({ count: 0, sum: 0, cursor: '' }))
  const sockets: WebSocket[] = []
  let received = 0
  let awaited = { total: Number.POSITIVE_INFINITY, resolve: () => {} }
  // Subscribers of the same operation receive equal payloads, which need to be searched only once.
  let last: { payload: Buffer; content: Content } = { payload: Buffer.alloc(0), content: noContent }

  function record(receipt: Receipt, message: Buffer): void {
    const payload = message.subarray(message.indexOf(payloadKey))
    if (!payload.equals(last.payload)) last = { payload, content: readContent(payload) }
    const { count, sum, cursor } = last.content
    receipt.count += count
    receipt.sum += sum
    receipt.cursor = cursor ?? receipt.cursor
    received += count
    if (received >= awaited.total) awaited.resolve()
  }

  async function open(payload: SubscribePayload, receipt: Receipt): Promise<void> {
    const socket = await openSubscription(server, payload, (message) => record(receipt, message), createId)
    sockets.push(socket)
  }

  for (let start = 0; start < payloads.length; start += maxConcurrentOpens) {
    const slice = payloads.slice(start, start + maxConcurrentOpens)
    await Promise.all(slice.map((payload, index) => open(payload, receipts[start + index] as Receipt)))
  }
  return {
    receipts,
    receive(count, timeoutMs = defaultTimeoutMs) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const total = received + count
      awaited = { total, resolve }
      if (count === 0) resolve()
      const timer = setTimeout(() => {
        reject(new Error(`${total - received} of ${count} deliveries are missing after ${timeoutMs} ms.`))
      }, timeoutMs)
      return promise.finally(() => clearTimeout(timer))
    },
    async close() {
      const open = sockets.filter(({ readyState }) => readyState !== WebSocket.CLOSED)
      const closed = open.map((socket) => once(socket, 'close'))
      for (const socket of open) socket.terminate()
      await Promise.all(closed)
    },
  }
}

/** Returns the numbers of subscribers that have missed one of the changes, and of those that have received one twice or another one. */
export function countLosses(
  receipts: readonly Receipt[],
  eventNumbers: readonly number[],
): { readonly lost: number; readonly repeated: number } {
  const expectedSum = eventNumbers.reduce((sum, eventNumber) => sum + eventNumber, 0)
  const isExact = ({ count, sum }: Receipt): boolean => count === eventNumbers.length && sum === expectedSum
  const inexact = receipts.filter((receipt) => !isExact(receipt))
  const lost = inexact.filter(({ count }) => count < eventNumbers.length).length
  return { lost, repeated: inexact.length - lost }
}

/** Opens a socket and subscribes. Resolves with the first message of the subscription. `onMessage` is called for it and all later ones. */
export function openSubscription(
  { url, authorization }: Server,
  payload: SubscribePayload,
  onMessage: (message: Buffer) => void,
  createId: CreateId = createUniqueId,
): Promise<WebSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>()
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', {
    perMessageDeflate: false,
    skipUTF8Validation: true,
  })
  const send = (message: object): void => socket.send(JSON.stringify(message))
  socket.once('open', () => send({ type: 'connection_init', payload: { authorization } }))
  socket.once('error', reject)
  socket.once('close', (code) => reject(new Error(`The socket was closed with ${code}.`)))
  socket.once('message', () => {
    send({ id: createId(), type: 'subscribe', payload })
    let isFirst = true
    socket.on('message', (message: Buffer) => {
      if (isFirst && !message.includes('"type":"next"'))
        return reject(new Error(`The subscription was answered ${message}`))
      isFirst = false
      onMessage(message)
      resolve(socket)
    })
  })
  return promise
}

const payloadKey = Buffer.from('"payload":')
const cursorKey = Buffer.from('"cursor":"')

/** Count and sum of the numbers of a message's changes, and its cursor. */
type Content = { readonly count: number; readonly sum: number; readonly cursor: string | null }

const noContent: Content = { count: 0, sum: 0, cursor: null }

function readContent(message: Buffer): Content {
  const eventNumbers = findEventNumbers(message)
  const start = message.indexOf(cursorKey) + cursorKey.length
  const hasCursor = start >= cursorKey.length
  return {
    count: eventNumbers.length,
    sum: eventNumbers.reduce((sum, eventNumber) => sum + eventNumber, 0),
    cursor: hasCursor ? message.toString('latin1', start, message.indexOf('"', start)) : null,
  }
}
