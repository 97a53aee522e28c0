import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/model/secret.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { createSeamClient, type SeamClient } from '../../src/seam/client.ts'
import { findWorkspaceId } from '../../src/seam/workspace-lookup.ts'

const damages: readonly [string, (whole: string) => string][] = [
  ['is empty', () => ''],
  ['was cut short', (whole) => whole.slice(0, -1)],
  ['names another workspace', (whole) => whole.replace(/.$/, (last) => (last === '0' ? '1' : '0'))],
  ['is something else', () => 'workspace'],
]

describe('the file with the workspace id of the API key', () => {
  let folder: string
  let sandbox: Sandbox
  let seam: SeamClient
  const logged = new PassThrough()
  const log = createLogger('warn', { destination: logged, isTerminal: false })

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-workspace-'))
    sandbox = await startSandbox({ port: 0, activity: false })
    seam = createSeamClient({ apiKey: new Secret(sandbox.apiKey), endpoint: sandbox.url, firstDelayMs: 1 })
    logged.read()
  })
  afterEach(async () => {
    seam.close()
    await sandbox.close()
    await rm(folder, { recursive: true })
  })

  const find = (): Promise<string> =>
    findWorkspaceId({
      ...{ seam, log, dataDir: folder },
      apiKey: new Secret(sandbox.apiKey),
      endpoint: sandbox.url,
    })
  const file = async (): Promise<string> => join(folder, (await readdir(folder))[0] ?? '')
  const cutOff = (): unknown => sandbox.addFault({ kind: 'status', status: 503 })

  it('should allow a start while Seam is down', async () => {
    await expect(Promise.resolve(cutOff()).then(find)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    sandbox.clearFaults()
    expect(await find()).toBe(sandbox.workspaceId)
    cutOff()
    expect(await find()).toBe(sandbox.workspaceId)
  })

  it('should be readable in the format of earlier versions, and be rewritten in the current one', async () => {
    await find()
    const written = await file()
    const whole = await readFile(written, 'utf8')
    await writeFile(written, sandbox.workspaceId)
    cutOff()
    expect(await find()).toBe(sandbox.workspaceId)
    sandbox.clearFaults()
    expect(await find()).toBe(sandbox.workspaceId)
    expect(whole).toContain(sandbox.workspaceId)
  })

  it.each(damages)('should be rewritten with a warning if it %s', async (_, damage) => {
    await find()
    const written = await file()
    const whole = await readFile(written, 'utf8')
    await writeFile(written, damage(whole))
    expect(await find()).toBe(sandbox.workspaceId)
    expect(String(logged.read())).toContain(written)
    expect(await readFile(written, 'utf8')).toBe(whole)
  })

  it.each(damages)('should make a start without Seam fail with its path if it %s', async (_, damage) => {
    await find()
    const written = await file()
    await writeFile(written, damage(await readFile(written, 'utf8')))
    cutOff()
    await expect(find()).rejects.toMatchObject({
      name: 'StartupError',
      message: expect.stringMatching(new RegExp(`^The file ${written} .*start again when Seam is available`)),
    })
  })

  it('should prevent the start if its path is a directory', async () => {
    await find()
    const written = await file()
    await rm(written)
    await mkdir(written)
    await expect(find()).rejects.toMatchObject({
      name: 'StartupError',
      message: expect.stringContaining(`The file ${written} cannot be written`),
    })
  })
})
