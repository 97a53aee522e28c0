import { createServer } from 'node:http'

/** Minimal HTTP server: reads each request, and responds with the text that it received from the parent process. */
process.once('message', (text: string) => {
  const body = Buffer.from(text)
  const server = createServer(async (request, response) => {
    await Array.fromAsync(request)
    response.setHeader('content-type', 'application/json').end(body)
  })
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }))
})
process.once('disconnect', () => process.exit(0))
