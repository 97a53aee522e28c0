import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { StartupError } from '../startup-error.ts'
import { createDocumentCache } from './graphql/document-cache.ts'
import { createGraphqlEngines } from './graphql/graphql-engine.ts'
import { createRateLimiter } from './graphql/rate-limiter.ts'
import { createResponseCache } from './graphql/response-cache.ts'
import { chooseJsonType } from './protocol/content-negotiation.ts'
import { HttpError } from './protocol/http-error.ts'
import { createOriginPolicy } from './protocol/origin-policy.ts'
import {
  convertToOriginForm,
  formatUrlHost,
  getPublicPath,
  stripPublicPath,
} from './protocol/request-target.ts'
import { getRequestId, sendHttpError, setCommonHeaders } from './protocol/responses.ts'
import { createRequestRouter } from './routes.ts'
import type { OperationServices } from './streaming/operation-services.ts'
import { createSseHandler } from './streaming/sse-handler.ts'
import { defaultHttpTimings, type HttpTimings, hstsMaxAgeSeconds, timeoutCheckIntervalMs } from './timings.ts'
import type { HttpDependencies, HttpServer } from './types.ts'
import { createSocketServer } from './websocket/socket-server.ts'

/** Maximum size of the headers of a request. */
const maxHeaderBytes = 16_384

/** Creates the HTTP server: GraphQL over HTTP, event streams and WebSocket, the route for Seam's webhooks, health checks and metrics. */
export function createHttpServer(
  dependencies: HttpDependencies,
  timings: HttpTimings = defaultHttpTimings,
): HttpServer {
  const { config, log } = dependencies
  const services: OperationServices = {
    ...dependencies,
    engines: createGraphqlEngines(dependencies),
    responseCache: createResponseCache({
      readPosition: () => dependencies.hub.position,
      onReuse: dependencies.metrics.countReusedResponse,
    }),
    rateLimiter: createRateLimiter(dependencies.schemas, dependencies.usageLimits),
    verifiedSubscriptions: createDocumentCache(),
  }
  const originPolicy = createOriginPolicy(config)
  const sseHandler = createSseHandler(services)
  const socketServer = createSocketServer({ services, timings, originPolicy })
  // With TLS terminated by a proxy, browsers must not fall back to plain HTTP.
  const hasPublicTls = config.publicUrl?.startsWith('https:') === true
  const publicPath = getPublicPath(config.publicUrl)
  let isDraining = false
  const routeRequest = createRequestRouter({
    dependencies,
    services,
    originPolicy,
    sseHandler,
    timings,
    isDraining: () => isDraining,
  })
  const server = createServer(
    {
      headersTimeout: timings.headersTimeoutMs,
      requestTimeout: timings.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(timeoutCheckIntervalMs, timings.headersTimeoutMs),
      maxHeaderSize: maxHeaderBytes,
      keepAliveTimeout: config.keepAliveSeconds * 1000,
    },
    handleRequest,
  )
  server.on('upgrade', (request, connection, head) => {
    convertToOriginForm(request)
    stripPublicPath(request, publicPath)
    socketServer.handleUpgrade(request, connection, head)
  })
  const heartbeatTimer = setInterval(() => {
    socketServer.checkHeartbeats()
    sseHandler.sendHeartbeats()
  }, timings.heartbeatIntervalMs)
  heartbeatTimer.unref()

  function handleRequest(request: IncomingMessage, response: ServerResponse): void {
    // Not `server.timeout`: its timer stays in memory, and is touched by every write, for as long as a connection that becomes a WebSocket.
    request.socket.setTimeout(timings.stalledTimeoutMs)
    const requestId = getRequestId(request)
    convertToOriginForm(request)
    stripPublicPath(request, publicPath)
    const path = request.url?.split('?')[0] ?? ''
    const startedAt = performance.now()
    setCommonHeaders(response, requestId)
    if (hasPublicTls) response.setHeader('strict-transport-security', `max-age=${hstsMaxAgeSeconds}`)
    response.once('close', () => {
      const ms = Math.round(performance.now() - startedAt)
      log.debug(
        { requestId, method: request.method, path, status: response.statusCode, ms },
        'Sent a response',
      )
      // An idle keep-alive connection would delay the drain.
      if (isDraining) setImmediate(() => server.closeIdleConnections())
    })
    routeRequest(path, request, response, requestId).catch((error: unknown) => {
      const httpError = error instanceof HttpError ? error : createInternalError(error, requestId)
      if (httpError.status !== 500) dependencies.metrics.countRefusal(httpError.code)
      sendHttpError(response, httpError, requestId, path === '/graphql' ? chooseJsonType(request) : 'plain')
    })
  }

  function createInternalError(error: unknown, requestId: string): HttpError {
    log.error({ err: error, requestId }, 'Unexpected error in a request')
    return new HttpError(500, 'INTERNAL', 'Unexpected error')
  }

  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', (error) => reject(createListenError(error, config)))
        server.listen(config.port, config.host, () => {
          server.removeAllListeners('error')
          const { address, port } = server.address() as AddressInfo
          const localUrl = `http://${formatUrlHost(loopbackByWildcard[address] ?? address)}:${port}`
          resolve({ port, localUrl, url: `http://${formatDisplayHost(config.host)}:${port}` })
        })
      }),
    async drain() {
      isDraining = true
      clearInterval(heartbeatTimer)
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      sseHandler.endAll()
      const drainTimer = new AbortController()
      const forcedClose = delay(timings.drainTimeoutMs, undefined, { signal: drainTimer.signal }).then(() =>
        server.closeAllConnections(),
      )
      await Promise.race([Promise.all([socketServer.drain(), closed]), forcedClose])
      drainTimer.abort()
      await forcedClose.catch(() => {})
    },
    get openConnections() {
      return { sockets: socketServer.socketCount, streams: sseHandler.streamCount }
    },
  }
}

/** Returns a host for the displayed URL: `localhost` for the wildcard addresses. */
function formatDisplayHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return formatUrlHost(host)
}

/** Loopback addresses of a server that listens on a wildcard address. */
const loopbackByWildcard: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

function createListenError(
  error: NodeJS.ErrnoException,
  { host, port }: HttpDependencies['config'],
): StartupError {
  const reasons: Record<string, string> = {
    EADDRINUSE: `PORT ${port} on ${host} is taken: set PORT to another port, or stop the process that uses it.`,
    EACCES: `PORT ${port} may not be used without privileges: set PORT to 1024 or more.`,
    EADDRNOTAVAIL: `HOST ${host} is not an address of this machine: set HOST to an address of this machine, or to 0.0.0.0.`,
    ENOTFOUND: `HOST ${host} cannot be resolved: set HOST to an address of this machine.`,
  }
  const other = `HOST ${host} and PORT ${port} cannot be used (${error.message}): set them to other values.`
  return new StartupError(reasons[error.code ?? ''] ?? other, { cause: error })
}
