import type { IncomingMessage, ServerResponse } from 'node:http'
import { printSchema } from 'graphql'
import { ApiKeyStoreUnavailable } from '../auth/api-keys/api-key-store.ts'
import { IssuerUnavailable } from '../auth/tokens/issuer-document.ts'
import { TokenExpired } from '../auth/tokens/token-verifier.ts'
import type { GraphName } from '../auth/viewer.ts'
import { assetPrefix, createDashboard, dashboardFolder } from './dashboard/page.ts'
import { createGraphiqlPage, graphiqlPrefix } from './graphiql/page.ts'
import { type AuthenticateRequest, createGraphqlRoute } from './graphql/graphql-route.ts'
import { isPageRequested } from './protocol/content-negotiation.ts'
import { HttpError } from './protocol/http-error.ts'
import { type OriginPolicy, respondToPreflight } from './protocol/origin-policy.ts'
import { readRequestBody } from './protocol/request-body.ts'
import { getPublicPath } from './protocol/request-target.ts'
import { requireMethod, sendJson, sendText } from './protocol/responses.ts'
import { sizeLimits } from './size-limits.ts'
import type { OperationServices } from './streaming/operation-services.ts'
import type { SseHandler } from './streaming/sse-handler.ts'
import { authUnavailableRetryAfterSeconds, type HttpTimings } from './timings.ts'
import type { HttpDependencies } from './types.ts'

type RequestRouterOptions = {
  readonly dependencies: HttpDependencies
  readonly services: OperationServices
  readonly originPolicy: OriginPolicy
  readonly sseHandler: SseHandler
  readonly timings: HttpTimings
  readonly isDraining: () => boolean
}

type RouteHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
) => Promise<void> | void

/** Handles a request by its path. Rejects with an `HttpError` if the request is rejected. */
export type RequestRouter = (
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
) => Promise<void>

