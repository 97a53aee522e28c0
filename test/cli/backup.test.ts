import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openFileApiKeyStore } from '../../src/auth/api-keys/file-api-key-store.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { allEvents, ask } from '../support/deployment.ts'
import { freePort, type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts'
import { subscribe } from '../support/subscriber.ts'
import { startWebhookStorm } from '../support/webhook-storm.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
type Said = { readonly code: number; readonly out: string; readonly advice: string }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-backup-'))
})
afterEach(() => rm(folder, { recursive: true }))

const at = (name: string): string => join(folder, name)

function latchkey(args: readonly string[], env: Record<string, string> = {}): Promise<Said> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['src/cli.ts', ...args],
      { env: { PATH: process.env.PATH, DATA_DIR: at('data'), ...env } },
      (_error, out, advice) => resolve({ code: child.exitCode ?? -1, out, advice }),
    )
  })
}

async function makeKey(name: string): Promise<string> {
  const { out } = await latchkey(['keys', 'create', '--name', name, '--scopes', 'read,events,admin'])
  return out.trim()
}

describe('a backup', () => {
  it('should be restorable when taken under load: API keys are valid, changes are present, later cursors result in a gap', {
    timeout: 120_000,
  }, async () => {
    await using sandbox = await disposable(startSandbox({ port: 0, activity: false }))
    const env = {
      PORT: await freePort(),
      DATA_DIR: at('data'),
      SEAM_API_KEY: sandbox.apiKey,
      SEAM_ENDPOINT: sandbox.url,
      SEAM_WEBHOOK_SECRET: secret,
    }
    const before = await makeKey('before')
    await using first = await disposable(startGatewayProcess(env))
    const acknowledged: string[] = []
    const storm = startWebhookStorm({
      urls: [first.url],
      secret,
      workspaceId: sandbox.workspaceId,
      perSecond: 200,
    })
    const until = (count: number) =>
      vi.waitFor(() => expect(storm.acknowledged.size).toBeGreaterThanOrEqual(count), { interval: 5 })
    // Created while the gateway runs, so it is only in the write-ahead log.
    const during = await makeKey('during')
    await until(100)
    acknowledged.push(...storm.acknowledged)
    expect(await latchkey(['backup', at('backup')])).toMatchObject({ code: 0 })
    await until(storm.acknowledged.size + 100)
    const { cursor } = await ask<{ cursor: string }>(first.url, during, '{ cursor }')
    const after = await makeKey('after')
    await storm.finish()
    await first.kill()
    await rm(at('data'), { recursive: true })

    expect(await latchkey(['restore', at('backup')])).toMatchObject({ code: 0 })
    await using second = await disposable(startGatewayProcess(env))
    const restored = await allEvents(second.url, during)
    expect(restored).toEqual(expect.arrayContaining(acknowledged))
    expect(new Set(restored).size).toBe(restored.length)
    for (const key of [before, during])
      expect((await ask<{ cursor: string }>(second.url, key, '{ cursor }')).cursor).not.toBe('')
    await expect(ask(second.url, after, '{ cursor }')).rejects.toThrow()
    expect(await gapOf(second, during, cursor)).toBe('JOURNAL_REPLACED')
  })

  it('should contain the write-ahead log, in files that only this user may read', async () => {
    const keys = await openFileApiKeyStore({ file: at('data/keys.db') })
    const { key } = await keys.create({ name: 'ada', scopes: ['read'] })
    expect((await latchkey(['backup', at('backup')])).code).toBe(0)
    await keys.close()
    expect((await readdir(at('backup'))).sort()).toEqual(['backup.json', 'keys.db'])
    expect((await stat(at('backup'))).mode & 0o077).toBe(0)
    for (const name of await readdir(at('backup')))
      expect((await stat(at(`backup/${name}`))).mode & 0o077).toBe(0)
    const copied = await openFileApiKeyStore({ file: at('backup/keys.db') })
    expect(await copied.findByKey(key)).toMatchObject({ name: 'ada' })
    await copied.close()
  })

  it('should be refused for a folder that is not empty, without data, and with Redis', async () => {
    const nothing = await latchkey(['backup', at('backup')])
    expect(nothing).toMatchObject({ code: 2, advice: expect.stringContaining('nothing to copy') })
    await makeKey('ada')
    await latchkey(['backup', at('backup')])
    const files = await readdir(at('backup'))
    const again = await latchkey(['backup', at('backup')])
    expect(again).toMatchObject({ code: 2, advice: expect.stringContaining('is not empty') })
    expect(await readdir(at('backup'))).toEqual(files)
    const redis = await latchkey(['backup', at('other')], { REDIS_URL: 'redis://127.0.0.1:1' })
    expect(redis).toMatchObject({ code: 2, advice: expect.stringContaining('back up Redis itself') })
    expect((await latchkey(['backup'])).code).toBe(2)
  })

  it('should not be restored if it is damaged or incomplete, over other files, or while a gateway runs', async () => {
    await makeKey('ada')
    await latchkey(['backup', at('backup')])
    const over = await latchkey(['restore', at('backup')])
    expect(over).toMatchObject({ code: 2, advice: expect.stringContaining('keys.db') })

    const other = { DATA_DIR: at('other') }
    await using gateway = await disposable(startGatewayProcess({ PORT: '0', ...other }))
    const running = await latchkey(['restore', at('backup')], other)
    expect(running).toMatchObject({ code: 1, advice: expect.stringContaining(`pid ${gateway.child.pid}`) })

    const empty = { DATA_DIR: at('empty') }
    const file = at('backup/keys.db')
    const whole = await readFile(file)
    await writeFile(file, whole.subarray(0, whole.length - 1))
    const damaged = await latchkey(['restore', at('backup')], empty)
    expect(damaged).toMatchObject({ code: 2, advice: expect.stringContaining(file) })
    await rm(at('backup/backup.json'))
    const unfinished = await latchkey(['restore', at('backup')], empty)
    expect(unfinished).toMatchObject({ code: 2, advice: expect.stringContaining('no finished backup') })
    await expect(stat(at('empty/keys.db'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

async function gapOf({ wsUrl }: GatewayProcess, key: string, after: string): Promise<string | undefined> {
  const feed = subscribe<{ changes: { gap: { reason: string } | null } }>(
    wsUrl,
    'subscription Follow($after: Cursor) { changes(after: $after) { gap { reason } } }',
    { after },
    key,
  )
  const { changes } = await feed.next()
  await feed.close()
  return changes.gap?.reason
}

/** Makes a gateway process disposable. */
async function disposable<T extends { kill(): Promise<void> } | { close(): Promise<void> }>(
  starting: Promise<T>,
): Promise<T & AsyncDisposable> {
  const started = await starting
  return Object.assign(Object.create(started) as T, {
    [Symbol.asyncDispose]: () => ('kill' in started ? started.kill() : started.close()),
  })
}
