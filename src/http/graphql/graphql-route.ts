import type { IncomingMessage, ServerResponse } from 'node:http'
import { GraphQLError } from 'graphql'
import type { Viewer } from '../../auth/viewer.ts'
import type { GraphiqlPage } from '../graphiql/page.ts'
import {
  chooseJsonType,
  createNotAcceptableError,
  type ResponseType,
  readAcceptedTypes,
} from '../protocol/content-negotiation.ts'
import { HttpError } from '../protocol/http-error.ts'
import { createForeignOriginError, type OriginPolicy, respondToPreflight } from '../protocol/origin-policy.ts'
import { requireMethod, sendText } from '../protocol/responses.ts'
import type { OperationServices } from '../streaming/operation-services.ts'
import type { SseHandler } from '../streaming/sse-handler.ts'
import { formatErrors, reportErrors, toGraphqlErrors } from './graphql-errors.ts'
import { readHttpRequest } from './http-request.ts'
import { type OperationResponse, prepareOperation, respondToOperation } from './operation-execution.ts'
import { type ComplexityCharge, createBudgetHeaders } from './rate-limiter.ts'
import type { RequestContext } from './request-context.ts'

type GraphqlRouteOptions = {
  readonly services: OperationServices
  readonly originPolicy: OriginPolicy
  readonly sseHandler: SseHandler
  readonly graphiql: GraphiqlPage
  readonly authenticateRequest: AuthenticateRequest
  readonly responseTimeoutMs: number
}

/** Authenticates a request. Rejects with a 401 `HttpError` if its credential is missing or not valid. */
export type AuthenticateRequest = (request: IncomingMessage) => Promise<Viewer>

/**
 * Creates the handler of `/graphql`: it authenticates before it reads the body, and authorizes and measures before it executes.
 *
 * A page of another origin cannot execute anything: a POST must be JSON, for which browsers send a preflight request, and requests without
 * a preflight (forms, images, scripts) have an `Origin` or `Sec-Fetch-Site` that is rejected here.
 */
export function createGraphqlRoute(options: GraphqlRouteOptions) {
  return async (request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> => {
    const { services, graphiql, originPolicy, sseHandler } = options
    const { rateLimiter, engines, log, trustedDocuments } = services
    if (request.method === 'OPTIONS') return respondToPreflight(request, response)
    requireMethod(request, 'GET', 'HEAD', 'POST')
    const acceptedTypes = readAcceptedTypes(request)
    if (acceptedTypes[0] === 'text/html') return graphiql.send(request, response)
    if (!URL.canParse(`http://${request.headers.host}`)) throw createInvalidHostError()
    if (!originPolicy.isAllowed(request)) throw createForeignOriginError()
    // No body is read without a valid credential. Receiving it can take long, so the credential is checked again afterwards, unless the body
    // was read in the same turn of the event loop.
    const firstViewer = await options.authenticateRequest(request)
    let isSameTurn = true
    const turnEnd = setImmediate(() => {
      isSameTurn = false
    })
    const graphqlRequest = await readHttpRequest(request)
    clearImmediate(turnEnd)
    const viewer = isSameTurn ? firstViewer : await options.authenticateRequest(request)
    const params = trustedDocuments.resolve(viewer, graphqlRequest)
    const baseContext: RequestContext = {
      viewer,
      requestId,
      after: readAfterHeader(request) ?? params.after ?? null,
    }
    response.setHeader('cache-control', 'no-store')

    // Every check that needs no execution comes before the charge.
    const prepared = prepareOperation(engines, params, baseContext)
    const responseType = chooseResponseType(acceptedTypes, prepared)
    const isMutation = !('errors' in prepared) && prepared.operation.operation === 'mutation'
    if (request.method !== 'POST' && isMutation) throw createMutationByGetError()
    // As for validation errors, clients that accept only application/json get the status 200.
    const sendGraphqlErrors = (error: unknown) =>
      sendText(
        response,
        responseType === 'application/json' ? 200 : 400,
        chooseJsonType(request),
        JSON.stringify({ errors: formatErrors(reportErrors(toGraphqlErrors(error), requestId, log)) }),
      )
    let charge: ComplexityCharge | null = null
    try {
      charge = 'errors' in prepared ? null : rateLimiter.charge(viewer, prepared)
      const headers = charge === null ? {} : createBudgetHeaders(charge.budget)
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      if ('errors' in prepared) sendGraphqlErrors(new AggregateError(prepared.errors))
      else if (responseType !== 'text/event-stream') {
        const { responseTimeoutMs } = options
        const context: RequestContext = { ...baseContext, charge, responseTimeoutMs }
        const result = await respondToOperation(services, prepared, context)
        sendText(response, chooseStatus(result, responseType), responseType, result.body)
      } else if (request.method === 'HEAD') sendText(response, 200, responseType, '')
      else await sseHandler.serve(request, response, prepared, { ...baseContext, charge })
    } catch (error) {
      // The charge is refunded, or was never made.
      if (!response.headersSent) response.removeHeader('ratelimit')
      const isGraphqlFailure = error instanceof GraphQLError || responseType === 'text/event-stream'
      if (response.headersSent || error instanceof HttpError || !isGraphqlFailure) throw error
      sendGraphqlErrors(error)
    } finally {
      charge?.refundUnlessStarted()
    }
  }
}

/** Codes of errors that a retry can resolve. */
const temporaryErrorCodes = new Set<unknown>([
  'NOT_CAUGHT_UP',
  'JOURNAL_UNAVAILABLE',
  'JOURNAL_REPLACED',
  'IN_PROGRESS',
])

/**
 * Chooses the HTTP status of a response. For clients that accept only application/json, it is 200 also if the operation was not executed, as
 * the GraphQL over HTTP specification requires, except for unexpected errors.
 */
function chooseStatus({ hasData, errors }: OperationResponse, responseType: ResponseType): number {
  if (hasData) return 200
  if (errors.some(({ extensions }) => extensions.code === 'INTERNAL')) return 500
  if (responseType === 'application/json') return 200
  return errors.some(({ extensions }) => temporaryErrorCodes.has(extensions.code)) ? 503 : 400
}

function createInvalidHostError(): HttpError {
  return new HttpError(
    400,
    'BAD_REQUEST',
    'The Host header is invalid. It must be a host with an optional port.',
  )
}

/**
 * Chooses the media type of the response: an event stream for a subscription, otherwise the type that the client prefers.
 * Throws a 406 `HttpError` for a subscription if the client does not accept event streams.
 */
function chooseResponseType(
  acceptedTypes: ReturnType<typeof readAcceptedTypes>,
  prepared: ReturnType<typeof prepareOperation>,
): ResponseType {
  const isSubscription = !('errors' in prepared) && prepared.operation.operation === 'subscription'
  if (!isSubscription) return acceptedTypes[0]
  if (acceptedTypes.includes('text/event-stream')) return 'text/event-stream'
  throw createNotAcceptableError(
    'Subscribe over WebSocket (graphql-transport-ws), or with accept: text/event-stream.',
  )
}

function createMutationByGetError(): HttpError {
  return new HttpError(405, 'BAD_REQUEST', 'A mutation must be sent by POST.', { allow: 'POST' })
}

/** Reads the header `latchkey-after`, an alternative to `extensions.after` for clients that cannot change the body. */
function readAfterHeader({ headers }: IncomingMessage): string | null {
  const after = headers['latchkey-after']
  return typeof after === 'string' && after !== '' ? after : null
}
