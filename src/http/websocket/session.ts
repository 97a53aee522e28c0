import type { RawData, WebSocket } from 'ws'
import { CredentialExpired } from '../../auth/tokens.ts'
import type { Viewer } from '../../auth/viewer.ts'
import { bounds, type Timing } from '../face.ts'
import { Refusal } from '../respond.ts'
import type { Transport } from '../transport.ts'
import {
  type ClientMessage,
  type Closing,
  closings,
  idOfOversized,
  readMessage,
  subscriberExists,
} from './messages.ts'
import { createOperations, type Operations, type Wire } from './operations.ts'

/**
 * A socket's life: it is opened; `connection_init` makes it initialising, while its credential is looked at; acknowledged, it runs
 * operations; closed is the end. Whatever closes it, it is by `close`, with one of `closings`.
 */
type State =
  | { readonly name: 'opened'; readonly timeout: NodeJS.Timeout }
  | { readonly name: 'initialising' }
  | { readonly name: 'acknowledged'; readonly operations: Operations; readonly leave: () => void }
  | { readonly name: 'closed' }

export type Session = {
  close(closing: Closing): void
  /** Asks for a sign of life; ends a socket that gave none since the last time. */
  beat(): void
}

/** Before a client is known, and where it can't be told what is wrong, it gets less room. */
const unknownClientBytes = 16 * 1024
/** A client that neither reads nor goes away is cut off here, whatever it asks. */
const unreadAtMost = 8 * bounds.unreadBytes

export type SessionOptions = {
  readonly transport: Transport
  readonly timing: Timing
  /** The demo is only for those who called this machine by its own name. */
  readonly admitsDemo: boolean
}

/** Speaks graphql-transport-ws on one socket until it is closed. */
export function openSession(socket: WebSocket, { transport, timing, admitsDemo }: SessionOptions): Session {
  const { authenticate, log, metrics, watchViewer } = transport
  let isAlive = true
  let state: State = {
    name: 'opened',
    timeout: setTimeout(() => close(closings.initialisationTimeout), timing.initialisationMs),
  }

  function close({ code, reason }: Closing): void {
    end()
    socket.close(code, reason)
  }

  function end(): void {
    const ended = state
    state = { name: 'closed' }
    if (ended.name === 'opened') clearTimeout(ended.timeout)
    if (ended.name !== 'acknowledged') return
    ended.leave()
    ended.operations.stopAll()
  }

  const wire: Wire = {
    send(text) {
      if (state.name === 'closed') return
      if (socket.bufferedAmount > unreadAtMost) socket.terminate()
      else socket.send(text)
    },
    ready: () => socket.bufferedAmount < bounds.unreadBytes,
    close,
  }

  async function initialise(payload: Readonly<Record<string, unknown>>): Promise<void> {
    if (state.name !== 'opened') return close(closings.tooManyInitialisations)
    clearTimeout(state.timeout)
    state = { name: 'initialising' }
    const viewer = await authenticate(credentialOf(payload))
    if (isOver()) return
    if (viewer === null || (viewer.isDemo && !admitsDemo)) return close(closings.unauthorized)
    acknowledge(viewer)
  }

  function acknowledge(viewer: Viewer): void {
    const giveBack = transport.allowance.open('connections', viewer)
    const unwatch = watchViewer(viewer, (reason) => close(closings[reason]))
    const leave = () => {
      unwatch()
      giveBack()
    }
    if (isOver()) {
      // The watch may end at once.
      leave()
    } else {
      state = { name: 'acknowledged', operations: createOperations(transport, wire, viewer), leave }
      wire.send('{"type":"connection_ack"}')
    }
  }

  function isOver(): boolean {
    return state.name === 'closed'
  }

  function receive(message: ClientMessage): void {
    switch (message.type) {
      case 'connection_init':
        initialise(message.payload).catch((error: unknown) => {
          if (error instanceof CredentialExpired) return close(closings.expired)
          if (error instanceof Refusal) {
            metrics.refused(error.code)
            return close(closings.tooManyConnections)
          }
          log.error({ err: error }, 'A credential could not be checked')
          close(closings.tryAgain)
        })
        break
      case 'ping':
        wire.send(JSON.stringify({ type: 'pong', ...(message.payload && { payload: message.payload }) }))
        break
      case 'pong':
        break
      case 'complete':
        if (state.name === 'acknowledged') state.operations.stop(message.id)
        break
      case 'subscribe':
        if (state.name !== 'acknowledged') close(closings.unauthorized)
        else if (state.operations.has(message.id)) close(subscriberExists(message.id))
        else state.operations.start(message.id, message.payload)
        break
    }
  }

  function receiveOversized(text: string): void {
    const id = idOfOversized(text)
    const message = `A message is at most ${bounds.bodyBytes} bytes here.`
    if (state.name !== 'acknowledged' || id === null) close(closings.invalidMessage)
    else if (state.operations.has(id)) close(subscriberExists(id))
    else state.operations.refuse(id, new Refusal(413, 'PAYLOAD_TOO_LARGE', message))
  }

  function receiveText(text: string, length: number): void {
    const limit = state.name === 'acknowledged' ? bounds.bodyBytes : unknownClientBytes
    const message = length > limit ? null : readMessage(text)
    if (length > limit) receiveOversized(text)
    else if (message === null) close(closings.invalidMessage)
    else receive(message)
  }

  socket.on('message', (data: RawData, isBinary: boolean) => {
    isAlive = true
    const bytes = data as Buffer
    if (isOver()) return
    if (isBinary) close(closings.invalidMessage)
    else receiveText(bytes.toString('utf8'), bytes.length)
  })
  socket.on('pong', () => {
    isAlive = true
  })
  // A frame that breaks the WebSocket protocol itself: `ws` has chosen the code, and closes.
  socket.on('error', (error) => log.debug({ err: error }, 'A socket broke'))
  socket.on('close', end)

  return {
    close,
    beat() {
      if (isAlive) socket.ping()
      else socket.terminate()
      isAlive = false
    },
  }
}

/** Clients write the parameter as they would the header, with either letter case. */
function credentialOf(params: Readonly<Record<string, unknown>>): string | null {
  const credential = params.authorization ?? params.Authorization
  return typeof credential === 'string' ? credential : null
}
