import type { IncomingMessage, ServerResponse } from 'node:http'
import { printSchema } from 'graphql'
import { IssuerUnavailable } from '../auth/issuer-keys.ts'
import { KeyStoreUnavailable } from '../auth/keys.ts'
import { CredentialExpired } from '../auth/tokens.ts'
import type { GraphName } from '../auth/viewer.ts'
import { readBody } from './body.ts'
import { bounds, type HttpDeps } from './face.ts'
import { createGraphiqlPage } from './graphiql.ts'
import { type Admit, createGraphqlRoute } from './graphql-route.ts'
import { answerPreflight, type OriginPolicy } from './origin.ts'
import { allowMethods, Refusal, sendJson, sendText } from './respond.ts'
import type { EventStreams } from './sse.ts'
import type { Transport } from './transport.ts'

type RoutesOptions = {
  readonly deps: HttpDeps
  readonly transport: Transport
  readonly origins: OriginPolicy
  readonly streams: EventStreams
  readonly isDraining: () => boolean
}

type Route = (request: IncomingMessage, response: ServerResponse, requestId: string) => Promise<void> | void

/** What answers a path. Rejects with a `Refusal` for what can't be answered. */
export type Routes = (
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
) => Promise<void>

export function createRoutes({ deps, transport, origins, streams, isDraining }: RoutesOptions): Routes {
  const admit = admission(deps, origins)
  const graphiql = createGraphiqlPage(async () => (await deps.authenticate(null)) === null)
  const graphql = createGraphqlRoute({
    engines: transport.engines,
    trusted: deps.trusted,
    allowance: transport.allowance,
    log: deps.log,
    origins,
    streams,
    graphiql,
    admit,
  })
  const printed: Partial<Record<GraphName, string>> = {}

  const table: Readonly<Record<string, Route>> = {
    '/graphql': graphql,
    '/'(request, response) {
      allowMethods(request, 'GET', 'HEAD')
      response.writeHead(302, { location: '/graphql' }).end()
    },
    async '/schema.graphql'(request, response) {
      if (request.method === 'OPTIONS') return answerPreflight(request, response)
      allowMethods(request, 'GET', 'HEAD')
      const { graph } = await admit(request)
      printed[graph] ??= `${printSchema(deps.schemas[graph])}\n`
      sendText(response, 200, 'text/plain', printed[graph])
    },
    '/healthz'(request, response) {
      allowMethods(request, 'GET', 'HEAD')
      sendJson(response, 200, { ok: true })
    },
    '/readyz'(request, response) {
      allowMethods(request, 'GET', 'HEAD')
      const { ok, checks } = isDraining() ? { ok: false, checks: { process: 'shutting down' } } : deps.ready()
      sendJson(response, ok ? 200 : 503, { ok, checks })
    },
    async '/metrics'(request, response) {
      allowMethods(request, 'GET', 'HEAD')
      const viewer = await admit(request)
      if (!viewer.scopes.has('admin'))
        throw new Refusal(403, 'FORBIDDEN', 'The metrics need a key with the scope admin.')
      sendText(response, 200, deps.metrics.contentType, await deps.metrics.text())
    },
    async '/webhooks/seam'(request, response) {
      allowMethods(request, 'POST')
      const body = await readBody(request, bounds.bodyBytes)
      const { status, code, message, retryAfter } = await deps.receiveWebhook(body, request.headers)
      if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter))
      if (status >= 200 && status < 300) response.writeHead(204).end()
      else sendJson(response, status, { code, message })
    },
  }

  return async (path, request, response, requestId) => {
    const route = Object.hasOwn(table, path) ? table[path] : undefined
    if (route === undefined)
      throw new Refusal(404, 'NOT_FOUND', 'There is nothing here. GraphQL is at /graphql.')
    origins.share(request, response)
    await route(request, response, requestId)
  }
}

/** Everyone needs a credential; the demo's are let in without one, if they called this machine by its own name. */
function admission({ authenticate }: HttpDeps, origins: OriginPolicy): Admit {
  return async (request) => {
    const viewer = await authenticate(request.headers.authorization ?? null).catch(refuseUnknown)
    if (viewer === null)
      throw new Refusal(401, 'UNAUTHENTICATED', 'Send a valid key or token: Authorization: Bearer <key>.', {
        'www-authenticate': 'Bearer',
      })
    if (viewer.isDemo && !origins.isOwnHost(request))
      throw new Refusal(
        421,
        'MISDIRECTED',
        'Without a key the demo answers only on this machine, as localhost.',
      )
    return viewer
  }
}

/** What can't be decided is no 401: the sender's credential may well be good. */
function refuseUnknown(error: unknown): never {
  if (error instanceof CredentialExpired)
    throw new Refusal(401, 'CREDENTIAL_EXPIRED', error.message, {
      'www-authenticate': 'Bearer error="invalid_token"',
    })
  if (error instanceof IssuerUnavailable || error instanceof KeyStoreUnavailable) {
    const message = "Who you are can't be checked just now. Ask again in a moment."
    throw new Refusal(503, 'AUTH_UNAVAILABLE', message, { 'retry-after': '5' })
  }
  throw error
}
