import { DatabaseSync } from 'node:sqlite'
import type { AcsSystemId, AcsUserId } from '../../model/ids.ts'
import { createDatabaseFile, isEmptiedDatabase } from '../../storage/durable-files.ts'
import type { GraphName, Scope } from '../viewer.ts'
import { type ApiKeyRecord, ApiKeyStoreUnavailable } from './api-key-store.ts'

const schemaSql = `
  CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, hash BLOB NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, systems TEXT, resident TEXT,
    created_at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT, graph TEXT NOT NULL DEFAULT 'whole'
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS living_names ON keys (name) WHERE revoked_at IS NULL;
  CREATE TABLE IF NOT EXISTS audit (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL, content TEXT NOT NULL) STRICT;
`

export type ApiKeyRow = Record<string, unknown>

/** Opens the file, and creates its tables if it is new. Several processes can do so at once. Throws `ApiKeyStoreUnavailable`. */
export function openApiKeyDatabase(file: string): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    createDatabaseFile(file, (created) => created.exec(schemaSql))
    if (isEmptiedDatabase(file)) throw new Error('the file is empty')
    db = new DatabaseSync(file, { timeout: 5_000 })
    checkApiKeyDatabase(db)
    db.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA journal_size_limit = 1048576; ${schemaSql}`,
    )
    addGraphColumn(db)
    return db
  } catch (error) {
    if (db?.isOpen) db.close()
    throw new ApiKeyStoreUnavailable(
      `The key store ${file} can't be opened: ${(error as Error).message}. ` +
        'Check that this user may write there; move a damaged one away, and restore a backup or make new keys.',
      { cause: error },
    )
  }
}

const requiredColumns = [
  'id',
  'hash',
  'name',
  'scopes',
  'systems',
  'resident',
  'created_at',
  'expires_at',
  'revoked_at',
]

/** Throws for a damaged file, and for a database that is not an API key store, which must not be changed. */
function checkApiKeyDatabase(db: DatabaseSync): void {
  const { quick_check: health } = db.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
  if (health !== 'ok') throw new Error(`the database is damaged: ${health.replaceAll(/\s+/g, ' ')}`)
  const found = new Set(
    db
      .prepare('PRAGMA table_info(keys)')
      .all()
      .map(({ name }) => name),
  )
  if (requiredColumns.some((name) => !found.has(name))) throw new Error('it is a database without API keys')
}

/** Upgrades a file without a graph column: its API keys are for the whole graph. */
function addGraphColumn(db: DatabaseSync): void {
  db.exec('BEGIN IMMEDIATE')
  const columns = db.prepare('PRAGMA table_info(keys)').all()
  if (!columns.some(({ name }) => name === 'graph'))
    db.exec("ALTER TABLE keys ADD COLUMN graph TEXT NOT NULL DEFAULT 'whole'")
  db.exec('COMMIT')
}

/** Converts an API key to a row of the table. */
export function toApiKeyRow(record: ApiKeyRecord, hash: Buffer): (string | Buffer | null)[] {
  const { id, name, createdAt, graph } = record
  const [scopes, systems, resident, expiresAt] = toLimitColumns(record)
  return [id, hash, name, scopes, systems, resident, createdAt, expiresAt, graph]
}

/** Converts the permissions that can be narrowed to the columns `scopes`, `systems`, `resident` and `expires_at`. */
export function toLimitColumns({
  scopes,
  acsSystemIds,
  residentId,
  expiresAt,
}: ApiKeyRecord): [
  scopes: string,
  systems: string | null,
  resident: string | null,
  expiresAt: string | null,
] {
  return [scopes.join(' '), acsSystemIds?.join(' ') ?? null, residentId, expiresAt]
}

/** Converts a row of the table to an API key. */
export function toApiKeyRecord(row: ApiKeyRow): ApiKeyRecord {
  const splitWords = (value: unknown): string[] => String(value).split(' ').filter(Boolean)
  return {
    id: row.id as string,
    name: row.name as string,
    scopes: splitWords(row.scopes) as Scope[],
    acsSystemIds: row.systems === null ? null : (splitWords(row.systems) as AcsSystemId[]),
    residentId: row.resident as AcsUserId | null,
    graph: row.graph as GraphName,
    createdAt: row.created_at as string,
    expiresAt: row.expires_at as string | null,
    revokedAt: row.revoked_at as string | null,
  }
}
