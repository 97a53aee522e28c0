import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as it came in. */
export type Asked = { readonly route: string; readonly params: Record<string, unknown> }

export type Answer = {
  readonly status?: number
  /** Anything but a text is sent as JSON. */
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** `reset` breaks the connection, `silence` never answers. */
export type Reaction = Answer | 'reset' | 'silence'

/**
 * Says what Seam never says in the building: whatever a proxy, or a broken Seam, might. The n-th reaction is for the n-th request,
 * and the last one for all that follow; or a function decides.
 */
export async function openStub(...script: Reaction[] | [(asked: Asked) => Reaction]) {
  const asked: Asked[] = []
  const heard = Promise.withResolvers<void>()
  let connections = 0
  const server = createServer(async (request, response) => {
    const one = { route: request.url?.slice(1) ?? '', params: await paramsOf(request) }
    asked.push(one)
    heard.resolve()
    const reaction = script[Math.min(asked.length, script.length) - 1] ?? 'silence'
    react(response, typeof reaction === 'function' ? reaction(one) : reaction)
  })
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    /** Settles when the first request is in. */
    heard: heard.promise,
    get connections() {
      return connections
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function paramsOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString() || '{}')
}

function react(response: ServerResponse, reaction: Reaction): void {
  if (reaction === 'silence') return
  if (reaction === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  const { status = 200, body = {}, headers = {} } = reaction
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
}

/** Seam's error envelope. */
export function refusal(status: number, type: string, more: object = {}): Answer {
  return { status, body: { ok: false, error: { type, message: 'No.', ...more } } }
}

/** An address where nobody listens. */
export async function deserted(): Promise<string> {
  await using stub = await openStub('silence')
  return stub.url
}
