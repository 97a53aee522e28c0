import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openFileApiKeyStore } from '../../src/auth/api-keys/file-api-key-store.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { ask } from '../support/deployment.ts'
import { startGatewayProcess } from '../support/gateway-process.ts'
import { waitUntil } from '../support/wait-until.ts'

/** Kinds of damage: truncated to nothing, truncated in the middle, or overwritten. */
const damages: readonly [string, (whole: Buffer) => Buffer][] = [
  ['is empty', () => Buffer.alloc(0)],
  ['was truncated', (whole) => whole.subarray(0, Math.floor(whole.length / 2))],
  ['holds something else', (whole) => Buffer.alloc(whole.length, 'x')],
]
/** Files that are written at every start and never read. */
const unread = ['gateway.pid', 'gateway.lock']

describe('a start with a damaged file in DATA_DIR', () => {
  let folder: string
  let sandbox: Sandbox
  let apiKey: string
  const files: string[] = []

  const envOf = (dataDir: string) => ({
    PORT: '0',
    DATA_DIR: dataDir,
    SEAM_API_KEY: sandbox.apiKey,
    SEAM_ENDPOINT: sandbox.url,
    LOG_LEVEL: 'warn',
  })

  /** Creates the files that a stopped gateway leaves in DATA_DIR. */
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-damaged-'))
    sandbox = await startSandbox({ port: 0, activity: false })
    const keys = await openFileApiKeyStore({ file: join(folder, 'whole', 'keys.db') })
    apiKey = (await keys.create({ name: 'test', scopes: ['read'] })).key
    await keys.close()
    const { child, url } = await startGatewayProcess(envOf(join(folder, 'whole')))
    await ask(
      url,
      apiKey,
      '{ acsSystems { nodes { users(first: 10) { totalCount } } } acsUsers { totalCount } }',
    )
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    for (const entry of await readdir(join(folder, 'whole'), { recursive: true, withFileTypes: true }))
      if (entry.isFile() && !unread.includes(entry.name))
        files.push(join(entry.parentPath, entry.name).slice(join(folder, 'whole').length + 1))
  }, 60_000)
  afterAll(async () => {
    await sandbox.close()
    await rm(folder, { recursive: true })
  })

  it('should cover every kind of file', () => {
    for (const kind of [/^keys\.db$/, /^journal-.*\.db$/, /^workspace-/, /^catalog-.*\/.*\.json$/])
      expect(
        files.some((file) => kind.test(file)),
        String(kind),
      ).toBe(true)
  })

  it.each(damages)(
    'should name a file that %s, and either exit with one line or start without it',
    { timeout: 240_000 },
    async (title, damage) => {
      for (const [index, file] of files.entries()) {
        const dataDir = join(folder, `${title} ${index}`)
        await cp(join(folder, 'whole'), dataDir, { recursive: true })
        const damaged = join(dataDir, file)
        await writeFile(damaged, damage(await readFile(damaged)))
        const { code, output, answered } = await run(envOf(dataDir), damaged)
        expect(output, file).toContain(damaged)
        if (file.endsWith('.db')) {
          expect({ code, answered }, file).toEqual({ code: 1, answered: null })
          expect(output.trim().split('\n'), file).toHaveLength(1)
        } else
          expect({ code, answered }, file).toEqual({ code: 0, answered: sandbox.ids().acsSystemIds.length })
      }
    },
  )

  /** Starts a gateway, queries it, and stops it once its output names the file; or waits until it exits by itself. */
  async function run(env: Record<string, string>, file: string) {
    const child = spawn(process.execPath, ['src/main.ts'], { env: { PATH: process.env.PATH, ...env } })
    let output = ''
    const ended = once(child, 'close')
    const url = await new Promise<string | null>((resolve) => {
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => {
          output += chunk
          const foundUrl = /GraphiQL +(\S+)\/graphql/.exec(output)?.[1]
          if (foundUrl !== undefined) resolve(foundUrl)
        })
      child.once('close', () => resolve(null))
    })
    const query = '{ acsSystems { totalCount } }'
    const answered =
      url === null
        ? null
        : (await ask<{ acsSystems: { totalCount: number } }>(url, apiKey, query)).acsSystems.totalCount
    if (url !== null) await waitUntil(() => output.includes(file))
    child.kill('SIGTERM')
    const [code] = await ended
    return { code, output, answered }
  }
})
