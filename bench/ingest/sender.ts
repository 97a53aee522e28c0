import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createSignatureHeaders } from '../../src/sandbox/http/webhook-deliveries.ts'
import { webhookSecret } from '../harness/gateway.ts'

/** Webhooks to send. */
export type Load = { readonly url: string; readonly bodies: readonly string[]; readonly connections: number }

/**
 * Sends signed webhooks on keep-alive connections, each of which sends the next one after the response to the previous one. Reports the
 * seconds from the first request to the last response. Requests are prepared before, and responses are not parsed further than needed, so
 * that the sender needs less CPU time than any receiver.
 */
process.on('message', async ({ url, bodies, connections }: Load) => {
  const requests = bodies.map((body) => createRequest(url, body))
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(url)))
  const startedAt = performance.now()
  await Promise.all(sockets.map((socket) => sendFrom(requests, socket)))
  process.send?.({ seconds: (performance.now() - startedAt) / 1000 })
})
process.once('disconnect', () => process.exit(0))

function createRequest(url: string, body: string): Buffer {
  const message = { id: `msg_${randomUUID()}`, timestamp: Math.floor(Date.now() / 1000), body }
  const headers = {
    host: new URL(url).host,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'user-agent': 'Svix-Webhooks',
    ...createSignatureHeaders(webhookSecret, message),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`POST /webhooks/seam HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}

async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname).setNoDelay(true)
  await once(socket, 'connect')
  return socket
}

/** Sends requests until none is left. Rejects if a response is not 204, which has no body. */
function sendFrom(requests: Buffer[], socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let response = ''
    const sendNext = (): void => {
      const request = requests.pop()
      if (request === undefined) resolve(void socket.destroy())
      else socket.write(request)
    }
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      response += chunk.toString('latin1')
      if (!response.endsWith('\r\n\r\n')) return
      if (!response.startsWith('HTTP/1.1 204'))
        return reject(new Error(`The webhook was answered ${response}`))
      response = ''
      sendNext()
    })
    sendNext()
  })
}
