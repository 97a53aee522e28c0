import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { newEpoch, newSigningKey } from './identity.ts'
import { JournalUnavailable } from './journal.ts'

/** What each version of the layout adds to the one before it. A file is brought up to date when it's opened. */
const layouts = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE changes (offset INTEGER PRIMARY KEY, recorded_at TEXT NOT NULL, content TEXT NOT NULL) STRICT;
  CREATE INDEX changes_by_time ON changes (recorded_at);
  CREATE TABLE seen (key TEXT PRIMARY KEY, seen_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX seen_by_time ON seen (seen_at);
  CREATE TABLE kept (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE signing_keys (id TEXT PRIMARY KEY, secret BLOB NOT NULL, created_at INTEGER NOT NULL) STRICT;
  `,
  `
  CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, token INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;
  `,
]
const schemaVersion = layouts.length

/** WAL with `synchronous=FULL`: a commit is on disk when it returns, also after a power cut (`fullfsync` is macOS's word for it). */
const durability = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;'

/**
 * Opens a journal's file, and lays it out if it's new. Throws `JournalUnavailable` with what to do for a file that is damaged, no
 * journal, or of a newer Latchkey; such a file is left as it is.
 */
export function openDatabase(file: string): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    // SQLite would create the file readable by everybody.
    closeSync(openSync(file, 'a', 0o600))
    db = new DatabaseSync(file, { timeout: 5_000 })
    checkVersion(db, file)
    checkHealth(db, file)
    db.exec(durability)
    layOut(db)
    return db
  } catch (error) {
    if (db?.isOpen) db.close()
    throw error instanceof JournalUnavailable ? error : unopened(file, error as Error)
  }
}

const moveIt =
  'Move it away to begin a new one; subscribers are then told that the journal was replaced, and fetch anew.'

/** SQLite's codes for a damaged database and for a file that is none. */
const damaged = [11, 26]

function unopened(file: string, error: Error & { errcode?: number }): JournalUnavailable {
  const isDamaged = error.errcode !== undefined && damaged.includes(error.errcode & 0xff)
  const advice = isDamaged ? moveIt : 'Check that this user may write there, and that there is room.'
  return new JournalUnavailable(`The journal ${file} can't be opened: ${error.message}. ${advice}`, {
    cause: error,
  })
}

function checkVersion(db: DatabaseSync, file: string): void {
  const version = versionOf(db)
  if (version > schemaVersion) {
    throw new JournalUnavailable(
      `The journal ${file} was written by a newer Latchkey (layout ${version}, this one knows ${schemaVersion}). Start that one.`,
    )
  }
  if (version === 0 && db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined)
    throw new JournalUnavailable(`${file} is a database, but no journal. ${moveIt}`)
}

function checkHealth(db: DatabaseSync, file: string): void {
  const { quick_check: health } = db.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
  if (health !== 'ok') throw new JournalUnavailable(`The journal ${file} is damaged (${health}). ${moveIt}`)
}

function layOut(db: DatabaseSync): void {
  db.exec('BEGIN IMMEDIATE')
  // Looked at again under the lock: another process may have laid it out just now.
  const version = versionOf(db)
  for (const layout of layouts.slice(version)) db.exec(layout)
  if (version === 0) begin(db)
  if (version < schemaVersion) db.exec(`PRAGMA user_version = ${schemaVersion}`)
  db.exec('COMMIT')
}

function begin(db: DatabaseSync): void {
  db.prepare("INSERT INTO meta VALUES ('epoch', ?), ('floor', '0')").run(newEpoch())
  const { id, secret } = newSigningKey()
  db.prepare('INSERT INTO signing_keys VALUES (?, ?, ?)').run(id, secret, Date.now())
}

function versionOf(db: DatabaseSync): number {
  return (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
}
