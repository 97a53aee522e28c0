import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { JournalUnavailable } from './journal.ts'

const schemaVersion = 1

const layout = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE changes (offset INTEGER PRIMARY KEY, recorded_at TEXT NOT NULL, content TEXT NOT NULL) STRICT;
  CREATE INDEX changes_by_time ON changes (recorded_at);
  CREATE TABLE seen (key TEXT PRIMARY KEY, seen_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX seen_by_time ON seen (seen_at);
  CREATE TABLE kept (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE signing_keys (id TEXT PRIMARY KEY, secret BLOB NOT NULL, created_at INTEGER NOT NULL) STRICT;
`

/**
 * Opens a journal's file, and lays it out if it's new. WAL with `synchronous=FULL`: a commit is on disk when it returns, also after a
 * power cut. Throws `JournalUnavailable` with what to do; a damaged or newer file is never touched.
 */
export function openDatabase(file: string): DatabaseSync {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    // SQLite would create the file readable by everybody.
    closeSync(openSync(file, 'a', 0o600))
    const db = new DatabaseSync(file)
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;')
    checkHealth(db, file)
    layOut(db, file)
    return db
  } catch (error) {
    if (error instanceof JournalUnavailable) throw error
    throw new JournalUnavailable(`The journal ${file} could not be opened: ${(error as Error).message}.`)
  }
}

function checkHealth(db: DatabaseSync, file: string): void {
  const { quick_check: health } = db.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
  if (health === 'ok') return
  throw new JournalUnavailable(
    `The journal ${file} is damaged (${health}). Put a backup in its place, or move it away to begin a new one; ` +
      'clients are then told that the journal was replaced.',
  )
}

function layOut(db: DatabaseSync, file: string): void {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > schemaVersion) {
    throw new JournalUnavailable(
      `The journal ${file} was written by a newer Latchkey (layout ${version}, this one knows ${schemaVersion}). Start that one.`,
    )
  }
  if (version === schemaVersion) return
  db.exec('BEGIN IMMEDIATE')
  db.exec(layout)
  db.prepare('INSERT INTO meta VALUES (?, ?), (?, ?)').run(
    'epoch',
    randomBytes(9).toString('base64url'),
    'floor',
    '0',
  )
  db.prepare('INSERT INTO signing_keys VALUES (?, ?, ?)').run(
    randomBytes(3).toString('base64url'),
    randomBytes(32),
    Date.now(),
  )
  db.exec(`PRAGMA user_version = ${schemaVersion}`)
  db.exec('COMMIT')
}
