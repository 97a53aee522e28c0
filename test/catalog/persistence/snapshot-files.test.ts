import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSnapshotFiles, type SnapshotFiles } from '../../../src/catalog/persistence/snapshot-files.ts'
import { createLogger } from '../../../src/observability/logger.ts'

/** Script that overwrites one text repeatedly, and prints a line after the first write. */
const writerScript = /* js */ `
  import { createSnapshotFiles } from ${JSON.stringify(new URL('../../../src/catalog/persistence/snapshot-files.ts', import.meta.url).href)}
  const files = createSnapshotFiles(process.argv[1], console)
  for (let round = 0; ; round++) {
    await files.write('one', [JSON.stringify({ round }), ...Array(20).fill(String(round % 10).repeat(10_000))])
    if (round === 0) console.log('written')
  }
`

const readAll = (files: SnapshotFiles) => Array.fromAsync(files.readAll())

const logged = new PassThrough()
const log = createLogger('warn', { destination: logged, isTerminal: false })

describe('snapshot files', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-files-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('should return the last written text of each name', async () => {
    const files = createSnapshotFiles(join(folder, 'new'), log)
    expect(await readAll(files)).toEqual([])
    await files.write('a/b', ['first'])
    await files.write('a/b', ['second', 'line two \u2028 ü'])
    await files.write('c', ['third'])
    await files.remove('c')
    await files.remove('never written')
    expect(await readAll(files)).toEqual([{ name: 'a/b', lines: ['second', 'line two \u2028 ü'] }])
  })

  it('should return the complete old or new text after the process is killed at any time', async () => {
    for (let attempt = 0; attempt < 8; attempt++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', writerScript, folder])
      await once(child.stdout, 'data')
      await new Promise((resolve) => setTimeout(resolve, attempt * 7))
      child.kill('SIGKILL')
      await once(child, 'exit')
      const [stored] = await readAll(createSnapshotFiles(folder, log))
      const [header = '', ...lines] = stored?.lines ?? []
      const { round } = JSON.parse(header) as { round: number }
      expect(lines).toEqual(Array(20).fill(String(round % 10).repeat(10_000)))
    }
  })

  it.each([
    ['empty', () => ''],
    ['truncated', (text: string) => text.slice(0, text.length - 3)],
    ['changed', (text: string) => text.replace('one', 'two')],
    ['without its header', (text: string) => text.slice(text.indexOf('\n') + 1)],
    ['longer than written', (text: string) => `${text} `],
  ])('should remove a file that is %s, log its name, and read the others', async (_, damage) => {
    const files = createSnapshotFiles(folder, log)
    await files.write('a', ['text one'])
    await files.write('b', ['text one'])
    const file = join(folder, 'a.json')
    await writeFile(file, damage(await readFile(file, 'utf8')))
    logged.read()
    expect(await readAll(files)).toEqual([{ name: 'b', lines: ['text one'] }])
    expect(String(logged.read())).toContain(file)
    expect(await readdir(folder)).toEqual(['b.json'])
  })

  it('should remove files of another name, folders, and incomplete writes', async () => {
    const files = createSnapshotFiles(folder, log)
    await files.write('a', ['text'])
    await writeFile(join(folder, 'b.json'), await readFile(join(folder, 'a.json')))
    await writeFile(join(folder, '%.json'), 'x')
    await mkdir(join(folder, 'c.json'))
    await writeFile(join(folder, 'd.json.new'), 'half')
    expect(await readAll(files)).toEqual([{ name: 'a', lines: ['text'] }])
    expect(await readdir(folder)).toEqual(['a.json'])
  })
})
