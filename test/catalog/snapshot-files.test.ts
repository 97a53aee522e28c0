import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSnapshotFiles } from '../../src/catalog/snapshot-files.ts'

/** Writes one text over the other for ever, and says so once the first is there. */
const writer = /* js */ `
  import { createSnapshotFiles } from ${JSON.stringify(new URL('../../src/catalog/snapshot-files.ts', import.meta.url).href)}
  const files = createSnapshotFiles(process.argv[1])
  for (let turn = 0; ; turn++) {
    await files.write('one', JSON.stringify({ turn, text: String(turn % 10).repeat(200_000) }))
    if (turn === 0) console.log('written')
  }
`

describe('files of what is known', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-files-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('should hold what was written last, by name', async () => {
    const files = createSnapshotFiles(join(folder, 'new'))
    expect(await files.readAll()).toEqual([])
    await files.write('a/b', 'first')
    await files.write('a/b', 'second')
    await files.write('c', 'third')
    await files.remove('c')
    await files.remove('never there')
    expect(await files.readAll()).toEqual([{ name: 'a/b', text: 'second' }])
  })

  it('should hold the old text or the new one, whole, when the process is killed at any instant', async () => {
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', writer, folder])
      await once(child.stdout, 'data')
      await new Promise((resolve) => setTimeout(resolve, round * 7))
      child.kill('SIGKILL')
      await once(child, 'exit')
      const [kept] = await createSnapshotFiles(folder).readAll()
      const { turn, text } = JSON.parse(kept?.text ?? '') as { turn: number; text: string }
      expect(text).toBe(String(turn % 10).repeat(200_000))
    }
  })
})
