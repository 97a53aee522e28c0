import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqliteJournal } from '../../src/journal/sqlite.ts'
import type { NewChange } from '../../src/model/change.ts'
import { type Acknowledged, acknowledged, expectKeptIn, startAppender } from './appending.ts'
import { describeJournal } from './conformance.ts'
import { sampleChange, sampleEntry } from './sample.ts'

describeJournal('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-journal-'))
  return {
    open: (now) => openSqliteJournal({ file: join(folder, 'journal.db'), now }),
    remove: () => rm(folder, { recursive: true }),
  }
})

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-journal-'))
  file = join(folder, 'journal.db')
})
afterEach(() => rm(folder, { recursive: true }))

describe('a journal in SQLite', () => {
  it('should commit everything that arrives in one turn of the event loop at once', async () => {
    let commits = 0
    const journal = await openSqliteJournal({ file, now: () => new Date(++commits) })
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => journal.append([sampleEntry(`${n}`)])))
    expect(commits).toBe(1)
    expect(await journal.head()).toBe(1_000)
    await journal.close()
  })

  it('should refuse what is no change to its own caller only', async () => {
    const journal = await openSqliteJournal({ file })
    const unwritable = sampleChange('odd', { changedFields: [1n as unknown as string] })
    const [odd, good] = await Promise.allSettled([
      journal.append([sampleEntry('half'), { dedupeKeys: ['odd'], changes: [unwritable] }]),
      journal.append([sampleEntry('good')]),
    ])
    expect(odd.status).toBe('rejected')
    expect(good.status).toBe('fulfilled')
    expect((await journal.read(0, 10)).map(({ seamEventId }) => seamEventId)).toEqual(['good'])
    await journal.close()
  })

  it('should keep nothing of a group in which one write fails, tell all of it, and go on', async () => {
    const journal = await openSqliteJournal({ file })
    const db = new DatabaseSync(file)
    db.exec(`CREATE TRIGGER refuse BEFORE INSERT ON changes WHEN new.content LIKE '%odd%'
             BEGIN SELECT RAISE(ABORT, 'as if the disk failed'); END`)
    db.close()
    const group = await Promise.allSettled(['a', 'odd', 'b'].map((id) => journal.append([sampleEntry(id)])))
    for (const each of group)
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'JOURNAL_UNAVAILABLE' } })
    expect(await journal.head()).toBe(0)
    const [again] = await journal.append([sampleEntry('a')])
    expect(again).toMatchObject({ duplicate: false, changes: [{ offset: 1 }] })
    await journal.close()
  })

  it('should be for its owner only: the file 0600, the folder 0700', async () => {
    const nested = join(folder, 'data')
    const journal = await openSqliteJournal({ file: join(nested, 'journal.db') })
    await journal.append([sampleEntry('a')])
    expect((await stat(nested)).mode & 0o777).toBe(0o700)
    for (const name of await readdir(nested))
      expect((await stat(join(nested, name))).mode & 0o777).toBe(0o600)
    await journal.close()
  })

  it('should have no PIN in any of its files, even if one was handed to it', async () => {
    const journal = await openSqliteJournal({ file })
    await journal.append([
      { dedupeKeys: ['a'], changes: [{ ...sampleChange('a'), code: '8675309' } as NewChange] },
    ])
    for (const name of await readdir(folder))
      expect((await readFile(join(folder, name))).includes('8675309')).toBe(false)
    await journal.close()
  })

  it('should give no offset twice when another one is open on its file', async () => {
    const journal = await openSqliteJournal({ file })
    const other = await openSqliteJournal({ file })
    await journal.append([sampleEntry('a')])
    await other.append([sampleEntry('b'), sampleEntry('a')])
    await journal.append([sampleEntry('c')])
    expect((await other.read(0, 10)).map(({ seamEventId }) => seamEventId)).toEqual(['a', 'b', 'c'])
    await Promise.all([journal.close(), other.close()])
  })

  it('should bring a file of the first layout up to date, with all that is in it', async () => {
    const journal = await openSqliteJournal({ file })
    await journal.append([sampleEntry('a')])
    await journal.close()
    const db = new DatabaseSync(file)
    db.exec('DROP TABLE leases; PRAGMA user_version = 1')
    db.close()
    const later = await openSqliteJournal({ file })
    expect(later.epoch).toBe(journal.epoch)
    expect(await later.head()).toBe(1)
    expect(await later.lease('work', 'one', 1_000)).not.toBeNull()
    await later.close()
  })
})

