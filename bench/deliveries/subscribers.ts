import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Publisher } from './publishers.ts'

/** Subscribers of a publisher, with one WebSocket each. */
export type Subscribers = {
  /** Waits until every subscriber has received a message that contains `eventId`. Resolves to the last such message. */
  told(eventId: string): Promise<string>
  close(): void
}

const query = /* GraphQL */ `
  subscription Watch {
    changes { cursor gap { reason missed } changes { id kind occurredAt origin actor seamEventId subjectId } }
  }
`
const maxConcurrentOpens = 100

/** Opens sockets with one subscription each. Resolves when each subscription has received its first message. */
export async function subscribe(publisher: Publisher, count: number): Promise<Subscribers> {
  const sockets: WebSocket[] = []
  const awaited = { eventId: '', left: 0, resolve: (_message: string) => {} }
  const onMessage = (message: Buffer): void => {
    if (awaited.left === 0 || !message.includes(awaited.eventId)) return
    awaited.left--
    if (awaited.left === 0) awaited.resolve(message.toString())
  }
  for (let opened = 0; opened < count; opened += maxConcurrentOpens) {
    const more = Array.from({ length: Math.min(maxConcurrentOpens, count - opened) }, () => open(publisher))
    sockets.push(...(await Promise.all(more)))
  }
  for (const socket of sockets) socket.on('message', onMessage)
  return {
    told(eventId) {
      const { promise, resolve } = Promise.withResolvers<string>()
      Object.assign(awaited, { eventId, left: count, resolve })
      return promise
    },
    close() {
      for (const socket of sockets) socket.terminate()
    },
  }
}

async function open({ url, authorization }: Publisher): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', {
    perMessageDeflate: false,
    skipUTF8Validation: true,
  })
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }))
  await once(socket, 'message')
  socket.send(JSON.stringify({ id: 'operation-1', type: 'subscribe', payload: { query } }))
  const [message] = (await once(socket, 'message')) as [Buffer]
  if (!message.includes('"type":"next"')) throw new Error(`The subscription was answered ${message}`)
  return socket
}
