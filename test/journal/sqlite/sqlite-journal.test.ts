import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqliteJournal } from '../../../src/journal/sqlite/sqlite-journal.ts'
import type { NewChange } from '../../../src/model/change.ts'
import { allChanges } from '../../../src/model/change-filter.ts'
import { describeJournal } from '../conformance-suite.ts'
import { sampleChange, sampleEntry } from '../sample-changes.ts'
import { type Acknowledged, acknowledged, expectKeptIn, startAppender } from '../start-appender.ts'

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
  it('should commit all appends of one turn of the event loop together', async () => {
    let commits = 0
    const journal = await openSqliteJournal({ file, now: () => new Date(++commits) })
    commits = 0
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => journal.append([sampleEntry(`${n}`)])))
    expect(commits).toBe(1)
    expect(await journal.readHead()).toBe(1_000)
    await journal.close()
  })

  it('should reject an entry that cannot be serialized for its own caller only', async () => {
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

  it('should store nothing of a group in which one write fails, reject all its appends, and continue', async () => {
    const journal = await openSqliteJournal({ file })
    const db = new DatabaseSync(file)
    db.exec(`CREATE TRIGGER refuse BEFORE INSERT ON changes WHEN new.content LIKE '%odd%'
             BEGIN SELECT RAISE(ABORT, 'simulated disk error'); END`)
    db.close()
    const group = await Promise.allSettled(['a', 'odd', 'b'].map((id) => journal.append([sampleEntry(id)])))
    for (const result of group)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'JOURNAL_UNAVAILABLE' } })
    expect(await journal.readHead()).toBe(0)
    const [again] = await journal.append([sampleEntry('a')])
    expect(again).toMatchObject({ isDuplicate: false, changes: [{ offset: 1 }] })
    await journal.close()
  })

  it('should be readable by its owner only: the file 0600, the folder 0700', async () => {
    const nested = join(folder, 'data')
    const journal = await openSqliteJournal({ file: join(nested, 'journal.db') })
    await journal.append([sampleEntry('a')])
    expect((await stat(nested)).mode & 0o777).toBe(0o700)
    for (const name of await readdir(nested))
      expect((await stat(join(nested, name))).mode & 0o777).toBe(0o600)
    await journal.close()
  })

  it('should store no PIN in any of its files, even if a change has one', async () => {
    const journal = await openSqliteJournal({ file })
    await journal.append([
      { dedupeKeys: ['a'], changes: [{ ...sampleChange('a'), code: '8675309' } as NewChange] },
    ])
    for (const name of await readdir(folder))
      expect((await readFile(join(folder, name))).includes('8675309')).toBe(false)
    await journal.close()
  })

  it('should assign no offset twice while another journal has the file open', async () => {
    const journal = await openSqliteJournal({ file })
    const other = await openSqliteJournal({ file })
    await journal.append([sampleEntry('a')])
    await other.append([sampleEntry('b'), sampleEntry('a')])
    await journal.append([sampleEntry('c')])
    expect((await other.read(0, 10)).map(({ seamEventId }) => seamEventId)).toEqual(['a', 'b', 'c'])
    await Promise.all([journal.close(), other.close()])
  })

  it('should migrate a file of the first layout, with all its changes', async () => {
    const journal = await openSqliteJournal({ file })
    await journal.append([sampleEntry('a')])
    await journal.close()
    const db = new DatabaseSync(file)
    db.exec('DROP TABLE leases; DROP TABLE audit; DROP INDEX changes_by_criteria')
    const columns = db.prepare("SELECT name FROM pragma_table_xinfo('changes') WHERE hidden <> 0").all()
    for (const { name } of columns) db.exec(`ALTER TABLE changes DROP COLUMN ${name}`)
    db.exec('PRAGMA user_version = 1')
    db.close()
    const later = await openSqliteJournal({ file })
    expect(later.epoch).toBe(journal.epoch)
    expect(await later.readHead()).toBe(1)
    const visibility = { acsSystemIds: null, acsUser: null, includesAccounts: true }
    const criteria = { filter: { ...allChanges, subjects: ['CREDENTIAL'] as const }, visibility }
    expect(await later.count(criteria, { after: 0, upTo: 1 })).toBe(1)
    expect(await later.acquireLease('work', 'one', 1_000)).not.toBeNull()
    await later.close()
  })
})

