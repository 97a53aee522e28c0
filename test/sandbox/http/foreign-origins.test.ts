import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allRoutes } from '../../../src/sandbox/routes/registry.ts'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import { openSandbox } from '../sandbox-fixture.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await openSandbox()
})
afterAll(() => sandbox.close())

async function ask(line: string, headers: Record<string, string>): Promise<string> {
  const socket = connect(sandbox.port, '127.0.0.1')
  const head = Object.entries({ connection: 'close', 'content-length': '0', ...headers })
  socket.end(`${line} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n`)
  return (await text(socket)).split('\r\n')[0] ?? ''
}

const paths = [
  ...allRoutes.map(({ path }) => path),
  '/_sandbox/state',
  '/_sandbox/calls',
  '/connect_webviews/view',
  '/nothing',
]

describe.each(paths)('%s', (path) => {
  const authorization = () => `Bearer ${sandbox.apiKey}`

  test('should answer 421 to a page that uses DNS rebinding', async () => {
    const host = `evil.example:${sandbox.port}`
    expect(await ask(`GET ${path}`, { host, authorization: authorization() })).toContain('421')
    expect(await ask(`POST ${path}`, { host, authorization: authorization() })).toContain('421')
  })

  test('should answer 403 to a POST of a page of another origin', async () => {
    const headers = { host: `localhost:${sandbox.port}`, origin: 'http://evil.example' }
    expect(await ask(`POST ${path}`, { ...headers, authorization: authorization() })).toContain('403')
  })
})

test.each(['localhost', '127.0.0.1', '[::1]'])('the sandbox should accept the host %s', async (name) => {
  const host = `${name}:${sandbox.port}`
  const authorization = `Bearer ${sandbox.apiKey}`
  expect(await ask('GET /acs/systems/list', { host, authorization })).toContain('200')
})
