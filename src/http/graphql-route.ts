import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Viewer } from '../auth/viewer.ts'
import { type Allowance, budgetHeaders } from './allowance.ts'
import { readBody } from './body.ts'
import type { Engines, RequestContext } from './engine.ts'
import { errorsOf, formatErrors, reportErrors } from './errors.ts'
import { type Asked, prepare, readParams } from './execution.ts'
import { bounds, type HttpDeps } from './face.ts'
import type { GraphiqlPage } from './graphiql.ts'
import { answerPreflight, foreignOrigin, type OriginPolicy } from './origin.ts'
import { allowMethods, Refusal, sendJson } from './respond.ts'
import type { EventStreams } from './sse.ts'
import type { TrustedDocuments } from './trusted.ts'

type Route = {
  readonly engines: Engines
  readonly allowance: Allowance
  readonly origins: OriginPolicy
  readonly streams: EventStreams
  readonly graphiql: GraphiqlPage
  readonly admit: Admit
  readonly trusted: TrustedDocuments
  readonly log: HttpDeps['log']
}

/** Who sent this request. Throws the 401 when nobody may answer it. */
export type Admit = (request: IncomingMessage) => Promise<Viewer>

/**
 * GraphQL over HTTP: who asks is settled before anything is read, and what is asked before anything is executed.
 *
 * A page of a foreign origin gets nothing executed: its POST would have to be JSON, which browsers ask leave for first, and what they
 * send without leave (forms, images, scripts) carries an Origin or Sec-Fetch-Site that is refused here.
 */
export function createGraphqlRoute(route: Route) {
  return async (request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> => {
    const { allowance, engines, graphiql, log, origins, streams, trusted } = route
    if (request.method === 'OPTIONS') return answerPreflight(request, response)
    allowMethods(request, 'GET', 'POST')
    if (isPageVisit(request)) return graphiql.send(request, response)
    // Yoga makes an address of it, though nothing is read from that.
    if (!URL.canParse(`http://${request.headers.host}`)) throw oddHost()
    if (!origins.admits(request)) throw foreignOrigin()
    const viewer = await route.admit(request)
    const params = trusted.resolve(
      viewer,
      request.method === 'GET' ? askedByQuery(request) : await askedByBody(request),
    )
    const asked: RequestContext = { viewer, requestId, after: afterHeader(request) ?? params.after ?? null }
    response.setHeader('cache-control', 'no-store')

    const prepared = prepare(engines, params, asked)
    const budget = 'errors' in prepared ? null : allowance.spend(viewer, prepared)
    for (const [name, value] of Object.entries(budget === null ? {} : budgetHeaders(budget)))
      response.setHeader(name, value)
    const context: RequestContext = { ...asked, budget, params }
    const refuse = (error: unknown) =>
      sendJson(response, 400, { errors: formatErrors(reportErrors(errorsOf(error), requestId, log)) })
    if (answersWith(request, prepared) === 'events') {
      if ('errors' in prepared) return refuse(new AggregateError(prepared.errors))
      if (request.method === 'GET' && prepared.operation.operation === 'mutation') throw mutationByGet()
      return streams.serve(request, response, prepared, context).catch((error: unknown) => {
        if (response.headersSent || error instanceof Refusal) throw error
        refuse(error)
      })
    }
    await engines[viewer.graph](request, response, context)
  }
}

function oddHost(): Refusal {
  return new Refusal(
    400,
    'BAD_REQUEST',
    'The Host header must be a host, and a port where that is not the usual one.',
  )
}

/** A browser on its way to look at the page, rather than a program asking something. */
function isPageVisit({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html')
}

async function askedByBody(request: IncomingMessage): Promise<Asked> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json' && type !== 'application/graphql+json')
    throw new Refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'A GraphQL request is application/json here.', {
      accept: 'application/json',
    })
  const encoding = request.headers['content-encoding'] ?? 'identity'
  // What is packed can be a thousand times what it seems to be.
  if (encoding !== 'identity')
    throw new Refusal(
      415,
      'UNSUPPORTED_ENCODING',
      'A body is sent as it is here, without content-encoding.',
      {
        'accept-encoding': 'identity',
      },
    )
  return checked(parseJson((await readBody(request, bounds.bodyBytes)).toString('utf8'), 'The body'))
}

function askedByQuery(request: IncomingMessage): Asked {
  const search = new URLSearchParams((request.url ?? '').split('?').slice(1).join('?'))
  const json = (name: string) => {
    const text = search.get(name)
    return text === null || text === '' ? null : parseJson(text, name)
  }
  return checked({
    query: search.get('query'),
    documentId: search.get('documentId'),
    operationName: search.get('operationName'),
    variables: json('variables'),
    extensions: json('extensions'),
  })
}

function checked(body: unknown): Asked {
  const params = readParams(body)
  if (typeof params === 'string') throw new Refusal(400, 'BAD_REQUEST', params)
  return params
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'BAD_REQUEST', `${what} must be JSON.`)
  }
}

/**
 * What the answer is to be: a subscription's is events; anything else's is JSON, unless the client reads nothing but events.
 * Throws the 406 for a client that reads neither of what there could be.
 */
function answersWith({ headers }: IncomingMessage, prepared: ReturnType<typeof prepare>): 'events' | 'json' {
  const accept = headers.accept ?? '*/*'
  const takesEvents = accept.includes('text/event-stream')
  if (!('errors' in prepared) && prepared.operation.operation === 'subscription') {
    if (takesEvents) return 'events'
    const advice = 'Subscribe over WebSocket (graphql-transport-ws), or with accept: text/event-stream.'
    throw new Refusal(406, 'NOT_ACCEPTABLE', advice)
  }
  if (/json|\*\/\*|application\/\*/.test(accept)) return 'json'
  if (takesEvents) return 'events'
  throw new Refusal(
    406,
    'NOT_ACCEPTABLE',
    'The answer is application/json or application/graphql-response+json.',
  )
}

function mutationByGet(): Refusal {
  return new Refusal(405, 'BAD_REQUEST', 'A mutation must be sent by POST.', { allow: 'POST' })
}

/** The header for clients that can't reach into the body: a cursor that the answer must be at least as new as. */
function afterHeader({ headers }: IncomingMessage): string | null {
  const after = headers['latchkey-after']
  return typeof after === 'string' && after !== '' ? after : null
}
