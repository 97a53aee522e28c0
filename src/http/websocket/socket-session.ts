import type { Server } from 'graphql-ws'
import type { RawData, WebSocket } from 'ws'
import type { Logger } from '../../observability/logger.ts'
import { sizeLimits } from '../size-limits.ts'
import {
  type CloseReason,
  closeReasons,
  createOversizedPlaceholder,
  fitCloseReason,
  prepareMessage,
} from './messages.ts'
import type { Connection } from './protocol.ts'
import type { SocketConnection } from './socket-operations.ts'

export type SocketSession = {
  close(reason: CloseReason): void
  /** Sends a ping. Terminates the socket if it has sent nothing since the previous ping. */
  checkHeartbeat(): void
}

export type SocketSessionOptions = {
  readonly protocol: Server<Connection>
  readonly log: Logger
  readonly isDemoAllowed: boolean
}

/** Maximum size of a message before authentication. */
const maxUnauthenticatedMessageBytes = 16 * 1024
/** Unread bytes above which the socket is terminated. */
const maxBufferedBytes = 8 * sizeLimits.maxUnreadBytes

/** Runs the protocol on one socket until it is closed, and limits the size of messages and of unread data. */
export function openSocketSession(
  socket: WebSocket,
  { protocol, log, isDemoAllowed }: SocketSessionOptions,
): SocketSession {
  let isAlive = true
  let isClosed = false
  let passToProtocol: (text: string) => Promise<void> = () => Promise.resolve()
  let notifyClosed: (code: number, reason: string) => Promise<void> = () => Promise.resolve()

  /** Ends the operations of the socket and releases its resources before the closing handshake, not after it. */
  function releaseSession({ code, reason }: CloseReason): void {
    if (isClosed) return
    isClosed = true
    connection.authenticated?.release()
    void notifyClosed(code, reason)
  }

  function close({ code, reason }: CloseReason): void {
    if (isClosed) return
    releaseSession({ code, reason })
    socket.close(code, reason)
  }

  function send(text: string): void {
    if (isClosed) return
    if (socket.bufferedAmount > maxBufferedBytes) socket.terminate()
    else socket.send(text)
  }

  const socketConnection: SocketConnection = {
    send,
    isReady: () => socket.bufferedAmount < sizeLimits.maxUnreadBytes,
    get isClosed() {
      return isClosed
    },
    close,
  }
  const connection: Connection = { socket: socketConnection, isDemoAllowed, authenticated: null }
  notifyClosed = protocol.opened(
    {
      protocol: socket.protocol,
      send,
      close: (code = closeReasons.tryAgain.code, reason = '') =>
        close({ code, reason: fitCloseReason(reason) }),
      onMessage(listener) {
        passToProtocol = listener
      },
    },
    connection,
  )

  /** Returns the message to pass to graphql-ws, or `null` if the socket must be closed. */
  function readMessage(bytes: Buffer): string | null {
    const isAuthenticated = connection.authenticated !== null
    const text = bytes.toString('utf8')
    if (bytes.length <= (isAuthenticated ? sizeLimits.maxBodyBytes : maxUnauthenticatedMessageBytes))
      return prepareMessage(text)
    return isAuthenticated ? createOversizedPlaceholder(text) : null
  }

  function handleMessage(bytes: Buffer): void {
    const message = readMessage(bytes)
    if (message === null) {
      close(closeReasons.invalidMessage)
      return
    }
    passToProtocol(message).catch((error: unknown) => {
      log.error({ err: error }, 'A WebSocket message could not be handled')
      close(closeReasons.tryAgain)
    })
  }

  socket.on('message', (data: RawData, isBinary: boolean) => {
    isAlive = true
    if (isClosed) return
    if (isBinary) close(closeReasons.invalidMessage)
    else handleMessage(data as Buffer)
  })
  socket.on('pong', () => {
    isAlive = true
  })
  // A frame violates the WebSocket protocol. `ws` chooses the close code and closes the socket.
  socket.on('error', (error) => log.debug({ err: error }, 'A WebSocket failed'))
  socket.on('close', (code, reason) => releaseSession({ code, reason: String(reason) }))

  return {
    close,
    checkHeartbeat() {
      if (isAlive) socket.ping()
      else socket.terminate()
      isAlive = false
    },
  }
}