describe('a file that is not a usable journal', () => {
  /** Returns the error of opening the file, and expects the file to be unchanged. */
  async function readOpenError(): Promise<string> {
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

  async function createJournalFile(count: number): Promise<void> {
    const journal = await openSqliteJournal({ file })
    await journal.append(Array.from({ length: count }, (_, n) => sampleEntry(`${n}`)))
    await journal.close()
  }

  it('should be rejected with advice, and not changed: not a database', async () => {
    await writeFile(file, 'A text that is long enough to be taken for a database. '.repeat(100))
    expect(await readOpenError()).toMatch(/not a database.*Move it away/)
  })

  it('should be rejected with advice, and not changed: empty', async () => {
    await writeFile(file, '')
    expect(await readOpenError()).toMatch(/is empty\. Move it away/)
  })

  it('should never be half created, however many processes create it at the same time', async () => {
    const journals = await Promise.all([1, 2, 3].map(() => openSqliteJournal({ file })))
    expect(new Set(journals.map(({ epoch }) => epoch)).size).toBe(1)
    for (const journal of journals) await journal.close()
    expect(await readdir(folder)).toEqual(['journal.db'])
  })

  it('should be rejected with advice, and not changed: damaged', async () => {
    await createJournalFile(2_000)
    const bytes = await readFile(file)
    bytes.fill(0xa5, 3 * 4096, bytes.length - 4096)
    await writeFile(file, bytes)
    expect(await readOpenError()).toMatch(/damaged|malformed/)
    expect(await readOpenError()).toContain('Move it away')
  })

  it('should be rejected with advice, and not changed: truncated', async () => {
    await createJournalFile(2_000)
    await writeFile(file, (await readFile(file)).subarray(0, 5 * 4096))
    expect(await readOpenError()).toContain('Move it away')
  })

  it('should be rejected with advice, and not changed: written by a newer Latchkey', async () => {
    await createJournalFile(1)
    const db = new DatabaseSync(file)
    db.exec('PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)')
    db.close()
    expect(await readOpenError()).toMatch(/newer Latchkey .*\(layout 99; this version supports 5\)/)
  })

  it('should be rejected with advice, and not changed: a database of another program', async () => {
    const db = new DatabaseSync(file)
    db.exec('CREATE TABLE invoices (id INTEGER)')
    db.close()
    expect(await readOpenError()).toContain('not a journal')
  })

  it('should be rejected: a folder, and a path inside a file', async () => {
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

describe('acknowledged entries', () => {
  it('should be stored exactly once, complete and in order, though the process is killed repeatedly', async () => {
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

  it('should survive a full disk, unlike rejected ones; appends continue when there is space again', async () => {
    // The shell limits the size of files, which SQLite treats like a full disk.
    const appender = startAppender({ file }, 'full', 'ulimit -f 500;')
    const lines: string[] = []
    for await (const line of appender.lines) lines.push(line)
    expect(appender.child.exitCode ?? (await once(appender.child, 'exit'))[0]).toBe(0)
    expect(lines.at(-1)).toBe('refused JOURNAL_UNAVAILABLE')
    const entries = lines.slice(1, -1).map(acknowledged)
    expect(entries.length).toBeGreaterThan(10)
    await expectKept(entries)
    const journal = await openSqliteJournal({ file })
    const head = await journal.readHead()
    expect(head).toBe(2 * entries.length)
    const [appended] = await journal.append([sampleEntry('room again')])
    expect(appended?.changes[0]?.offset).toBe(head + 1)
    await journal.close()
  })
})
