import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { AcsSystemId, AcsUserId } from '../model/ids.ts'
import type { Scope, Viewer } from './viewer.ts'

/** An API key as it's kept: its hash, and what it allows. */
export type KeyRecord = {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  /** `null` is all systems. */
  readonly acsSystemIds: readonly AcsSystemId[] | null
  readonly residentId: AcsUserId | null
  readonly createdAt: string
  /** ISO 8601; `null` is never. */
  readonly expiresAt: string | null
  readonly revokedAt: string | null
}

export type NewKey = {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly acsSystemIds?: readonly AcsSystemId[]
  readonly residentId?: AcsUserId
  readonly expiresAt?: string
}

/** API keys, hashed at rest. Several processes may use one store at a time. */
export type KeyStore = {
  /** `key` is the only time that the key itself is to be had. Throws `KeyNameTaken`, or `RangeError` for a name that is none. */
  create(key: NewKey): Promise<{ key: string; record: KeyRecord }>
  /** All keys that were not revoked, by name. */
  list(): Promise<readonly KeyRecord[]>
  /** False when no living key has that name. */
  revoke(name: string): Promise<boolean>
  /** The living key with this text; `null` for a wrong, revoked or expired one. */
  find(key: string): Promise<KeyRecord | null>
  /** The living key with this id. */
  byId(id: string): Promise<KeyRecord | null>
  /** Whether anybody, this process included, has written since this was last asked. */
  changed(): Promise<boolean>
  close(): Promise<void>
}

/** Another living key has this name. */
export class KeyNameTaken extends Error {
  override readonly name = 'KeyNameTaken'
  readonly code = 'KEY_NAME_TAKEN'
}

const layout = `
  CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, hash BLOB NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, systems TEXT, resident TEXT,
    created_at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS living_names ON keys (name) WHERE revoked_at IS NULL;
`
const shape = /^lk_([\w-]{11})_([\w-]{43})$/

/** Opens the key store in a file of its own, so that the command line can write it while the gateway runs. */
export async function openKeyStore(options: { file: string; now?: () => Date }): Promise<KeyStore> {
  const now = options.now ?? (() => new Date())
  mkdirSync(dirname(options.file), { recursive: true, mode: 0o700 })
  closeSync(openSync(options.file, 'a', 0o600))
  const db = new DatabaseSync(options.file)
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; ${layout}`)
  const sql = {
    insert: db.prepare('INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)'),
    list: db.prepare('SELECT * FROM keys WHERE revoked_at IS NULL ORDER BY name'),
    revoke: db.prepare('UPDATE keys SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL'),
    byId: db.prepare('SELECT * FROM keys WHERE id = ?'),
    version: db.prepare('PRAGMA data_version'),
  }
  let ownWrites = 0
  let lastSeen = versionNow()

  function versionNow(): string {
    return `${sql.version.get()?.data_version}/${ownWrites}`
  }

  function living(row: Record<string, unknown> | undefined): KeyRecord | null {
    if (row === undefined) return null
    const record = toRecord(row)
    const isExpired = record.expiresAt !== null && Date.parse(record.expiresAt) <= now().getTime()
    return record.revokedAt === null && !isExpired ? record : null
  }

  return {
    async create(key) {
      const name = key.name.trim()
      if (name === '' || name.length > 64) throw new RangeError("A key's name has 1 to 64 characters.")
      const id = randomBytes(8).toString('base64url')
      const text = `lk_${id}_${randomBytes(32).toString('base64url')}`
      const { acsSystemIds, residentId, expiresAt } = key
      try {
        sql.insert.run(
          id,
          hashOf(text),
          name,
          key.scopes.join(' '),
          acsSystemIds === undefined ? null : acsSystemIds.join(' '),
          residentId ?? null,
          now().toISOString(),
          expiresAt ?? null,
        )
      } catch (error) {
        if (!/UNIQUE/.test((error as Error).message)) throw error
        throw new KeyNameTaken(
          `There is a key named ${name} already. Revoke it first, or choose another name.`,
        )
      }
      ownWrites++
      return { key: text, record: toRecord(sql.byId.get(id) as Record<string, unknown>) }
    },
    list: async () => sql.list.all().map(toRecord),
    async revoke(name) {
      ownWrites++
      return sql.revoke.run(now().toISOString(), name.trim()).changes === 1
    },
    async find(key) {
      const id = shape.exec(key)?.[1]
      const row = id === undefined ? undefined : sql.byId.get(id)
      // An unknown id is compared with something all the same, so that it takes no less time.
      const expected = row === undefined ? hashOf('') : Buffer.from(row.hash as Uint8Array)
      return timingSafeEqual(hashOf(key), expected) ? living(row) : null
    },
    byId: async (id) => living(sql.byId.get(id)),
    async changed() {
      const version = versionNow()
      const isChanged = version !== lastSeen
      lastSeen = version
      return isChanged
    },
    async close() {
      if (db.isOpen) db.close()
    },
  }
}

/** The viewer that a key lets in. */
export function viewerOf(record: KeyRecord): Viewer {
  return {
    name: record.name,
    scopes: new Set(record.scopes),
    reach: {
      acsSystemIds: record.acsSystemIds === null ? null : new Set(record.acsSystemIds),
      residentId: record.residentId,
    },
    isDemo: false,
    expiresAt: record.expiresAt,
    keyId: record.id,
  }
}

/** The keys are 32 random bytes: there's nothing to guess, so a fast hash is enough. */
function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

function toRecord(row: Record<string, unknown>): KeyRecord {
  const words = (value: unknown): string[] => String(value).split(' ').filter(Boolean)
  return {
    id: row.id as string,
    name: row.name as string,
    scopes: words(row.scopes) as Scope[],
    acsSystemIds: row.systems === null ? null : (words(row.systems) as AcsSystemId[]),
    residentId: row.resident as AcsUserId | null,
    createdAt: row.created_at as string,
    expiresAt: row.expires_at as string | null,
    revokedAt: row.revoked_at as string | null,
  }
}
