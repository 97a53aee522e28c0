import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

/** A prepared statement whose rows have a known type. The tables are STRICT, so SQLite guarantees the types of their columns. */
type Statement<Row> = Pick<StatementSync, 'run'> & {
  get(...parameters: SQLInputValue[]): Row | undefined
  all(...parameters: SQLInputValue[]): Row[]
}

type AuditTableRow = { readonly place: string; readonly id: string; readonly content: string }

/** The rows of the statements that return columns. */
type Rows = {
  readonly epoch: { readonly value: string }
  readonly floor: { readonly floor: number }
  readonly head: { readonly head: number }
  readonly readDedupeKeyTime: { readonly seen_at: string }
  readonly readChanges: { readonly offset: number; readonly recorded_at: string; readonly content: string }
  readonly readContents: { readonly content: string }
  readonly firstSince: { readonly first: number | null }
  readonly newestRecordTime: { readonly recorded_at: string }
  readonly storeTime: { readonly ms: number }
  readonly listValues: { readonly key: string; readonly value: string }
  readonly getValue: { readonly value: string }
  readonly renewLease: { readonly token: number }
  readonly nextLeaseToken: { readonly token: number }
  readonly insertLease: { readonly token: number }
  readonly getLease: { readonly holder: string; readonly token: number }
  readonly readAuditNewestFirst: AuditTableRow
  readonly readAuditOldestFirst: AuditTableRow
  readonly listSigningKeys: { readonly id: string; readonly secret: Uint8Array }
}

/** The journal's prepared statements, by name. */
export type Statements = {
  readonly [Name in keyof typeof statementTexts]: Statement<Name extends keyof Rows ? Rows[Name] : unknown>
}

/** Returns the row of a statement that always has one. */
export function requireRow<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('The statement returned no row.')
  return row
}

const statementTexts = {
  epoch: "SELECT value FROM meta WHERE key = 'epoch'",
  setEpoch: "UPDATE meta SET value = ? WHERE key = 'epoch'",
  floor: "SELECT CAST(value AS INTEGER) AS floor FROM meta WHERE key = 'floor'",
  /** The floor counts if all changes were trimmed: no offset is assigned twice. */
  head: `SELECT max((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'floor'),
                    coalesce((SELECT max(offset) FROM changes), 0)) AS head`,
  insertChange: 'INSERT INTO changes VALUES (?, ?, ?)',
  insertDedupeKey: 'INSERT INTO seen VALUES (?, ?) ON CONFLICT DO NOTHING',
  readDedupeKeyTime: 'SELECT seen_at FROM seen WHERE key = ?',
  raiseDedupeKeyTime:
    'INSERT INTO seen VALUES (?, ?) ON CONFLICT DO UPDATE SET seen_at = max(seen_at, excluded.seen_at)',
  deleteDedupeKey: 'DELETE FROM seen WHERE key = ?',
  readChanges: 'SELECT offset, recorded_at, content FROM changes WHERE offset > ? ORDER BY offset LIMIT ?',
  readContents: 'SELECT content FROM changes WHERE offset > ? AND offset <= ?',
  /** Among the oldest changes, the first that was recorded at or after a time. */
  firstSince:
    'SELECT min(offset) AS first FROM (SELECT offset, recorded_at FROM changes ORDER BY offset LIMIT ?) WHERE recorded_at >= ?',
  newestRecordTime: 'SELECT recorded_at FROM changes ORDER BY offset DESC LIMIT 1',
  trimChanges: 'DELETE FROM changes WHERE offset <= ?',
  setFloor: "UPDATE meta SET value = ? WHERE key = 'floor'",
  trimDedupeKeys: 'DELETE FROM seen WHERE key IN (SELECT key FROM seen WHERE seen_at < ? LIMIT ?)',
  initializeStoreTime: "INSERT OR IGNORE INTO meta VALUES ('store_time', ?)",
  storeTime: "SELECT CAST(value AS INTEGER) AS ms FROM meta WHERE key = 'store_time'",
  saveStoreTime:
    "UPDATE meta SET value = CAST(max(CAST(value AS INTEGER), ?) AS TEXT) WHERE key = 'store_time'",
  insertValue: 'INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  putValue: 'INSERT OR REPLACE INTO kept VALUES (?, ?, ?)',
  listValues:
    'SELECT key, value FROM kept WHERE key >= ? AND substr(key, 1, length(?)) = ? AND expires_at > ?',
  getValue: 'SELECT value FROM kept WHERE key = ? AND expires_at > ?',
  deleteExpiredValue: 'DELETE FROM kept WHERE key = ? AND expires_at <= ?',
  deleteExpiredValues: 'DELETE FROM kept WHERE expires_at <= ?',
  deleteValue: 'DELETE FROM kept WHERE key = ?',
  deleteValueIfEqual: 'DELETE FROM kept WHERE key = ? AND value = ?',
  /** The token stays the same. */
  renewLease: 'UPDATE leases SET expires_at = ? WHERE name = ? AND holder = ? RETURNING token',
  deleteExpiredLease: 'DELETE FROM leases WHERE name = ? AND expires_at <= ?',
  /** One counter for all leases, so that tokens keep growing after a lease's row was deleted. */
  nextLeaseToken:
    "UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'lease_token' RETURNING CAST(value AS INTEGER) AS token",
  insertLease: 'INSERT INTO leases VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING token',
  deleteExpiredLeases: 'DELETE FROM leases WHERE expires_at <= ?',
  getLease: 'SELECT holder, token FROM leases WHERE name = ? AND expires_at > ?',
  deleteLeases: 'DELETE FROM leases',
  findHeldLease: 'SELECT 1 FROM leases WHERE name = ? AND holder = ? AND token = ?',
  releaseLease: 'DELETE FROM leases WHERE name = ? AND holder = ? AND token = ?',
  insertAudit: 'INSERT INTO audit VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  readAuditNewestFirst:
    'SELECT place, id, content FROM audit WHERE place > ? AND place < ? ORDER BY place DESC LIMIT ?',
  readAuditOldestFirst:
    'SELECT place, id, content FROM audit WHERE place > ? AND place < ? ORDER BY place LIMIT ?',
  trimAudit: `DELETE FROM audit WHERE place IN (SELECT place FROM audit ORDER BY place LIMIT min(?1,
    max((SELECT count(*) FROM audit WHERE place < ?2), (SELECT count(*) FROM audit) - ?3, 0)))`,
  insertSigningKey: 'INSERT INTO signing_keys VALUES (?, ?, ?)',
  deleteOldSigningKeys:
    'DELETE FROM signing_keys WHERE id NOT IN (SELECT id FROM signing_keys ORDER BY rowid DESC LIMIT ?)',
  listSigningKeys: 'SELECT id, secret FROM signing_keys ORDER BY rowid DESC LIMIT ?',
} as const

export function prepareStatements(db: DatabaseSync): Statements {
  const prepared = Object.entries(statementTexts).map(([name, text]) => [name, db.prepare(text)])
  return Object.fromEntries(prepared) as Statements
}
