import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { bounds, type Timing } from '../face.ts'
import type { OriginPolicy } from '../origin.ts'
import type { Transport } from '../transport.ts'
import { closings, subprotocol } from './messages.ts'
import { openSession, type Session } from './session.ts'

/** The sockets that are open now. */
export type Sockets = {
  readonly size: number
  /** Makes a WebSocket of a connection, or refuses to. */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void
  beat(): void
  /** Refuses new ones and closes the open ones, spread over a while, so that a thousand clients don't return in one instant. */
  drain(): Promise<void>
}

type SocketsOptions = {
  readonly transport: Transport
  readonly timing: Timing
  readonly origins: OriginPolicy
}

/** A client that doesn't finish the closing handshake is cut off after this long. */
const farewellMs = 1_000

export function createSockets({ transport, timing, origins }: SocketsOptions): Sockets {
  const sessions = new Map<WebSocket, Session>()
  let isDraining = false
  let onEmpty = () => {}
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    // What is larger is never read; between the two bounds only that operation is refused.
    maxPayload: 4 * bounds.bodyBytes,
    handleProtocols: (offered) => offered.has(subprotocol) && subprotocol,
  })

  function accept(socket: WebSocket, admitsDemo: boolean): void {
    if (socket.protocol !== subprotocol) {
      socket.on('error', () => {})
      socket.close(closings.subprotocol.code, closings.subprotocol.reason)
      return
    }
    sessions.set(socket, openSession(socket, { transport, timing, admitsDemo }))
    socket.once('close', () => {
      sessions.delete(socket)
      if (sessions.size === 0) onEmpty()
    })
  }

  return {
    get size() {
      return sessions.size
    },
    upgrade(request, connection, head) {
      const refusal = refuse(request)
      const admitsDemo = origins.isOwnHost(request)
      if (refusal !== null) turnAway(connection, refusal)
      else server.handleUpgrade(request, connection, head, (socket) => accept(socket, admitsDemo))
    },
    beat() {
      for (const session of sessions.values()) session.beat()
    },
    async drain() {
      isDraining = true
      if (sessions.size === 0) return
      const emptied = new Promise<void>((resolve) => {
        onEmpty = resolve
      })
      const timers = [...sessions].map(([socket, session], index, all) => {
        const delayMs = (timing.spreadMs * index) / all.length
        return [
          setTimeout(() => session.close(closings.restart), delayMs),
          setTimeout(() => socket.terminate(), delayMs + farewellMs),
        ]
      })
      await emptied
      for (const timer of timers.flat()) clearTimeout(timer)
    },
  }

  function refuse(request: IncomingMessage): string | null {
    if (isDraining) return '503 Service Unavailable'
    if (request.url?.split('?')[0] !== '/graphql') return '404 Not Found'
    return origins.admits(request) ? null : '403 Forbidden'
  }
}

function turnAway(connection: Duplex, status: string): void {
  connection.on('error', () => {})
  connection.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
