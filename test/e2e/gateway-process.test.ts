import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { subscribe } from '../support/subscriber.ts'
import { waitUntil } from '../support/wait-until.ts'

type Gateway = { child: ChildProcess; url: string; output: () => string }

describe('the process', () => {
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

  it('should start with nothing configured, show a live building, and end cleanly on SIGTERM', async () => {
    const { child, url } = await start(await folder())
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    const { data } = await ask(url, '{ viewer { isDemo } acsUsers { totalCount } acsSystems { totalCount } }')
    expect(data).toMatchObject({ viewer: { isDemo: true }, acsUsers: { totalCount: expect.any(Number) } })
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
  })

  it('should start again by `npm run dev` when a file has changed', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: { dev: string } }
    const [, ...args] = scripts.dev.split(' ')
    const { child, output } = spawnMain({ PORT: '0', DATA_DIR: await folder() }, args)
    const starts = () => output().split('Latchkey is ready.').length - 1
    await waitUntil(() => starts() === 1)
    // No other file: what has changed is the time alone.
    await utimes('src/startup-banner.ts', new Date(), new Date())
    await waitUntil(() => starts() === 2)
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    await exit
  })

  it('should have something to watch, by the command that its banner tells, soon after the banner', async () => {
    const { url, output } = await start(await folder())
    await waitUntil(() => output().includes('Ask  '))
    expect(output()).not.toContain('Dashboard')
    const [, command = ''] = /Try +(curl .*?)\n +Ask/s.exec(output()) ?? []
    const curl = spawn('sh', ['-c', `exec ${command}`])
    started.push(curl)
    let heard = ''
    curl.stdout.on('data', (chunk) => {
      heard += chunk
    })
    await waitUntil(() => /"kind":"(CREATED|ISSUED)"/.test(heard))
    expect(heard).toContain('event: next')
    // Nobody has asked the building for it: its own day has begun.
    const [, ask = ''] = /Ask +(curl .*?)\n\n/s.exec(output()) ?? []
    const asked = spawn('sh', ['-c', `exec ${ask}`])
    const [answer] = await once(asked.stdout, 'data')
    expect(JSON.parse(String(answer))).toMatchObject({
      data: { acsSystems: { nodes: [expect.anything(), expect.anything()] } },
    })
    expect(url).toMatch(/^http/)
  })

  it('should lose no acknowledged change to kill -9', async () => {
    const dataDir = await folder()
    const first = await start(dataDir)
    const { data } = await ask(first.url, '{ cursor }')
    const feed = subscribe<{ changes: { changes: { id: string }[] } }>(
      `${first.url.replace('http', 'ws')}/graphql`,
      'subscription { changes { changes { id } } }',
    )
    // The building lives by itself: its next event is on its way.
    const told = (await feed.until((batch) => batch.changes.changes.length > 0)).changes.changes
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    await feed.close()
    const second = await start(dataDir)
    const after = await ask(second.url, `{ changes(first: 100, after: "${data.cursor}") { nodes { id } } }`)
    const ids = (after.data.changes as { nodes: { id: string }[] }).nodes.map((change) => change.id)
    expect(ids.slice(0, told.length)).toEqual(told.map((change) => change.id))
  })

  it('should refuse to start on a DATA_DIR that another gateway uses, and leave that one alone', async () => {
    const dataDir = await folder()
    const first = await start(dataDir)
    const second = spawnMain({ PORT: '0', DATA_DIR: dataDir })
    expect(await once(second.child, 'exit')).toEqual([1, null])
    const sentence = second.output().trim()
    expect(sentence).toContain(`DATA_DIR ${dataDir}`)
    expect(sentence).toMatch(new RegExp(`\\bpid ${first.child.pid}\\b`))
    expect(sentence.split('\n')).toHaveLength(1)
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
  })

  it('should let the command line use the DATA_DIR of a gateway that runs, but not renew its journal', async () => {
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

  it('should name everything that is wrong with its settings in one list', async () => {
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
