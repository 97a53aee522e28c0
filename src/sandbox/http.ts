import type { IncomingMessage, ServerResponse } from 'node:http'
import { Refusal } from './refusal.ts'

/** What goes back over HTTP. */
export type Reply = {
  readonly status: number
  readonly body: string
  readonly type: string
  readonly headers?: Record<string, string>
}

/** A reply in JSON. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return { status, body: JSON.stringify(value), type: 'application/json; charset=utf-8', headers }
}

/** Sends the reply, unless the connection is gone. */
export function send(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return
  const length = Buffer.byteLength(reply.body)
  const type = reply.body === '' ? {} : { 'content-type': reply.type }
  response.writeHead(reply.status, { ...type, 'content-length': length, ...reply.headers })
  response.end(reply.body)
}

/** Requests may not be larger. */
const bodyLimit = 1024 * 1024

/** What is too large is read on to its end, so that the client hears why; but not further than this. */
const patience = 16 * bodyLimit

/** The request's body as text. Throws a 413 `Refusal` when it is larger than 1 MB. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length <= bodyLimit) chunks.push(chunk)
    else if (length > patience) request.destroy()
  }
  if (length > bodyLimit) throw new Refusal(413, 'payload_too_large', 'The request is larger than 1 MB.')
  return Buffer.concat(chunks).toString()
}

/** The JSON object in the text; an empty text is an empty object. Throws a 400 `Refusal` for anything else. */
export function readJsonObject(text: string): Record<string, unknown> {
  if (text.trim() === '') return {}
  const value = parse(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new Refusal(400, 'invalid_input', 'The body must be a JSON object.')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
