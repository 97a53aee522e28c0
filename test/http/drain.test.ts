import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { createHttpServer } from '../../src/http/server.ts'
import { authorizationHeader, startHttpFixture } from './http-fixture.ts'

test('a drain finishes pending requests, also on keep-alive connections', async () => {
  const gateway = await startHttpFixture()
  const agent = new Agent({ keepAlive: true })
  const request = httpRequest({
    agent,
    host: '127.0.0.1',
    port: gateway.port,
    method: 'POST',
    path: '/graphql',
    headers: { authorization: authorizationHeader, 'content-type': 'application/json' },
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

test('a drain aborts requests after its time limit', async () => {
  const gateway = await startHttpFixture({ timing: { drainTimeoutMs: 5 } })
  const answer = gateway.query('{ slow }')
  const lost = expect(answer).rejects.toThrow(/socket hang up|ECONNRESET/)
  await gateway.graph.slowAsked
  await gateway.stop()
  await lost
})

test('an address in use is reported with advice', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const config = {
    host: '127.0.0.1',
    port,
    publicUrl: null,
    login: null,
    keepAliveSeconds: 620,
    allowedOrigins: [],
  }
  const gateway = await startHttpFixture()
  const deps = { ...gateway.deps, config }
  await expect(createHttpServer(deps).listen()).rejects.toThrow(
    `PORT ${port} on 127.0.0.1 is taken: set PORT`,
  )
  await gateway.stop()
  other.close()
})
