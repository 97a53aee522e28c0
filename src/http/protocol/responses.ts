import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JsonType } from './content-negotiation.ts'
import { HttpError } from './http-error.ts'

const requestIdPattern = /^[\w.:+/=-]{1,128}$/

/** Returns the id of a request for its response and the log: a valid `x-request-id` of the client, or a new id. */
export function getRequestId(request: IncomingMessage): string {
  const requestId = request.headers['x-request-id']
  return typeof requestId === 'string' && requestIdPattern.test(requestId) ? requestId : randomUUID()
}

/** Sets the headers of every response: the request id, and protection against content sniffing, framing and script execution. */
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

/** Sends an error as GraphQL errors in a JSON media type, or as a plain JSON object. Does nothing if a response has started. */
export function sendHttpError(
  response: ServerResponse,
  error: HttpError,
  requestId: string,
  format: JsonType | 'plain',
): void {
  if (response.headersSent || response.destroyed) return
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value)
  const { code, message, status, details } = error
  if (format === 'plain') sendJson(response, status, { code, message, ...details, requestId })
  else {
    const errors = [{ message, extensions: { code, ...details, requestId } }]
    sendText(response, status, format, JSON.stringify({ errors }))
  }
}

/** Throws a 405 `HttpError` with the allowed methods unless the request has one of them. */
export function requireMethod(request: IncomingMessage, ...methods: readonly string[]): void {
  if (methods.includes(request.method ?? '')) return
  const allow = methods.join(', ')
  throw new HttpError(
    405,
    'METHOD_NOT_ALLOWED',
    `The method ${request.method} is not allowed for this path. Use ${allow}.`,
    {
      allow,
    },
  )
}
