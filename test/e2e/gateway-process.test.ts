import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { subscribe } from '../support/subscriber.ts'
import { waitUntil } from '../support/wait-until.ts'

type Gateway = { child: ChildProcess; url: string; output: () => string }

describe('the gateway process', () => {
  const started: ChildProcess[] = []
  const folders: string[] = []
  afterEach(async () => {
    for (const child of started.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
  })

  async function folder(): Promise<string> {
    const made = await mkdtemp(join(tmpdir(), 'latchkey-'))
    folders.push(made)
    return made
  }

  function spawnMain(env: Record<string, string>, args = ['src/main.ts']) {
    const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH, ...env } })
    started.push(child)
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    child.stderr.on('data', (chunk) => {
      text += chunk
    })
    return { child, output: () => text }
  }

  async function start(dataDir: string): Promise<Gateway> {
    const { child, output } = spawnMain({ PORT: '0', DATA_DIR: dataDir })
    for (;;) {
      const url = /GraphiQL +(\S+)\/graphql/.exec(output())?.[1]
      if (url !== undefined) return { child, url, output }
      if (child.exitCode !== null) throw new Error(output())
      await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), once(child, 'exit')])
    }
  }

  const ask = async (url: string, query: string) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    })
    return (await response.json()) as { data: Record<string, unknown> }
  }

  it('should start without configuration, serve the bundled sandbox, and exit with 0 on SIGTERM', async () => {
    const { child, url } = await start(await folder())
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    const { data } = await ask(url, '{ viewer { isDemo } acsUsers { totalCount } acsSystems { totalCount } }')
    expect(data).toMatchObject({ viewer: { isDemo: true }, acsUsers: { totalCount: expect.any(Number) } })
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
  })

  it('should restart under `npm run dev` when a file changes', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: { dev: string } }
    const [, ...args] = scripts.dev.split(' ')
    const { child, output } = spawnMain({ PORT: '0', DATA_DIR: await folder() }, args)
    const starts = () => output().split('Latchkey is ready.').length - 1
    await waitUntil(() => starts() === 1)
    // Changes only the modification time, not the content.
    await utimes('src/startup-banner.ts', new Date(), new Date())
    await waitUntil(() => starts() === 2)
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    await exit
  })

  it('should deliver changes to the command in its banner soon after the banner', async () => {
    const { url, output } = await start(await folder())
    await waitUntil(() => output().includes('Ask  '))
    expect(output()).toContain(`Dashboard  ${url}/\n`)
    const [, command = ''] = /Try +(curl .*?)\n +Ask/s.exec(output()) ?? []
    const curl = spawn('sh', ['-c', `exec ${command}`])
    started.push(curl)
    let streamed = ''
    curl.stdout.on('data', (chunk) => {
      streamed += chunk
    })
    await waitUntil(() => /"kind":"(CREATED|ISSUED)"/.test(streamed))
    expect(streamed).toContain('event: next')
    // The bundled sandbox makes these changes by itself.
    const [, ask = ''] = /Ask +(curl .*?)\n\n/s.exec(output()) ?? []
    const asked = spawn('sh', ['-c', `exec ${ask}`])
    const [answer] = await once(asked.stdout, 'data')
    expect(JSON.parse(String(answer))).toMatchObject({
      data: { acsSystems: { nodes: [expect.anything(), expect.anything()] } },
    })
    expect(url).toMatch(/^http/)
  })

  it('should lose no acknowledged change if it is killed with SIGKILL', async () => {
    const dataDir = await folder()
    const first = await start(dataDir)
    const { data } = await ask(first.url, '{ cursor }')
    const feed = subscribe<{ changes: { changes: { id: string }[] } }>(
      `${first.url.replace('http', 'ws')}/graphql`,
      'subscription { changes { changes { id } } }',
    )
    // The bundled sandbox makes changes by itself.
    const received = (await feed.until((batch) => batch.changes.changes.length > 0)).changes.changes
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    await feed.close()
    const second = await start(dataDir)
    const after = await ask(second.url, `{ changes(first: 100, after: "${data.cursor}") { nodes { id } } }`)
    const ids = (after.data.changes as { nodes: { id: string }[] }).nodes.map((change) => change.id)
    expect(ids.slice(0, received.length)).toEqual(received.map((change) => change.id))
  })

  it('should refuse to start on a DATA_DIR that another gateway uses, without affecting that one', async () => {
    const dataDir = await folder()
    const first = await start(dataDir)
    const second = spawnMain({ PORT: '0', DATA_DIR: dataDir })
    expect(await once(second.child, 'exit')).toEqual([1, null])
    const message = second.output().trim()
    expect(message).toContain(`DATA_DIR ${dataDir}`)
    expect(message).toMatch(new RegExp(`\\bpid ${first.child.pid}\\b`))
    expect(message.split('\n')).toHaveLength(1)
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
  })

  it('should share its DATA_DIR with the command line, except to renew the journal', async () => {
    const dataDir = await folder()
    const first = await start(dataDir)
    const latchkey = async (...args: string[]) => {
      const child = spawn(process.execPath, ['src/cli.ts', ...args], {
        env: { PATH: process.env.PATH, DATA_DIR: dataDir },
      })
      started.push(child)
      let text = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => {
          text += chunk
        })
      const [code] = await once(child, 'close')
      return { code, text }
    }
    expect((await latchkey('keys', 'create', '--name', 'ada', '--scopes', 'read')).code).toBe(0)
    expect((await latchkey('keys', 'list')).text).toContain('ada')
    expect((await latchkey('cursors', 'rotate')).code).toBe(0)
    const renewal = await latchkey('journal', 'renew')
    expect(renewal.code).toBe(1)
    expect(renewal.text).toContain(`pid ${first.child.pid}`)
  })

  it('should report all invalid settings in one list', async () => {
    const { child, output } = spawnMain({
      PORT: '99999',
      RECONCILE_SECONDS: 'often',
      SEAM_APIKEY: 'seam_x',
      LOG_LEVEL: 'loud',
    })
    expect(await once(child, 'exit')).toEqual([1, null])
    for (const name of ['PORT', 'RECONCILE_SECONDS', 'SEAM_APIKEY', 'LOG_LEVEL'])
      expect(output()).toContain(name)
    expect(output()).not.toContain('seam_x')
    expect(output()).not.toContain('    at ')
  })
})
