import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Building } from '../building.ts'
import { allRoutes } from '../routes/registry.ts'
import type { ResponseViews } from '../state/response-views.ts'
import { createErrorEnvelope, SandboxApiError } from './api-error.ts'
import type { CallCounter } from './call-counts.ts'
import type { CallFault, Faults } from './faults.ts'
import { readQuery } from './params.ts'
import { createJsonReply, type Reply, readBody, readJsonObject, sendReply } from './replies.ts'
import type { ApiAnswer, ApiCall, Route } from './route.ts'

/** The dependencies of the simulated Seam API. */
export type SeamApiOptions = {
  readonly building: Building
  readonly views: ResponseViews
  readonly faults: Faults
  readonly calls: CallCounter
  readonly apiKey: string
  origin(): string
}

const routes = new Map(allRoutes.map((route) => [route.path, route]))

/** Handles a request to Seam's API. Every error becomes Seam's error envelope. */
export function createSeamApi(options: SeamApiOptions) {
  const { building, views, faults, calls } = options

  return async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    response.setHeader('seam-request-id', randomUUID())
    const route = routes.get(url.pathname)
    const name = url.pathname.slice(1)
    if (route !== undefined) calls.count(name)
    const body = await readBody(request).catch(createBodyError)
    const text = `${url.search}${body instanceof SandboxApiError ? '' : body}`
    const { delayMs, fault } = route === undefined ? { delayMs: 0, fault: null } : faults.forCall(name, text)
    if (delayMs > 0) await new Promise<void>((resolve) => building.timers.after(delayMs, resolve))
    const answer = (): Reply => createReply(request, url, route, body)
    if (fault === null) sendReply(response, answer())
    else sendWithFault(response, fault, takesEffect(fault) ? answer() : null)
  }

  function createReply(
    request: IncomingMessage,
    url: URL,
    route: Route | undefined,
    body: string | SandboxApiError,
  ): Reply {
    try {
      const answer = createAnswer(request, url, route, body)
      return createJsonReply(200, { ...answer, ok: true })
    } catch (thrown) {
      const refusal = thrown instanceof SandboxApiError ? thrown : createInternalError(thrown)
      const close = refusal.status === 413 ? { connection: 'close' } : {}
      return createJsonReply(refusal.status, createErrorEnvelope(refusal), close)
    }
  }

  function createAnswer(
    request: IncomingMessage,
    url: URL,
    route: Route | undefined,
    body: string | SandboxApiError,
  ): ApiAnswer {
    if (!isAuthorized(request, options.apiKey)) {
      throw new SandboxApiError(401, 'unauthorized', 'Send the API key as Authorization: Bearer <key>.')
    }
    if (route === undefined) throw new SandboxApiError(404, 'not_found', `There is no route ${url.pathname}.`)
    const verb = request.method ?? 'GET'
    if (verb !== 'POST' && verb !== route.verb) {
      throw new SandboxApiError(405, 'method_not_allowed', `${url.pathname} takes POST or ${route.verb}.`)
    }
    if (body instanceof SandboxApiError) throw body
    const call: ApiCall = { building, views, path: route.path, verb, origin: options.origin() }
    if (verb === 'GET' || verb === 'DELETE') return route.answerQuery(readQuery(url.searchParams), call)
    return route.answerJson(readJsonObject(body), call)
  }
}

function isAuthorized(request: IncomingMessage, apiKey: string): boolean {
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(apiKey))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function createBodyError(thrown: unknown): SandboxApiError {
  return thrown instanceof SandboxApiError
    ? thrown
    : new SandboxApiError(400, 'invalid_input', 'The request ended too early.')
}

function createInternalError(thrown: unknown): SandboxApiError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return new SandboxApiError(500, 'internal_error', `The sandbox failed: ${reason}`)
}

function takesEffect(fault: CallFault): boolean {
  if (fault.kind === 'malformed' || fault.kind === 'truncated') return true
  return fault.kind !== 'rateLimit' && fault.when === 'after'
}

/** Applies a fault to the response. */
function sendWithFault(response: ServerResponse, fault: CallFault, reply: Reply | null): void {
  if (fault.kind === 'reset') response.socket?.resetAndDestroy()
  else sendReply(response, applyFault(fault, reply))
}

function applyFault(fault: Exclude<CallFault, { kind: 'reset' }>, reply: Reply | null): Reply {
  switch (fault.kind) {
    case 'malformed': {
      const { body } = reply ?? createJsonReply(200, {})
      return { ...createJsonReply(200, {}), body: body.slice(0, Math.ceil(body.length / 2)) }
    }
    case 'truncated':
      return truncated(reply ?? createJsonReply(200, {}), fault.rows)
    case 'rateLimit': {
      const limited = new SandboxApiError(429, 'rate_limit_exceeded', 'Too many requests.')
      const headers = fault.retryAfter === null ? {} : { 'retry-after': String(fault.retryAfter) }
      return createJsonReply(429, createErrorEnvelope(limited), headers)
    }
    case 'status':
      return failure(fault.status, fault.body)
  }
}

/** Returns the response with its list truncated; its pagination object says that it is the last page. */
function truncated(reply: Reply, rows: number): Reply {
  const answer = Object.entries(JSON.parse(reply.body) as ApiAnswer).map(([key, value]) => {
    if (Array.isArray(value)) return [key, value.slice(0, rows)]
    if (key !== 'pagination') return [key, value]
    return [key, { next_page_cursor: null, has_next_page: false, next_page_url: null }]
  })
  return { ...reply, body: JSON.stringify(Object.fromEntries(answer)) }
}

function failure(status: number, body: 'json' | 'empty' | 'html'): Reply {
  if (body === 'empty') return { status, body: '', type: '' }
  if (body === 'json')
    return createJsonReply(
      status,
      createErrorEnvelope(new SandboxApiError(status, 'internal_error', 'Something went wrong.')),
    )
  return { status, body: `<html><body><h1>${status}</h1></body></html>`, type: 'text/html; charset=utf-8' }
}
