import { createServer } from 'node:http'

/** The least that an HTTP server can do: it reads the request, and writes bytes that it was told. */
process.once('message', (bytes: string) => {
  const body = Buffer.from(bytes)
  const server = createServer(async (request, response) => {
    await Array.fromAsync(request)
    response.setHeader('content-type', 'application/json').end(body)
  })
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }))
})
process.once('disconnect', () => process.exit(0))
