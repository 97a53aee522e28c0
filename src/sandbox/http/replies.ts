import type { IncomingMessage, ServerResponse } from 'node:http'
import { SandboxApiError } from './api-error.ts'

/** An HTTP response. */
export type Reply = {
  readonly status: number
  readonly body: string
  readonly type: string
  readonly headers?: Record<string, string>
}

/** Creates a JSON response. */
export function createJsonReply(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return { status, body: JSON.stringify(value), type: 'application/json; charset=utf-8', headers }
}

/** Sends the response, unless the connection is closed. */
export function sendReply(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return
  const length = Buffer.byteLength(reply.body)
  const type = reply.body === '' ? {} : { 'content-type': reply.type }
  response.writeHead(reply.status, { ...type, 'content-length': length, ...reply.headers })
  response.end(reply.body)
}

/** Maximum size of a request body. */
const bodyLimit = 1024 * 1024

/** A body that is too large is read up to this size, so that the client receives the error response. */
const drainLimit = 16 * bodyLimit

/** Reads the request body as text. Throws a `SandboxApiError` with 413 if it is larger than 1 MB. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length <= bodyLimit) chunks.push(chunk)
    else if (length > drainLimit) request.destroy()
  }
  if (length > bodyLimit)
    throw new SandboxApiError(413, 'payload_too_large', 'The request is larger than 1 MB.')
  return Buffer.concat(chunks).toString()
}

/** Parses a JSON object; an empty text is an empty object. Throws a `SandboxApiError` with 400 for anything else. */
export function readJsonObject(text: string): Record<string, unknown> {
  if (text.trim() === '') return {}
  const value = parse(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new SandboxApiError(400, 'invalid_input', 'The body must be a JSON object.')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
