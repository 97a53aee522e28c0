import { type KeyRow, openKeyDatabase, toRecord, toRow } from './key-database.ts'
import { keyHash, keyIdIn, newKeyText } from './key-text.ts'
import { isKey, isLiving, KeyNameTaken, type KeyRecord, type KeyStore, recordOf } from './keys.ts'

/**
 * Opens the keys in a file of their own, so that the command line can write it while the gateway runs. Throws
 * `KeyStoreUnavailable`.
 */
export async function openKeysInFile(options: { file: string; now?: () => Date }): Promise<KeyStore> {
  const now = options.now ?? (() => new Date())
  const db = openKeyDatabase(options.file)
  const sql = {
    insert: db.prepare('INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)'),
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
    const record = row === undefined ? null : toRecord(row)
    return record !== null && isLiving(record, now()) ? record : null
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
        throw new KeyNameTaken(record.name)
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
      return isKey(key, (row?.hash as Uint8Array | undefined) ?? null) ? living(row) : null
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