describe('a file that is no journal', () => {
  /** What is said of the file, which must be as it was. */
  async function refusal(): Promise<string> {
    const before = await readFile(file)
    const error = await openSqliteJournal({ file }).then(
      () => null,
      (reason: unknown) => reason as Error & { code: string },
    )
    expect(error).toMatchObject({ name: 'JournalUnavailable', code: 'JOURNAL_UNAVAILABLE' })
    expect(error?.message).toContain(file)
    expect(before.equals(await readFile(file))).toBe(true)
    return error?.message ?? ''
  }

  async function journalOf(count: number): Promise<void> {
    const journal = await openSqliteJournal({ file })
    await journal.append(Array.from({ length: count }, (_, n) => sampleEntry(`${n}`)))
    await journal.close()
  }

  it('should be refused with what to do, and left as it is: something else', async () => {
    await writeFile(file, 'a letter to a friend, long enough to be taken for a database. '.repeat(100))
    expect(await refusal()).toMatch(/not a database.*Move it away/)
  })

  it('should be refused with what to do, and left as it is: damaged', async () => {
    await journalOf(2_000)
    const bytes = await readFile(file)
    bytes.fill(0xa5, 3 * 4096, bytes.length - 4096)
    await writeFile(file, bytes)
    expect(await refusal()).toMatch(/damaged|malformed/)
    expect(await refusal()).toContain('Move it away')
  })

  it('should be refused with what to do, and left as it is: cut short', async () => {
    await journalOf(2_000)
    await writeFile(file, (await readFile(file)).subarray(0, 5 * 4096))
    expect(await refusal()).toContain('Move it away')
  })

  it('should be refused with what to do, and left as it is: of a newer Latchkey', async () => {
    await journalOf(1)
    const db = new DatabaseSync(file)
    db.exec('PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)')
    db.close()
    expect(await refusal()).toMatch(/newer Latchkey \(layout 99, this one knows 2\)/)
  })

  it("should be refused with what to do, and left as it is: another program's", async () => {
    const db = new DatabaseSync(file)
    db.exec('CREATE TABLE invoices (id INTEGER)')
    db.close()
    expect(await refusal()).toContain('no journal')
  })

  it('should be refused: a folder, and a place that can not be', async () => {
    await mkdir(file)
    await expect(openSqliteJournal({ file })).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' })
    await writeFile(join(folder, 'plain'), '')
    const below = openSqliteJournal({ file: join(folder, 'plain', 'journal.db') })
    await expect(below).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' })
  })
})

async function expectKept(entries: readonly Acknowledged[]): Promise<void> {
  const journal = await openSqliteJournal({ file })
  await expectKeptIn(journal, entries)
  await journal.close()
}

describe('what was acknowledged', () => {
  it('should be there exactly once, whole and in order, although the process is killed again and again', async () => {
    const entries: Acknowledged[] = []
    for (let round = 1; round <= 8; round++) {
      const { child, lines } = startAppender({ file }, `round${round}`)
      const enough = 1 + Math.floor(Math.random() * 400)
      let count = 0
      for await (const line of lines) {
        if (line === 'ready') continue
        entries.push(acknowledged(line))
        if (++count === enough) child.kill('SIGKILL')
      }
      expect(child.signalCode ?? (await once(child, 'exit'))[1]).toBe('SIGKILL')
      await expectKept(entries)
    }
    expect(entries.length).toBeGreaterThan(8)
  })

  it('should be there when the disk is full, and nothing of what was refused; with room again it goes on', async () => {
    // What the shell limits is the size of a file; SQLite meets it as it would meet the end of the disk.
    const { child, lines } = startAppender({ file }, 'full', 'ulimit -f 500;')
    const said: string[] = []
    for await (const line of lines) said.push(line)
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0)
    expect(said.at(-1)).toBe('refused JOURNAL_UNAVAILABLE')
    const entries = said.slice(1, -1).map(acknowledged)
    expect(entries.length).toBeGreaterThan(10)
    await expectKept(entries)
    const journal = await openSqliteJournal({ file })
    const head = await journal.head()
    expect(head).toBe(2 * entries.length)
    const [appended] = await journal.append([sampleEntry('room again')])
    expect(appended?.changes[0]?.offset).toBe(head + 1)
    await journal.close()
  })
})
