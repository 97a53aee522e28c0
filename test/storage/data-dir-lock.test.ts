import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockDataDir } from '../../src/storage/data-dir-lock.ts'
import { startWorld } from '../support/world.ts'

const moduleUrl = new URL('../../src/storage/data-dir-lock.ts', import.meta.url).href

/** Acquires the lock, prints `locked` and keeps running; or prints the error. */
const holder = /* js */ `
  import { lockDataDir } from ${JSON.stringify(moduleUrl)}
  try {
    await lockDataDir(process.argv[1])
    console.log('locked')
    setInterval(() => undefined, 1_000)
  } catch (error) {
    console.log(error.message)
  }
`

describe('the lock on DATA_DIR', () => {
  let folder: string
  const children: ChildProcess[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-lock-'))
  })
  afterEach(async () => {
    for (const child of children.splice(0)) await kill(child)
    await rm(folder, { recursive: true, force: true })
  })

  async function startHolder(): Promise<{ child: ChildProcess; output: string }> {
    const child = spawn(process.execPath, ['--input-type=module', '-e', holder, folder])
    children.push(child)
    const [output] = await once(child.stdout, 'data')
    return { child, output: String(output).trim() }
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  it('should be held by one process, and give its process id to others in their error', async () => {
    const { child } = await startHolder()
    await expect(lockDataDir(folder)).rejects.toThrow(
      new RegExp(`^DATA_DIR ${folder} is in use by another gateway \\(pid ${child.pid}\\): `),
    )
    expect(await readFile(join(folder, 'gateway.pid'), 'utf8')).toMatch(new RegExp(`^${child.pid} `))
  })

  it('should be free as soon as its process was killed, ten times in a row', async () => {
    for (let round = 0; round < 10; round++) {
      const { child, output } = await startHolder()
      expect(output).toBe('locked')
      await kill(child)
    }
    const lock = await lockDataDir(folder)
    lock.release()
  })

  it('should be acquired by exactly one of several processes that start at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, startHolder))
    const [first, ...others] = all.filter(({ output }) => output === 'locked')
    expect(others).toEqual([])
    for (const { child, output } of all)
      if (child !== first?.child) expect(output).toContain(`pid ${first?.child.pid}`)
  })

  it('should exclude a second attempt of the same process, and survive it', async () => {
    const lock = await lockDataDir(folder)
    await expect(lockDataDir(folder)).rejects.toThrow(`pid ${process.pid}`)
    expect((await startHolder()).output).toContain(`pid ${process.pid}`)
    lock.release()
    expect((await startHolder()).output).toBe('locked')
  })

  it('should create no files that other users may read', async () => {
    const lock = await lockDataDir(join(folder, 'new'))
    for (const name of ['gateway.lock', 'gateway.pid'])
      expect((await stat(join(folder, 'new', name))).mode & 0o777).toBe(0o600)
    lock.release()
  })

  it('should report a folder that cannot be used', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    await expect(lockDataDir(file)).rejects.toThrow(`DATA_DIR ${file} is a file, or a path inside a file: `)
  })

  it('should be held by a gateway while it runs, and released afterwards', async () => {
    const world = await startWorld({ dataDir: folder })
    await expect(lockDataDir(folder)).rejects.toThrow(`pid ${process.pid}`)
    await world.restart()
    await expect(lockDataDir(folder)).rejects.toThrow(`pid ${process.pid}`)
    await world[Symbol.asyncDispose]()
    const lock = await lockDataDir(folder)
    lock.release()
  })
})