export function createRequestRouter({
  dependencies,
  services,
  originPolicy,
  sseHandler,
  timings,
  isDraining,
}: RequestRouterOptions): RequestRouter {
  const authenticateRequest = createRequestAuthentication(dependencies, originPolicy)
  const publicPath = getPublicPath(dependencies.config.publicUrl)
  const graphiql = createGraphiqlPage({
    folder: new URL('graphiql/', dashboardFolder),
    isApiKeyRequired: async () => (await dependencies.authenticate(null)) === null,
  })
  const graphql = createGraphqlRoute({
    services,
    originPolicy,
    sseHandler,
    graphiql,
    authenticateRequest,
    responseTimeoutMs: timings.responseTimeoutMs,
  })
  const dashboard = createDashboard({
    folder: dashboardFolder,
    publicPath,
    readSettings: async () => ({
      isDemo: (await dependencies.authenticate(null)) !== null,
      login: dependencies.config.login,
    }),
    findTokenOrigin: dependencies.findTokenOrigin,
  })
  const printedSchemas: Partial<Record<GraphName, string>> = {}

  const handlers: Readonly<Record<string, RouteHandler>> = {
    '/graphql': graphql,
    async '/'(request, response) {
      requireMethod(request, 'GET', 'HEAD')
      if (await dashboard.sendPage('/', request, response)) return
      response.writeHead(302, { location: `${publicPath}/graphql` }).end()
    },
    async '/schema.graphql'(request, response) {
      if (request.method === 'OPTIONS') return respondToPreflight(request, response)
      requireMethod(request, 'GET', 'HEAD')
      const { graph } = await authenticateRequest(request)
      printedSchemas[graph] ??= `${printSchema(dependencies.schemas[graph])}\n`
      sendText(response, 200, 'text/plain', printedSchemas[graph])
    },
    '/healthz'(request, response) {
      requireMethod(request, 'GET', 'HEAD')
      sendJson(response, 200, { ok: true })
    },
    '/readyz'(request, response) {
      requireMethod(request, 'GET', 'HEAD')
      const { ok, checks } = isDraining()
        ? { ok: false, checks: { process: 'shutting down' } }
        : dependencies.checkReadiness()
      sendJson(response, ok ? 200 : 503, { ok, checks })
    },
    async '/metrics'(request, response) {
      requireMethod(request, 'GET', 'HEAD')
      const viewer = await authenticateRequest(request)
      if (!viewer.scopes.has('admin'))
        throw new HttpError(403, 'FORBIDDEN', 'The metrics require an API key with the scope admin.')
      sendText(response, 200, dependencies.metrics.contentType, await dependencies.metrics.renderText())
    },
    async '/webhooks/seam'(request, response) {
      requireMethod(request, 'POST')
      const body = await readRequestBody(request, sizeLimits.maxBodyBytes)
      const { status, code, message, retryAfter } = await dependencies.receiveSeamWebhook(
        body,
        request.headers,
      )
      if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter))
      if (status === 204) response.writeHead(204).end()
      else sendJson(response, status, { code, message })
    },
  }

  /** First segments of the paths that programs request. A path below them is never a page. Contains the empty segment of `//host`. */
  const programSegments = new Set(
    [...Object.keys(handlers), assetPrefix, graphiqlPrefix].map(getFirstSegment),
  )

  /** Sends the page to a browser. Throws for other clients. */
  async function rejectUnknownPath(path: string, request: IncomingMessage, response: ServerResponse) {
    if (!programSegments.has(getFirstSegment(path))) {
      response.setHeader('vary', 'accept')
      if (isPageRequested(request) && (await dashboard.sendNotFoundPage(request, response))) return
    }
    throw new HttpError(404, 'NOT_FOUND', 'No route has this path. GraphQL is at /graphql.')
  }

  async function sendStaticFile(path: string, request: IncomingMessage, response: ServerResponse) {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false
    return (
      (await dashboard.sendPage(path, request, response)) ||
      (await dashboard.sendAsset(path, request, response)) ||
      (await graphiql.sendAsset(path, request, response))
    )
  }

  return async (path, request, response, requestId) => {
    const handler = Object.hasOwn(handlers, path) ? handlers[path] : undefined
    if (handler === undefined) {
      if (!(await sendStaticFile(path, request, response))) await rejectUnknownPath(path, request, response)
      return
    }
    originPolicy.setCorsHeaders(request, response)
    await handler(request, response, requestId)
  }
}

const getFirstSegment = (path: string): string => path.split('/')[1] ?? ''

/** Every request needs a credential, except that the demo accepts requests without one for a host name of this machine. */
function createRequestAuthentication(
  { authenticate }: HttpDependencies,
  originPolicy: OriginPolicy,
): AuthenticateRequest {
  return async (request) => {
    const viewer = await authenticate(request.headers.authorization ?? null).catch(rethrowAuthenticationError)
    if (viewer === null)
      throw new HttpError(
        401,
        'UNAUTHENTICATED',
        'The credential is missing or not valid. Send an API key or a token: Authorization: Bearer <credential>.',
        {
          'www-authenticate': 'Bearer',
        },
      )
    if (viewer.isDemo && !originPolicy.isOwnHost(request))
      throw new HttpError(
        421,
        'MISDIRECTED',
        'The demo accepts requests without an API key only at localhost. Use http://localhost, or send an API key.',
      )
    return viewer
  }
}

/** Converts an error of the authentication. A credential that cannot be checked is not answered with 401, as it may be valid. */
function rethrowAuthenticationError(error: unknown): never {
  if (error instanceof TokenExpired)
    throw new HttpError(401, 'CREDENTIAL_EXPIRED', error.message, {
      'www-authenticate': 'Bearer error="invalid_token"',
    })
  if (error instanceof IssuerUnavailable || error instanceof ApiKeyStoreUnavailable) {
    const message = 'The credential cannot be checked at the moment. Try again in a moment.'
    throw new HttpError(503, 'AUTH_UNAVAILABLE', message, {
      'retry-after': String(authUnavailableRetryAfterSeconds),
    })
  }
  throw error
}
