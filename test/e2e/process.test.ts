import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { subscribe } from '../support/subscriber.ts'

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

  function spawnMain(env: Record<string, string>) {
    const child = spawn(process.execPath, ['src/main.ts'], { env: { PATH: process.env.PATH, ...env } })
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

  it('should say what is wrong with a Redis that is not there, and not its password', async () => {
    const { child, output } = spawnMain({ REDIS_URL: 'redis://:hunter2@127.0.0.1:1' })
    expect(await once(child, 'exit')).toEqual([1, null])
    expect(output()).toContain('REDIS_URL')
    expect(output()).not.toContain('hunter2')
  })

  it('should say which port is taken', async () => {
    const dataDir = await folder()
    const { url } = await start(dataDir)
    const { port } = new URL(url)
    const { child, output } = spawnMain({ PORT: port, DATA_DIR: await folder() })
    expect((await once(child, 'exit'))[0]).toBe(1)
    expect(output()).toContain(port)
  })
})
