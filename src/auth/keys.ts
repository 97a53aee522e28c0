import { timingSafeEqual } from 'node:crypto'
import type { AcsSystemId, AcsUserId } from '../model/ids.ts'
import { type KeyRow, openKeyDatabase, toRecord, toRow } from './key-database.ts'
import { keyHash, keyIdIn, newKeyText } from './key-text.ts'
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

/** What a key is to allow. Leaving out `acsSystemIds` allows all systems; an empty list, none. */
export type NewKey = {
  /** 1 to 64 characters, without spaces around it; no other living key has it. */
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly acsSystemIds?: readonly AcsSystemId[]
  readonly residentId?: AcsUserId
  /** ISO 8601. */
  readonly expiresAt?: string
}

/** API keys, hashed at rest. Several processes may use one store at a time. */
export type KeyStore = {
  /**
   * `key` is the only time that the key itself is to be had. An expired key gives up its name. Throws `KeyNameTaken`, or `RangeError`
   * for a name or a time that is none.
   */
  create(key: NewKey): Promise<{ key: string; record: KeyRecord }>
  /** All keys that were not revoked, expired ones included, by name. */
  list(): Promise<readonly KeyRecord[]>
  /** False when there's no key of that name to revoke. */
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

/**
 * Opens the key store in a file of its own, so that the command line can write it while the gateway runs. Throws
 * `KeyStoreUnavailable`.
 */
export async function openKeyStore(options: { file: string; now?: () => Date }): Promise<KeyStore> {
  const now = options.now ?? (() => new Date())
  const db = openKeyDatabase(options.file)
  const sql = {
    insert: db.prepare('INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)'),
    list: db.prepare('SELECT * FROM keys WHERE revoked_at IS NULL ORDER BY name'),
    revoke: db.prepare('UPDATE keys SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL'),
    retire: db.prepare(
      'UPDATE keys SET revoked_at = expires_at WHERE name = ? AND revoked_at IS NULL AND expires_at <= ?',
    ),
    byId: db.prepare('SELECT * FROM keys WHERE id = ?'),
    version: db.prepare('PRAGMA data_version'),
  }
  // SQLite counts what others write; what this one writes, it counts itself.
  let ownWrites = 0
  let lastSeen = versionNow()

  function versionNow(): string {
    return `${sql.version.get()?.data_version}/${ownWrites}`
  }

  function living(row: KeyRow | undefined): KeyRecord | null {
    if (row === undefined) return null
    const record = toRecord(row)
    const isExpired = record.expiresAt !== null && Date.parse(record.expiresAt) <= now().getTime()
    return record.revokedAt === null && !isExpired ? record : null
  }

  return {
    async create(key) {
      const { id, text } = newKeyText()
      const record = recordOf(id, key, now())
      sql.retire.run(record.name, record.createdAt)
      ownWrites++
      try {
        sql.insert.run(...toRow(record, keyHash(text)))
      } catch (error) {
        if (!/UNIQUE.*name/.test((error as Error).message)) throw error
        throw new KeyNameTaken(
          `There is a key named ${record.name} already. Revoke it first, or choose another name.`,
        )
      }
      return { key: text, record }
    },
    list: async () => sql.list.all().map(toRecord),
    async revoke(name) {
      ownWrites++
      return sql.revoke.run(now().toISOString(), name.trim()).changes === 1
    },
    async find(key) {
      const id = keyIdIn(key)
      const row = id === null ? undefined : sql.byId.get(id)
      // An unknown id is compared with something all the same, so that it takes no less time.
      const expected = row === undefined ? keyHash('') : Buffer.from(row.hash as Uint8Array)
      return timingSafeEqual(keyHash(key), expected) ? living(row) : null
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

function recordOf(id: string, key: NewKey, createdAt: Date): KeyRecord {
  const name = key.name.trim()
  if (name === '' || name.length > 64) throw new RangeError("A key's name has 1 to 64 characters.")
  const expiresAtMs = key.expiresAt === undefined ? null : Date.parse(key.expiresAt)
  // A time that can't be read must not come to mean "never".
  if (Number.isNaN(expiresAtMs)) throw new RangeError("A key's end is a time, such as 2027-01-31T00:00:00Z.")
  return {
    id,
    name,
    scopes: key.scopes,
    acsSystemIds: key.acsSystemIds ?? null,
    residentId: key.residentId ?? null,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    revokedAt: null,
  }
}
