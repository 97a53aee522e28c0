import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { createHttpServer } from '../../src/http/server.ts'
import { key, startGateway } from './gateway.ts'

test('a drain finishes what runs, also on a connection that would be kept alive', async () => {
  const gateway = await startGateway()
  const agent = new Agent({ keepAlive: true })
  const request = httpRequest({
    agent,
    host: '127.0.0.1',
    port: gateway.port,
    method: 'POST',
    path: '/graphql',
    headers: { authorization: key, 'content-type': 'application/json' },
  })
  request.end('{"query":"{ slow }"}')
  await gateway.graph.slowAsked
  const drained = gateway.stop()
  gateway.graph.release()
  const [response] = await once(request, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  expect(JSON.parse(text)).toEqual({ data: { slow: 'done' } })
  await drained
  await expect(gateway.ask({ path: '/healthz' })).rejects.toThrow('ECONNREFUSED')
  agent.destroy()
})

test('a drain does not wait for ever', async () => {
  const gateway = await startGateway({ timing: { drainMs: 5 } })
  const answer = gateway.query('{ slow }')
  const lost = expect(answer).rejects.toThrow(/socket hang up|ECONNRESET/)
  await gateway.graph.slowAsked
  await gateway.stop()
  await lost
})

test('an address that is taken is told in words', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const config = { host: '127.0.0.1', port, publicUrl: null, allowedOrigins: [] }
  const gateway = await startGateway()
  const deps = { ...gateway.deps, config }
  await expect(createHttpServer(deps).listen()).rejects.toThrow(
    `Port ${port} on 127.0.0.1 is taken. Set PORT`,
  )
  await gateway.stop()
  other.close()
})
