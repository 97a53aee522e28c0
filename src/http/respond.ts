import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** A request that is answered with a refusal. The message is for whoever sent it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  /** More for programs, beside the code. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    status: number,
    code: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
    this.details = details
  }
}

const saneRequestId = /^[\w.:+/=-]{1,128}$/

/** The id that names a request in its answer and in the log: the sender's own where it is harmless, a new one otherwise. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && saneRequestId.test(given) ? given : randomUUID()
}

/** What every answer carries: nothing of ours is sniffed, framed, or executed as a page. */
export function setCommonHeaders(response: ServerResponse, requestId: string): void {
  response.setHeader('x-request-id', requestId)
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('cross-origin-resource-policy', 'same-origin')
  response.setHeader('cross-origin-opener-policy', 'same-origin')
  response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
}

export function sendText(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  sendText(response, status, 'application/json', JSON.stringify(body))
}

/** Answers a refusal, in the shape that the route's clients read. Does nothing once an answer has begun. */
export function sendRefusal(
  response: ServerResponse,
  refusal: Refusal,
  requestId: string,
  shape: 'graphql' | 'plain',
): void {
  if (response.headersSent || response.destroyed) return
  for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value)
  const { code, message, status, details } = refusal
  if (shape === 'plain') sendJson(response, status, { code, message, ...details, requestId })
  else sendJson(response, status, { errors: [{ message, extensions: { code, ...details, requestId } }] })
}

/** Throws the 405 that names what is allowed, unless the method is one of them. */
export function allowMethods(request: IncomingMessage, ...methods: readonly string[]): void {
  if (methods.includes(request.method ?? '')) return
  const allow = methods.join(', ')
  throw new Refusal(405, 'METHOD_NOT_ALLOWED', `${request.method} is not offered here; use ${allow}.`, {
    allow,
  })
}
