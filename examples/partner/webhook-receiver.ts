import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { request } from './client.ts'
import { DeleteWebhookDocument, RegisterWebhookDocument } from './generated/graphql.ts'

type Message = {
  readonly type: string
  readonly timestamp: string
  readonly data: { readonly cursor: string }
}

/**
 * Starts a server for webhooks and registers it for all changes after a cursor. `take` is called once for each message, in order.
 * Ends the registration and the server when it is disposed.
 */
export async function receiveWebhooks(
  after: string,
  take: (message: Message) => void,
): Promise<AsyncDisposable> {
  let verifier: Webhook | null = null
  // A real receiver stores the ids with what it does with the messages.
  const taken = new Set<string>()
  const server = createServer(async (incoming, response) => {
    const body = await text(incoming)
    // The first message can arrive before the secret. It is sent again.
    if (verifier === null) return response.writeHead(503, { 'retry-after': '1' }).end()
    try {
      verifier.verify(body, incoming.headers as Record<string, string>)
    } catch {
      return response.writeHead(401).end()
    }
    const id = String(incoming.headers['webhook-id'])
    if (!taken.has(id)) take(JSON.parse(body) as Message)
    taken.add(id)
    return response.writeHead(204).end()
  }).listen(Number(process.env.WEBHOOK_PORT ?? 0), '127.0.0.1')
  await once(server, 'listening')

  const local = `http://127.0.0.1:${(server.address() as AddressInfo).port}/latchkey`
  const input = { url: process.env.WEBHOOK_URL ?? local, after }
  const { createWebhookEndpoint: created } = await request(RegisterWebhookDocument, { input })
  if (created.secret === null || created.webhookEndpoint === null)
    throw new Error(created.userErrors.map(({ message }) => message).join('\n'))
  const { id: webhookEndpointId } = created.webhookEndpoint
  verifier = new Webhook(created.secret)
  return {
    async [Symbol.asyncDispose]() {
      await request(DeleteWebhookDocument, { input: { webhookEndpointId } })
      server.close()
      server.closeIdleConnections()
    },
  }
}
