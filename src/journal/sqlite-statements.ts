import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Every statement that the journal runs, prepared once. */
export type Statements = Readonly<Record<keyof typeof texts, StatementSync>>

const texts = {
  epoch: "SELECT value FROM meta WHERE key = 'epoch'",
  renew: "UPDATE meta SET value = ? WHERE key = 'epoch'",
  floor: "SELECT CAST(value AS INTEGER) AS floor FROM meta WHERE key = 'floor'",
  /** The floor counts where everything was trimmed: offsets are never given out again. */
  head: `SELECT max((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'floor'),
                    coalesce((SELECT max(offset) FROM changes), 0)) AS head`,
  insert: 'INSERT INTO changes VALUES (?, ?, ?)',
  isSeen: 'SELECT 1 FROM seen WHERE key = ?',
  see: 'INSERT INTO seen VALUES (?, ?) ON CONFLICT DO NOTHING',
  read: 'SELECT offset, recorded_at, content FROM changes WHERE offset > ? ORDER BY offset LIMIT ?',
  lastBefore: 'SELECT max(offset) AS last FROM changes WHERE recorded_at < ?',
  trim: 'DELETE FROM changes WHERE offset <= ?',
  setFloor: "UPDATE meta SET value = ? WHERE key = 'floor'",
  forgetSeen: 'DELETE FROM seen WHERE key IN (SELECT key FROM seen WHERE seen_at < ? LIMIT ?)',
  keep: 'INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  replace: 'INSERT OR REPLACE INTO kept VALUES (?, ?, ?)',
  recallAll:
    'SELECT key, value FROM kept WHERE key >= ? AND substr(key, 1, length(?)) = ? AND expires_at > ?',
  recall: 'SELECT value FROM kept WHERE key = ? AND expires_at > ?',
  expireOne: 'DELETE FROM kept WHERE key = ? AND expires_at <= ?',
  expire: 'DELETE FROM kept WHERE expires_at <= ?',
  forget: 'DELETE FROM kept WHERE key = ?',
  /** A holder that renews keeps its token; another one gets the next, also after the lease was given back. */
  lease: `INSERT INTO leases VALUES (?, ?, 1, ?) ON CONFLICT DO UPDATE SET
            token = token + (holder <> excluded.holder), holder = excluded.holder, expires_at = excluded.expires_at
          WHERE holder = excluded.holder OR expires_at <= ? RETURNING token`,
  endLeases: 'UPDATE leases SET expires_at = 0',
  holdsLease: 'SELECT 1 FROM leases WHERE name = ? AND holder = ? AND token = ?',
  release: "UPDATE leases SET expires_at = 0, holder = '' WHERE name = ? AND holder = ? AND token = ?",
  addSigningKey: 'INSERT INTO signing_keys VALUES (?, ?, ?)',
  dropSigningKeys:
    'DELETE FROM signing_keys WHERE id NOT IN (SELECT id FROM signing_keys ORDER BY rowid DESC LIMIT ?)',
  signingKeys: 'SELECT id, secret FROM signing_keys ORDER BY rowid DESC LIMIT ?',
} as const

export function prepareStatements(db: DatabaseSync): Statements {
  const prepared = Object.entries(texts).map(([name, text]) => [name, db.prepare(text)])
  return Object.fromEntries(prepared) as Statements
}
