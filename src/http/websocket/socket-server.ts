import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { handleProtocols } from 'graphql-ws'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { OriginPolicy } from '../protocol/origin-policy.ts'
import { sizeLimits } from '../size-limits.ts'
import type { OperationServices } from '../streaming/operation-services.ts'
import { closeHandshakeTimeoutMs, type HttpTimings } from '../timings.ts'
import { closeReasons } from './messages.ts'
import { createProtocol } from './protocol.ts'
import { SocketSession } from './socket-session.ts'

/** Accepts WebSocket connections and manages the open sockets. */
export type SocketServer = {
  readonly socketCount: number
  /** Upgrades a connection to WebSocket, or rejects it. */
  handleUpgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void
  checkHeartbeats(): void
  /** Rejects new sockets and closes the open ones, spread over `closeSpreadMs`, so that clients do not all reconnect at once. */
  drain(): Promise<void>
}

type SocketServerOptions = {
  readonly services: OperationServices
  readonly timings: HttpTimings
  readonly originPolicy: OriginPolicy
}

export function createSocketServer({ services, timings, originPolicy }: SocketServerOptions): SocketServer {
  const sessions = new Map<WebSocket, SocketSession>()
  const protocol = createProtocol(services)
  let isDraining = false
  let onAllClosed = () => {}
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    // A larger message closes the socket. Between `maxBodyBytes` and this limit, only the operation is rejected.
    maxPayload: 4 * sizeLimits.maxBodyBytes,
    // One message per turn of the event loop: see `createProtocol`.
    allowSynchronousEvents: false,
    handleProtocols,
  })

  function accept(socket: WebSocket, isDemoAllowed: boolean): void {
    const { connectionInitTimeoutMs } = timings
    const options = { protocol, log: services.log, isDemoAllowed, connectionInitTimeoutMs }
    sessions.set(socket, new SocketSession(socket, options))
    socket.on('message', receiveMessage)
    socket.on('pong', receivePong)
    socket.on('error', logError)
    socket.on('close', removeSession)
  }

  // The listeners are shared by all sockets, which saves their memory for each. `ws` calls them with the socket as `this`.
  function receiveMessage(this: WebSocket, bytes: RawData, isBinary: boolean): void {
    sessions.get(this)?.receive(bytes as Buffer, isBinary)
  }

  function receivePong(this: WebSocket): void {
    sessions.get(this)?.receivePong()
  }

  /** Called when a frame violates the WebSocket protocol. `ws` chooses the close code and closes the socket. */
  function logError(error: Error): void {
    services.log.debug({ err: error }, 'A WebSocket failed')
  }

  function removeSession(this: WebSocket, code: number, reason: Buffer): void {
    sessions.get(this)?.release({ code, reason: String(reason) })
    sessions.delete(this)
    if (sessions.size === 0) onAllClosed()
  }

  return {
    get socketCount() {
      return sessions.size
    },
    handleUpgrade(request, connection, head) {
      const rejection = findRejection(request)
      const isDemoAllowed = originPolicy.isOwnHost(request)
      if (rejection !== null) rejectUpgrade(connection, rejection)
      else server.handleUpgrade(request, connection, head, (socket) => accept(socket, isDemoAllowed))
    },
    checkHeartbeats() {
      for (const session of sessions.values()) session.checkHeartbeat()
    },
    async drain() {
      isDraining = true
      if (sessions.size === 0) return
      const allClosed = new Promise<void>((resolve) => {
        onAllClosed = resolve
      })
      const timers = [...sessions].map(([socket, session], index, all) => {
        const delayMs = (timings.closeSpreadMs * index) / all.length
        return [
          setTimeout(() => session.closeFor(closeReasons.restart), delayMs),
          setTimeout(() => socket.terminate(), delayMs + closeHandshakeTimeoutMs),
        ]
      })
      await allClosed
      for (const timer of timers.flat()) clearTimeout(timer)
    },
  }

  function findRejection(request: IncomingMessage): string | null {
    if (isDraining) return '503 Service Unavailable'
    if (request.url?.split('?')[0] !== '/graphql') return '404 Not Found'
    return originPolicy.isAllowed(request) ? null : '403 Forbidden'
  }
}

function rejectUpgrade(connection: Duplex, status: string): void {
  connection.on('error', () => {})
  connection.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
