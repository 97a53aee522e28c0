import { randomInt } from 'node:crypto'
import { cp, mkdtemp, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqliteJournal } from '../../../src/journal/sqlite/sqlite-journal.ts'
import { sampleEntry } from '../sample-changes.ts'

const entries = 60
const cuts = 120

describe('a power failure', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-power-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('should lose no acknowledged change, at whatever byte the write-ahead log ends', async () => {
    const file = join(folder, 'journal.db')
    const journal = await openSqliteJournal({ file })
    /** Size of the write-ahead log when each entry was acknowledged, in bytes. */
    const sizes = [(await stat(`${file}-wal`)).size]
    for (let entry = 1; entry <= entries; entry++) {
      await journal.append([sampleEntry(`event-${entry}`)])
      sizes.push((await stat(`${file}-wal`)).size)
    }
    for (let cut = 0; cut < cuts; cut++) {
      const acknowledged = randomInt(0, entries + 1)
      const from = sizes[acknowledged] ?? 0
      const to = sizes[acknowledged + 1] ?? from + 1
      const copy = join(folder, `cut-${cut}.db`)
      await cp(file, copy)
      await cp(`${file}-wal`, `${copy}-wal`)
      // All acknowledged entries are on disk, and any part of the next one.
      await truncate(`${copy}-wal`, randomInt(from, Math.max(to, from + 1)))
      const revived = await openSqliteJournal({ file: copy })
      const offsets = (await revived.read(0, 1_000)).map((change) => change.offset)
      expect(offsets).toEqual(Array.from({ length: acknowledged }, (_, index) => index + 1))
      await revived.close()
    }
    await journal.close()
  })
})
