import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { subscribe } from '../support/subscriber.ts'
import { waitUntil } from '../support/wait-until.ts'
import { startWorld } from '../support/world.ts'

/** Starts a proxy that forwards requests below `/gw` to the gateway, with or without that prefix. */
async function startProxy(port: () => number, isStripping: boolean) {
  const server = createServer((near, answer) => {
    const path = isStripping ? near.url?.slice('/gw'.length) || '/' : near.url
    const far = request({ port: port(), path, method: near.method, headers: near.headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    })
    near.pipe(far)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/gw`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('a PUBLIC_URL with a path', () => {
  it.each([
    ['removes it', true],
    ['forwards it', false],
  ])('should work for webhooks and pages behind a proxy that %s', async (_, isStripping) => {
    let port = 0
    await using proxy = await startProxy(() => port, isStripping)
    await using world = await startWorld({ config: { publicUrl: proxy.url } })
    port = world.app.port
    expect(world.app.webhook).toBe(`registered at ${proxy.url}/webhooks/seam`)
    world.sandbox.act('moveIn')
    await waitUntil(() => world.sandbox.deliveries().some(({ status }) => status === 204))
    for (const path of ['/', '/residents/abc', '/graphql']) {
      const page = await fetch(proxy.url + path, { headers: { accept: 'text/html' } })
      const html = await page.text()
      const base = /<base href="([^"]+)"/.exec(html)?.[1] ?? page.url
      const script = /src="([^"]+)"/.exec(html)?.[1] ?? ''
      expect((await fetch(new URL(script, new URL(base, page.url)))).status, path).toBe(200)
    }
    expect((await fetch(`${world.url}/schema.graphql`)).status).toBe(200)
    const socket = subscribe<{ changes: { changes: object[] } }>(
      `${world.url.replace('http', 'ws')}${isStripping ? '' : '/gw'}/graphql`,
      'subscription { changes { changes { id } } }',
    )
    await socket.next()
    await socket.close()
  })
})

const lanAddresses = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
  .map(({ address }) => address)

describe('the bundled sandbox', () => {
  it.each(['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::', ...lanAddresses])(
    'should reach the gateway on HOST=%s',
    async (host) => {
      await using world = await startWorld({ config: { host } })
      expect(URL.canParse(world.url)).toBe(true)
      expect((await fetch(`${world.url}/healthz`)).status).toBe(200)
      world.sandbox.act('moveIn')
      await waitUntil(() => world.sandbox.deliveries().length > 0)
      expect(world.sandbox.deliveries()[0]).toMatchObject({ status: 204 })
      expect(world.app.webhook).toMatch(/^registered at http:\/\/.*:\d+\/webhooks\/seam$/)
    },
  )
})
