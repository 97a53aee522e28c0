import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createAllowance } from './allowance.ts'
import { createDocumentCache } from './document-cache.ts'
import { createEngines } from './engine.ts'
import { defaultTiming, type HttpDeps, type HttpFace, type Timing } from './face.ts'
import { createOriginPolicy } from './origin.ts'
import { Refusal, requestIdOf, sendRefusal, setCommonHeaders } from './respond.ts'
import { createRoutes } from './routes.ts'
import { createEventStreams } from './sse.ts'
import type { Transport } from './transport.ts'
import { createSockets } from './websocket/sockets.ts'

/** How long a sender may take over a request, and how much header it may send: slow and endless ones are cut off. */
const patience = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Longer than the usual load balancer's, which otherwise reuses a connection in the moment it is closed here.
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16_384,
}

/** A connection in the middle of something, on which no byte moves either way for this long, is given up. */
const stalledMs = 120_000

/** Everything that comes in over HTTP: queries and mutations, subscriptions over WebSocket and events, the webhook, health. */
export function createHttpServer(deps: HttpDeps, timing: Timing = defaultTiming): HttpFace {
  const { config, log } = deps
  const transport: Transport = {
    ...deps,
    engines: createEngines(deps),
    allowance: createAllowance(deps.schemas, deps.limits),
    proven: createDocumentCache(),
  }
  const origins = createOriginPolicy(config)
  const streams = createEventStreams(transport)
  const sockets = createSockets({ transport, timing, origins })
  // Whatever ends TLS in front of this, browsers are to come back by it.
  const isReachedByTls = config.publicUrl?.startsWith('https:') === true
  let isDraining = false
  const routes = createRoutes({ deps, transport, origins, streams, isDraining: () => isDraining })
  const server = createServer(patience, serve)
  server.timeout = stalledMs
  server.on('upgrade', (request, connection, head) => sockets.upgrade(request, connection, head))
  const heart = setInterval(() => {
    sockets.beat()
    streams.beat()
  }, timing.keepAliveMs)
  heart.unref()

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const requestId = requestIdOf(request)
    const path = request.url?.split('?')[0] ?? ''
    const startedAt = performance.now()
    setCommonHeaders(response, requestId)
    if (isReachedByTls) response.setHeader('strict-transport-security', 'max-age=31536000')
    response.once('close', () => {
      const ms = Math.round(performance.now() - startedAt)
      log.debug({ requestId, method: request.method, path, status: response.statusCode, ms }, 'answered')
      // A connection kept alive would hold a drain up once its request is done.
      if (isDraining) setImmediate(() => server.closeIdleConnections())
    })
    routes(path, request, response, requestId).catch((error: unknown) => {
      const refusal = error instanceof Refusal ? error : unexpected(error, requestId)
      if (refusal.status !== 500) deps.metrics.refused(refusal.code)
      sendRefusal(response, refusal, requestId, path === '/graphql' ? 'graphql' : 'plain')
    })
  }

  function unexpected(error: unknown, requestId: string): Refusal {
    log.error({ err: error, requestId }, 'Unexpected error in a request')
    return new Refusal(500, 'INTERNAL', 'Unexpected error')
  }

  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', (error) => reject(unavailable(error, config)))
        server.listen(config.port, config.host, () => {
          server.removeAllListeners('error')
          const { port } = server.address() as AddressInfo
          resolve({ port, url: `http://${hostForPeople(config.host)}:${port}` })
        })
      }),
    async drain() {
      isDraining = true
      clearInterval(heart)
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      streams.end()
      const deadline = new AbortController()
      const late = delay(timing.drainMs, undefined, { signal: deadline.signal }).then(() =>
        server.closeAllConnections(),
      )
      await Promise.race([Promise.all([sockets.drain(), closed]), late])
      deadline.abort()
      await late.catch(() => {})
    },
    get open() {
      return { sockets: sockets.size, streams: streams.size }
    },
  }
}

/** An address one can click on: the wildcard addresses are none. */
function hostForPeople(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function unavailable(error: NodeJS.ErrnoException, { host, port }: HttpDeps['config']): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is taken. Set PORT to another one, or stop what uses it.`,
    EACCES: `Port ${port} may not be used without privileges. Set PORT to 1024 or more.`,
    EADDRNOTAVAIL: `${host} is not an address of this machine. Set HOST to one, or to 0.0.0.0.`,
    ENOTFOUND: `${host} is not known. Set HOST to an address of this machine.`,
  }
  return new Error(reasons[error.code ?? ''] ?? error.message, { cause: error })
}
