import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SeamWebhook } from 'seam'
import { webhookSecret } from '../harness/gateway.ts'

/** Minimal receiver of webhooks: verifies each with Seam's library and stores nothing. */
const verifier = new SeamWebhook(webhookSecret)
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    verifier.verify(Buffer.concat(chunks).toString(), request.headers as Record<string, string>)
    response.writeHead(204).end()
  })
})
process.once('disconnect', () => process.exit(0))
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
