import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { AcsSystemId, AcsUserId } from '../model/ids.ts'
import { type KeyRecord, KeyStoreUnavailable } from './keys.ts'
import type { GraphName, Scope } from './viewer.ts'

const layout = `
  CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, hash BLOB NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, systems TEXT, resident TEXT,
    created_at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT, graph TEXT NOT NULL DEFAULT 'whole'
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS living_names ON keys (name) WHERE revoked_at IS NULL;
`

export type KeyRow = Record<string, unknown>

/** Opens the file, and lays it out if it's new. Several processes may do so at once. Throws `KeyStoreUnavailable`. */
export function openKeyDatabase(file: string): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    // SQLite would create the file readable by everybody.
    closeSync(openSync(file, 'a', 0o600))
    db = new DatabaseSync(file, { timeout: 5_000 })
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; ${layout}`)
    addGraph(db)
    return db
  } catch (error) {
    if (db?.isOpen) db.close()
    throw new KeyStoreUnavailable(
      `The key store ${file} can't be opened: ${(error as Error).message}. ` +
        'Check that this user may write there; a damaged one is best replaced by its backup, or moved away to make new keys.',
      { cause: error },
    )
  }
}

/** A file of before there was a choice of graphs: its keys are for the whole one. */
function addGraph(db: DatabaseSync): void {
  db.exec('BEGIN IMMEDIATE')
  const columns = db.prepare('PRAGMA table_info(keys)').all()
  if (!columns.some(({ name }) => name === 'graph'))
    db.exec("ALTER TABLE keys ADD COLUMN graph TEXT NOT NULL DEFAULT 'whole'")
  db.exec('COMMIT')
}

/** A key as the table has it. */
export function toRow(record: KeyRecord, hash: Buffer): (string | Buffer | null)[] {
  const { id, name, scopes, acsSystemIds, residentId, createdAt, expiresAt, graph } = record
  const systems = acsSystemIds?.join(' ') ?? null
  return [id, hash, name, scopes.join(' '), systems, residentId, createdAt, expiresAt, graph]
}

/** A row of the table, read. */
export function toRecord(row: KeyRow): KeyRecord {
  const words = (value: unknown): string[] => String(value).split(' ').filter(Boolean)
  return {
    id: row.id as string,
    name: row.name as string,
    scopes: words(row.scopes) as Scope[],
    acsSystemIds: row.systems === null ? null : (words(row.systems) as AcsSystemId[]),
    residentId: row.resident as AcsUserId | null,
    graph: row.graph as GraphName,
    createdAt: row.created_at as string,
    expiresAt: row.expires_at as string | null,
    revokedAt: row.revoked_at as string | null,
  }
}
