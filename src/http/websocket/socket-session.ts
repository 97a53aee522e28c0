import type { WebSocket as ProtocolSocket, Server } from 'graphql-ws'
import type { WebSocket } from 'ws'
import type { Logger } from '../../observability/logger.ts'
import { sizeLimits } from '../size-limits.ts'
import {
  type CloseReason,
  closeReasons,
  fitCloseReason,
  type MessagePayload,
  type PreparedMessage,
  prepareMessage,
  prepareOversizedMessage,
} from './messages.ts'
import type { Authentication, Connection } from './protocol.ts'

export type SocketSessionOptions = {
  readonly protocol: Server<Connection>
  readonly log: Logger
  readonly isDemoAllowed: boolean
  readonly connectionInitTimeoutMs: number
}

/** Maximum size of a message before authentication. */
const maxUnauthenticatedMessageBytes = 16 * 1024
/** Unread bytes above which the socket is terminated. */
const maxBufferedBytes = 8 * sizeLimits.maxUnreadBytes
const textMessage = { binary: false } as const

/**
 * Runs the protocol on one socket until it is closed, and limits the size of messages and of unread data. Implements the socket for
 * graphql-ws and for the operations. A class, since thousands of sockets share its methods: a closure for each takes several times the memory.
 */
export class SocketSession implements Connection, ProtocolSocket {
  readonly isDemoAllowed: boolean
  readonly protocol: string
  authentication: Authentication | null = null
  payload: MessagePayload | null = null
  isClosed = false
  readonly #socket: WebSocket
  readonly #log: Logger
  readonly #notifyClosed: (code: number, reason: string) => Promise<void> = passNothing
  #passToProtocol: (text: string) => Promise<void> = passNothing
  #isAlive = true
  #initialisationTimer: NodeJS.Timeout | null

  constructor(socket: WebSocket, options: SocketSessionOptions) {
    const { protocol, log, isDemoAllowed, connectionInitTimeoutMs } = options
    this.#socket = socket
    this.#log = log
    this.protocol = socket.protocol
    this.isDemoAllowed = isDemoAllowed
    this.#initialisationTimer = setTimeout(
      () => this.closeFor(closeReasons.initialisationTimeout),
      connectionInitTimeoutMs,
    )
    this.#notifyClosed = protocol.opened(this, this)
  }

  markInitialised(): void {
    if (this.#initialisationTimer !== null) clearTimeout(this.#initialisationTimer)
    this.#initialisationTimer = null
  }

  /** Called by graphql-ws with the function that receives the messages. */
  onMessage(listener: (text: string) => Promise<void>): void {
    this.#passToProtocol = listener
  }

  send(message: string | Buffer): void {
    if (this.isClosed) return
    if (this.#socket.bufferedAmount > maxBufferedBytes) this.#socket.terminate()
    else this.#socket.send(message, textMessage)
  }

  isReady(): boolean {
    return this.#socket.bufferedAmount < sizeLimits.maxUnreadBytes
  }

  /** Called by graphql-ws, whose close reasons can be too long. */
  close(code: number = closeReasons.tryAgain.code, reason = ''): void {
    this.closeFor({ code, reason: fitCloseReason(reason) })
  }

  closeFor({ code, reason }: CloseReason): void {
    if (this.isClosed) return
    this.release({ code, reason })
    this.#socket.close(code, reason)
  }

  /** Ends the operations of the socket and releases its resources before the closing handshake, not after it. */
  release({ code, reason }: CloseReason): void {
    if (this.isClosed) return
    this.isClosed = true
    this.markInitialised()
    this.authentication?.unwatch()
    this.authentication?.releaseSlot()
    void this.#notifyClosed(code, reason)
  }

  /** Handles a message of the client. */
  receive(bytes: Buffer, isBinary: boolean): void {
    this.#isAlive = true
    if (this.isClosed) return
    const message = isBinary ? null : this.#readMessage(bytes)
    if (message === null) {
      this.closeFor(closeReasons.invalidMessage)
      return
    }
    this.payload = message.payload
    this.#passToProtocol(message.text).catch((error: unknown) => {
      this.#log.error({ err: error }, 'A WebSocket message could not be handled')
      this.closeFor(closeReasons.tryAgain)
    })
    // The hook has read it, unless graphql-ws has rejected the message before.
    this.payload = null
  }

  /** Records that the client has answered a ping. */
  receivePong(): void {
    this.#isAlive = true
  }

  /** Sends a ping. Terminates the socket if it has sent nothing since the previous ping. */
  checkHeartbeat(): void {
    if (this.#isAlive) this.#socket.ping()
    else this.#socket.terminate()
    this.#isAlive = false
  }

  /** Returns the message to pass to graphql-ws, or `null` if the socket must be closed. */
  #readMessage(bytes: Buffer): PreparedMessage | null {
    const isAuthenticated = this.authentication !== null
    const text = bytes.toString('utf8')
    if (bytes.length <= (isAuthenticated ? sizeLimits.maxBodyBytes : maxUnauthenticatedMessageBytes))
      return prepareMessage(text)
    return isAuthenticated ? prepareOversizedMessage(text) : null
  }
}

const passNothing = (): Promise<void> => Promise.resolve()
