import type { AuditRow } from '../../model/audit.ts'
import { evictOldest } from '../../model/evict-oldest.ts'
import { runInTransaction } from '../../storage/sqlite-transaction.ts'
import { createApiKeyAudit, createApiKeyNarrowingAudit, readCommandLineActor } from './api-key-audit.ts'
import { openApiKeyDatabase, toApiKeyRecord, toApiKeyRow, toLimitColumns } from './api-key-database.ts'
import { generateApiKey, hashApiKey, parseApiKeyId } from './api-key-format.ts'
import {
  ApiKeyNameTaken,
  type ApiKeyRecord,
  type ApiKeyStore,
  createApiKeyRecord,
  isActive,
  isMatchingApiKey,
} from './api-key-store.ts'
import { narrowApiKeyRecord } from './narrow-api-key.ts'

/** Maximum number of audit records beside the API keys; the gateway has copied older ones. */
const maxAuditRows = 10_000
/** Maximum number of API keys in memory. */
const maxStoredKeys = 1_000

type StoredApiKey = { readonly record: ApiKeyRecord; readonly hash: Uint8Array }

/**
 * Opens API keys in a separate SQLite file, so that the command line can write it while the gateway runs. Throws
 * `ApiKeyStoreUnavailable`.
 */
export async function openFileApiKeyStore(options: { file: string; now?: () => Date }): Promise<ApiKeyStore> {
  const now = options.now ?? (() => new Date())
  const db = openApiKeyDatabase(options.file)
  const sql = {
    insert: db.prepare('INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)'),
    list: db.prepare('SELECT * FROM keys WHERE revoked_at IS NULL ORDER BY name'),
    narrow: db.prepare('UPDATE keys SET scopes = ?, systems = ?, resident = ?, expires_at = ? WHERE id = ?'),
    revoke: db.prepare('UPDATE keys SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL'),
    retire: db.prepare(
      'UPDATE keys SET revoked_at = expires_at WHERE name = ? AND revoked_at IS NULL AND expires_at <= ?',
    ),
    living: db.prepare('SELECT * FROM keys WHERE name = ? AND revoked_at IS NULL'),
    addAudit: db.prepare('INSERT INTO audit (id, at, content) VALUES (?, ?, ?)'),
    trimAudit: db.prepare('DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?'),
    auditAfter: db.prepare(
      'SELECT id, at, content FROM audit WHERE number > coalesce((SELECT number FROM audit WHERE id = ?), 0) ORDER BY number',
    ),
    byId: db.prepare('SELECT * FROM keys WHERE id = ?'),
    version: db.prepare('PRAGMA data_version'),
  }
  // SQLite counts the writes of other connections; this connection counts its own.
  let ownWriteCount = 0
  let lastVersion = readVersion()

  function readVersion(): string {
    return `${sql.version.get()?.data_version}/${ownWriteCount}`
  }

  /** The API keys that were read since the last change of the file, since most requests are sent with a few API keys. */
  const storedKeys = new Map<string, StoredApiKey>()
  let storedVersion = lastVersion

  function findStoredKey(id: string): StoredApiKey | null {
    const version = readVersion()
    if (version !== storedVersion) storedKeys.clear()
    storedVersion = version
    const known = storedKeys.get(id)
    if (known !== undefined) return known
    const row = sql.byId.get(id)
    if (row === undefined) return null
    const storedKey = { record: toApiKeyRecord(row), hash: row.hash as Uint8Array }
    storedKeys.set(id, storedKey)
    evictOldest(storedKeys, maxStoredKeys)
    return storedKey
  }

  const toActiveRecord = (storedKey: StoredApiKey | null): ApiKeyRecord | null =>
    storedKey !== null && isActive(storedKey.record, now()) ? storedKey.record : null

  function insertAudit(row: AuditRow): void {
    sql.addAudit.run(row.id, row.at, row.content)
    sql.trimAudit.run(maxAuditRows)
  }

  function transaction<T>(work: () => T): T {
    ownWriteCount++
    return runInTransaction(db, work)
  }

  return {
    async create(key, by = readCommandLineActor()) {
      const { id, text } = generateApiKey()
      const record = createApiKeyRecord(id, key, now())
      transaction(() => {
        sql.retire.run(record.name, record.createdAt)
        if (sql.living.get(record.name) !== undefined) throw new ApiKeyNameTaken(record.name)
        sql.insert.run(...toApiKeyRow(record, hashApiKey(text)))
        insertAudit(createApiKeyAudit('create', record, by, now()))
      })
      return { key: text, record }
    },
    list: async () => sql.list.all().map(toApiKeyRecord),
    async narrow(id, limits, by = readCommandLineActor()) {
      return transaction(() => {
        const row = sql.byId.get(id)
        if (row === undefined || row.revoked_at !== null) return null
        const before = toApiKeyRecord(row)
        const after = narrowApiKeyRecord(before, limits, now())
        sql.narrow.run(...toLimitColumns(after), id)
        insertAudit(createApiKeyNarrowingAudit(before, after, by, now()))
        return after
      })
    },
    async revoke(name, by = readCommandLineActor()) {
      return transaction(() => {
        const row = sql.living.get(name.trim())
        if (row === undefined) return false
        sql.revoke.run(now().toISOString(), name.trim())
        insertAudit(createApiKeyAudit('revoke', toApiKeyRecord(row), by, now()))
        return true
      })
    },
    async findByKey(key) {
      const id = parseApiKeyId(key)
      const storedKey = id === null ? null : findStoredKey(id)
      return isMatchingApiKey(key, storedKey?.hash ?? null) ? toActiveRecord(storedKey) : null
    },
    findById: async (id) => toActiveRecord(findStoredKey(id)),
    listAuditAfter: async (id) => sql.auditAfter.all(id) as AuditRow[],
    async hasChanged() {
      const version = readVersion()
      const isChanged = version !== lastVersion
      lastVersion = version
      return isChanged
    },
    async close() {
      if (db.isOpen) db.close()
    },
  }
}
