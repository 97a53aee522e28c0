import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDashboard, type DashboardSettings } from '../../../src/http/dashboard/page.ts'
import { startHttpFixture } from '../http-fixture.ts'

const template =
  '<base href="/" /><script type="application/json" id="settings">{}</script><script type="module" src="./assets/a-Hash1234.js"></script>'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-page-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), template)
  await writeFile(join(folder, 'assets/a-Hash1234.js'), 'console.log(1)'.repeat(200))
  await writeFile(join(folder, 'secret.txt'), 'not for everyone')
})
afterAll(() => rm(folder, { recursive: true }))

/** Serves a dashboard alone, and answers 404 where it has nothing. */
async function serve(
  settings: DashboardSettings,
  publicPath = '',
  from = folder,
  findTokenOrigin: () => string | null = () => null,
) {
  const dashboard = createDashboard({
    folder: pathToFileURL(`${from}/`),
    publicPath,
    readSettings: async () => settings,
    findTokenOrigin: async () => findTokenOrigin(),
  })
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/'
    const isSent =
      (await dashboard.sendPage(path, request, response)) ||
      (await dashboard.sendAsset(path, request, response))
    if (!isSent) response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    get: (path: string, headers: Record<string, string> = {}) =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers }),
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}

describe('the page', () => {
  it('should be the same for the address of every screen, and allow no inline script', async () => {
    await using server = await serve({ isDemo: true, login: null })
    const first = await server.get('/')
    const policy = first.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("connect-src 'self';")
    expect(policy).not.toContain('unsafe')
    expect(first.headers.get('cache-control')).toBe('no-cache')
    const html = await first.text()
    for (const path of ['/residents', '/residents/abc', '/settings/api-keys'])
      expect(await (await server.get(path)).text()).toBe(html)
    for (const path of ['/nothing', '/residentsx', '/graphql', '//'])
      expect((await server.get(path)).status).toBe(404)
  })

  it('should contain its settings, escaped, and its base behind a reverse proxy', async () => {
    const login = {
      issuer: 'https://login.example.com/</script>',
      audience: 'latchkey',
      clientId: 'page',
      scope: 'openid',
    }
    await using server = await serve({ isDemo: false, login }, '/latchkey')
    const response = await server.get('/')
    const html = await response.text()
    expect(html).toContain('<base href="/latchkey/" />')
    const [, json = ''] = /id="settings">(.*?)<\/script>/.exec(html) ?? []
    expect(JSON.parse(json)).toEqual({ isDemo: false, login })
    expect(response.headers.get('content-security-policy')).toContain(
      "connect-src 'self' https://login.example.com;",
    )
  })

  it('should allow requests to the token endpoint as soon as its origin is known', async () => {
    const login = { issuer: 'https://id.example.com/a', audience: 'a', clientId: 'page', scope: 'openid' }
    let tokenOrigin: string | null = null
    await using server = await serve({ isDemo: false, login }, '', folder, () => tokenOrigin)
    const readSources = async () => {
      const policy = (await server.get('/')).headers.get('content-security-policy')
      return /connect-src ([^;]*);/.exec(policy ?? '')?.[1]
    }
    expect(await readSources()).toBe("'self' https://id.example.com")
    tokenOrigin = 'https://token.example.com:8443'
    expect(await readSources()).toBe("'self' https://id.example.com https://token.example.com:8443")
    tokenOrigin = 'https://id.example.com'
    expect(await readSources()).toBe("'self' https://id.example.com")
  })

  it('should be missing where it is not built', async () => {
    await using server = await serve({ isDemo: true, login: null }, '', join(folder, 'missing'))
    expect((await server.get('/')).status).toBe(404)
    expect((await server.get('/assets/a-Hash1234.js')).status).toBe(404)
  })
})

describe('the files of the page', () => {
  it('should be compressed, and cached for ever', async () => {
    await using server = await serve({ isDemo: true, login: null })
    const response = await server.get('/assets/a-Hash1234.js', { 'accept-encoding': 'br' })
    expect(response.headers.get('cache-control')).toMatch(/max-age=\d{7,}, immutable/)
    expect(response.headers.get('content-encoding')).toBe('br')
    expect(await response.text()).toContain('console.log(1)')
  })

  it('should be those of the folder only', async () => {
    await using server = await serve({ isDemo: true, login: null })
    for (const path of ['/assets/', '/assets/../secret.txt', '/assets/..%2fsecret.txt', '/secret.txt'])
      expect((await server.get(path)).status).toBe(404)
  })
})

describe('the built page', () => {
  it('should need at most 200 kB for the first screen', async () => {
    const gateway = await startHttpFixture()
    try {
      const load = async (path: string): Promise<{ bytes: number; text: string }> => {
        const response = await gateway.ask({ path, headers: { 'accept-encoding': 'br' } })
        expect(response.status, path).toBe(200)
        const plain = brotliDecompressSync(response.bytes)
        return { bytes: response.bytes.length, text: plain.toString() }
      }
      const page = await load('/')
      const files = [...page.text.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(
        ([, file]) => `/${file}`,
      )
      expect(files.length).toBeGreaterThan(1)
      const loaded = await Promise.all(files.map(load))
      const script = loaded.find(({ text }) => text.includes('overview-'))?.text ?? ''
      const [overview] = /overview-[\w-]+\.js/.exec(script) ?? []
      const screen = await load(`/assets/${overview}`)
      const total = [page, ...loaded, screen].reduce((sum, { bytes }) => sum + bytes, 0)
      expect(total).toBeLessThanOrEqual(200 * 1024)
    } finally {
      await gateway.stop()
    }
  })
})
