import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

/** A message that a partner's server received. */
export type Received = {
  readonly id: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The response of a partner's server. */
export type Reply = {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** A partner's server that receives webhooks. */
export type Receiver = AsyncDisposable & {
  readonly url: string
  /** All received messages, in order. */
  readonly received: readonly Received[]
  /** The messages with a 2xx response, in order. */
  readonly taken: readonly Received[]
  /** The number of connections so far. */
  readonly connections: number
  /** Returns the response to a message, or `null` for none; always 204 by default. `tries` counts the message's deliveries. */
  answer: (message: Received, tries: number) => Reply | null | Promise<Reply>
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const taken: Received[] = []
  let connections = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { headers, url = '' } = request
    const message = {
      id: String(headers['webhook-id']),
      path: url,
      headers,
      body: Buffer.concat(chunks).toString(),
    }
    received.push(message)
    const tries = received.filter(({ id }) => id === message.id).length
    const reply = await receiver.answer(message, tries)
    if (reply === null) return
    if (reply.status < 300) taken.push(message)
    response.writeHead(reply.status, reply.headers).end(reply.body)
  })
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    taken,
    get connections() {
      return connections
    },
    answer: () => ({ status: 204 }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return receiver
}

/** Returns the content of a message. Throws unless it is signed with this secret. */
export function verifyMessage(
  message: Received,
  secret: string,
): { type: string; data: Record<string, unknown> } {
  new Webhook(secret).verify(message.body, message.headers as Record<string, string>)
  return JSON.parse(message.body)
}
