import { DatabaseSync } from 'node:sqlite'
import { createDatabaseFile, isEmptiedDatabase } from '../../storage/durable-files.ts'
import { JournalUnavailable } from '../journal.ts'
import { generateEpoch, generateSigningKey } from '../journal-identity.ts'

/** The migrations, one for each layout version. Opening a file runs the missing ones. */
const migrations = [
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
  `
  INSERT OR IGNORE INTO meta VALUES ('lease_token', (SELECT coalesce(max(token), 0) FROM leases));
  `,
  // The columns are virtual: only the index stores their values.
  `
  ALTER TABLE changes ADD COLUMN subject TEXT AS (content ->> '$.subject');
  ALTER TABLE changes ADD COLUMN kind TEXT AS (content ->> '$.kind');
  ALTER TABLE changes ADD COLUMN origin TEXT AS (content ->> '$.origin');
  ALTER TABLE changes ADD COLUMN acs_system_id TEXT AS (content ->> '$.acsSystemId');
  ALTER TABLE changes ADD COLUMN acs_system_ids TEXT AS (content ->> '$.acsSystemIds');
  ALTER TABLE changes ADD COLUMN acs_user_id TEXT AS (content ->> '$.acsUserId');
  ALTER TABLE changes ADD COLUMN acs_entrance_ids TEXT AS (content ->> '$.acsEntranceIds');
  CREATE INDEX changes_by_criteria ON changes
    (offset, subject, kind, origin, acs_system_id, acs_system_ids, acs_user_id, acs_entrance_ids);
  `,
  // `place` is the sort key: time and id.
  `
  CREATE TABLE audit (place TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, content TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
]
const schemaVersion = migrations.length

/**
 * WAL with `synchronous=FULL`: a commit is on disk when it returns and survives a power failure (macOS needs `fullfsync` for that). A
 * checkpoint runs when the log has 16 MB, to which it is then truncated. The cache of 16 MB holds the pages of the dedupe keys, whose order
 * is random.
 */
const connectionPragmas =
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA journal_size_limit = 16777216; PRAGMA wal_autocheckpoint = 4096; PRAGMA cache_size = -16384;'

/**
 * Opens a journal's file, and creates it if it is missing. Throws `JournalUnavailable`, whose message says what to do, for a file that is
 * damaged, is not a journal, or was written by a newer Latchkey. Such a file is not changed.
 */
export function openDatabase(file: string): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    createDatabaseFile(file, migrate)
    if (isEmptiedDatabase(file))
      throw new JournalUnavailable(`The journal ${file} is empty. ${replaceAdvice}`)
    db = new DatabaseSync(file, { timeout: 5_000 })
    checkVersion(db, file)
    checkHealth(db, file)
    db.exec(connectionPragmas)
    migrate(db)
    return db
  } catch (error) {
    if (db?.isOpen) db.close()
    throw error instanceof JournalUnavailable ? error : toOpenError(file, error as Error)
  }
}

const replaceAdvice =
  'Move it away, then restore a backup or start with a new journal: subscribers then get the gap JOURNAL_REPLACED and fetch everything again.'

/** SQLite's error codes for a damaged database and for a file that is not a database. */
const damageCodes = [11, 26]

function toOpenError(file: string, error: Error & { errcode?: number }): JournalUnavailable {
  const isDamaged = error.errcode !== undefined && damageCodes.includes(error.errcode & 0xff)
  const advice = isDamaged
    ? replaceAdvice
    : 'Check that this user may write there, and that the disk is not full.'
  return new JournalUnavailable(`The journal ${file} can't be opened: ${error.message}. ${advice}`, {
    cause: error,
  })
}

function checkVersion(db: DatabaseSync, file: string): void {
  const version = readSchemaVersion(db)
  if (version > schemaVersion) {
    throw new JournalUnavailable(
      `A newer Latchkey wrote the journal ${file} (layout ${version}; this version supports ${schemaVersion}). Start that version.`,
    )
  }
  if (version === 0 && db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined)
    throw new JournalUnavailable(`${file} is a database, but not a journal. ${replaceAdvice}`)
}

function checkHealth(db: DatabaseSync, file: string): void {
  const { quick_check: health } = db.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
  if (health !== 'ok')
    throw new JournalUnavailable(
      `The journal ${file} is damaged (${health.replaceAll(/\s+/g, ' ')}). ${replaceAdvice}`,
    )
}

function migrate(db: DatabaseSync): void {
  db.exec('BEGIN IMMEDIATE')
  // Read under the lock, since another process may have migrated the file meanwhile.
  const version = readSchemaVersion(db)
  for (const migration of migrations.slice(version)) db.exec(migration)
  if (version === 0) initialize(db)
  if (version < schemaVersion) db.exec(`PRAGMA user_version = ${schemaVersion}`)
  db.exec('COMMIT')
}

function initialize(db: DatabaseSync): void {
  db.prepare("INSERT INTO meta VALUES ('epoch', ?), ('floor', '0')").run(generateEpoch())
  const { id, secret } = generateSigningKey()
  db.prepare('INSERT INTO signing_keys VALUES (?, ?, ?)').run(id, secret, Date.now())
}

function readSchemaVersion(db: DatabaseSync): number {
  return (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
}
