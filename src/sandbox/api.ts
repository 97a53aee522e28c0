import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Building } from './building.ts'
import type { Calls } from './calls.ts'
import type { CallFault, Faults } from './faults.ts'
import { json, type Reply, readBody, readJsonObject, send } from './http.ts'
import { readQuery } from './params.ts'
import { envelope, Refusal } from './refusal.ts'
import type { Answer, Call, Route } from './route.ts'
import { allRoutes } from './routes/all.ts'
import type { Views } from './views.ts'

/** What Seam's API is answered from. */
export type ApiOptions = {
  readonly building: Building
  readonly views: Views
  readonly faults: Faults
  readonly calls: Calls
  readonly apiKey: string
  origin(): string
}

const routes = new Map(allRoutes.map((route) => [route.path, route]))

/** Answers a request to Seam's API; everything that goes wrong becomes Seam's error envelope. */
export function createApi(options: ApiOptions) {
  const { building, views, faults, calls } = options

  return async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    response.setHeader('seam-request-id', randomUUID())
    const route = routes.get(url.pathname)
    const name = url.pathname.slice(1)
    if (route !== undefined) calls.count(name)
    const body = await readBody(request).catch(refusalIn)
    const text = `${url.search}${body instanceof Refusal ? '' : body}`
    const { delayMs, fault } = route === undefined ? { delayMs: 0, fault: null } : faults.forCall(name, text)
    if (delayMs > 0) await new Promise<void>((resolve) => building.timers.after(delayMs, resolve))
    const answer = (): Reply => answerTo(request, url, route, body)
    if (fault === null) send(response, answer())
    else spoil(response, fault, takesEffect(fault) ? answer() : null)
  }

  function answerTo(
    request: IncomingMessage,
    url: URL,
    route: Route | undefined,
    body: string | Refusal,
  ): Reply {
    try {
      const answer = answerOf(request, url, route, body)
      return json(200, { ...answer, ok: true })
    } catch (thrown) {
      const refusal = thrown instanceof Refusal ? thrown : unexpected(thrown)
      const close = refusal.status === 413 ? { connection: 'close' } : {}
      return json(refusal.status, envelope(refusal), close)
    }
  }

  function answerOf(
    request: IncomingMessage,
    url: URL,
    route: Route | undefined,
    body: string | Refusal,
  ): Answer {
    if (!isAuthorized(request, options.apiKey)) {
      throw new Refusal(401, 'unauthorized', 'Send the API key as Authorization: Bearer <key>.')
    }
    if (route === undefined) throw new Refusal(404, 'not_found', `There is no route ${url.pathname}.`)
    const verb = request.method ?? 'GET'
    if (verb !== 'POST' && verb !== route.verb) {
      throw new Refusal(405, 'method_not_allowed', `${url.pathname} takes POST or ${route.verb}.`)
    }
    if (body instanceof Refusal) throw body
    const call: Call = { building, views, path: route.path, verb, origin: options.origin() }
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

function refusalIn(thrown: unknown): Refusal {
  return thrown instanceof Refusal
    ? thrown
    : new Refusal(400, 'invalid_input', 'The request ended too early.')
}

function unexpected(thrown: unknown): Refusal {
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return new Refusal(500, 'internal_error', `The sandbox failed: ${reason}`)
}

function takesEffect(fault: CallFault): boolean {
  if (fault.kind === 'malformed' || fault.kind === 'truncated') return true
  return fault.kind !== 'rateLimit' && fault.when === 'after'
}

/** Answers otherwise than it should. */
function spoil(response: ServerResponse, fault: CallFault, reply: Reply | null): void {
  if (fault.kind === 'reset') response.socket?.resetAndDestroy()
  else send(response, spoiled(fault, reply))
}

function spoiled(fault: Exclude<CallFault, { kind: 'reset' }>, reply: Reply | null): Reply {
  switch (fault.kind) {
    case 'malformed': {
      const { body } = reply ?? json(200, {})
      return { ...json(200, {}), body: body.slice(0, Math.ceil(body.length / 2)) }
    }
    case 'truncated':
      return truncated(reply ?? json(200, {}), fault.rows)
    case 'rateLimit': {
      const limited = new Refusal(429, 'rate_limit_exceeded', 'Too many requests.')
      const headers = fault.retryAfter === null ? {} : { 'retry-after': String(fault.retryAfter) }
      return json(429, envelope(limited), headers)
    }
    case 'status':
      return failure(fault.status, fault.body)
  }
}

/** The answer with its list cut short; a page says that it was the last. */
function truncated(reply: Reply, rows: number): Reply {
  const answer = Object.entries(JSON.parse(reply.body) as Answer).map(([key, value]) => {
    if (Array.isArray(value)) return [key, value.slice(0, rows)]
    if (key !== 'pagination') return [key, value]
    return [key, { next_page_cursor: null, has_next_page: false, next_page_url: null }]
  })
  return { ...reply, body: JSON.stringify(Object.fromEntries(answer)) }
}

function failure(status: number, body: 'json' | 'empty' | 'html'): Reply {
  if (body === 'empty') return { status, body: '', type: '' }
  if (body === 'json')
    return json(status, envelope(new Refusal(status, 'internal_error', 'Something went wrong.')))
  return { status, body: `<html><body><h1>${status}</h1></body></html>`, type: 'text/html; charset=utf-8' }
}
