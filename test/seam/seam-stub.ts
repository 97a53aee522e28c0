import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One received request. */
export type StubRequest = { readonly route: string; readonly params: Record<string, unknown> }

export type StubResponse = {
  readonly status?: number
  /** A string is sent as it is, any other value as JSON. */
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** `reset` breaks the connection, `silence` never answers. */
export type StubReaction = StubResponse | 'reset' | 'silence'

/**
 * Starts a server with responses that the sandbox never sends, as from a proxy or a faulty Seam. The n-th reaction applies to the n-th
 * request, the last one to all later requests; alternatively, a function returns the reaction.
 */
export async function startSeamStub(...script: StubReaction[] | [(asked: StubRequest) => StubReaction]) {
  const asked: StubRequest[] = []
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
    /** Settles when the first request is received. */
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

function react(response: ServerResponse, reaction: StubReaction): void {
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
export function createErrorResponse(status: number, type: string, more: object = {}): StubResponse {
  return { status, body: { ok: false, error: { type, message: 'No.', ...more } } }
}

/** A URL without a listening server. */
export async function findUnusedUrl(): Promise<string> {
  await using stub = await startSeamStub('silence')
  return stub.url
}
