import { randomUUID } from 'node:crypto'
import { ErrorReply } from 'redis'
import { createAuditRedisKeys, keepAuditRecordScript } from '../../redis/audit-records.ts'
import { createScript, openRedisConnection, RedisUnavailable } from '../../redis/redis-connection.ts'
import { createMasterCheckScript } from '../../redis/server-role.ts'
import { createApiKeyAudit, createApiKeyNarrowingAudit, readCommandLineActor } from './api-key-audit.ts'
import { generateApiKey, hashApiKey, parseApiKeyId } from './api-key-format.ts'
import {
  ApiKeyNameTaken,
  type ApiKeyRecord,
  type ApiKeyStore,
  ApiKeyStoreUnavailable,
  createApiKeyRecord,
  isActive,
  isMatchingApiKey,
} from './api-key-store.ts'
import { narrowApiKeyRecord } from './narrow-api-key.ts'

export type RedisApiKeyStoreOptions = {
  readonly url: string
  /** Workspace of the API keys; one Redis can serve several. */
  readonly workspaceId: string
  readonly now?: () => Date
  /** Interval at which changes by other processes are checked. */
  readonly pollMs?: number
}

/** An API key as stored in Redis: the hash as base64, and the record. */
type StoredApiKey = { readonly hash: string; readonly record: ApiKeyRecord }

/** All API keys at one time. */
type ApiKeySnapshot = {
  readonly version: string
  readonly keys: ReadonlyMap<string, StoredApiKey>
  readonly takenAt: number
}

/** How long known API keys are accepted while Redis is unavailable; no API key can be revoked during that time either. */
const maxStaleMs = 60_000

const auditPrelude = `
local audit, auditRecords = KEYS[4], KEYS[5]
${keepAuditRecordScript}
`

const scripts = {
  /**
   * Keys: records, names, version, and those of the audit trail. Arguments: ID, record, name, now (ms), a new version; ID, time and
   * content of an audit record. Returns 0 if a valid API key has the name.
   *
   * The version is random: two servers with separate writes, as in a failover, could count to the same number.
   */
  create: createScript(`${auditPrelude}
local holder = redis.call('HGET', KEYS[2], ARGV[3])
if holder then
  local stored = cjson.decode(redis.call('HGET', KEYS[1], holder))
  if not stored.endsAtMs or stored.endsAtMs > tonumber(ARGV[4]) then return 0 end
  redis.call('HDEL', KEYS[1], holder)
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[1])
redis.call('SET', KEYS[3], ARGV[5])
keepAuditRecord(ARGV[6], ARGV[7], ARGV[8])
return 1
`),
  /**
   * Arguments: ID, record, the version that the record was made from, a new version; an audit record as above. Returns 0 if another version is
   * current.
   */
  narrow: createScript(`${auditPrelude}
if (redis.call('GET', KEYS[3]) or '0') ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('SET', KEYS[3], ARGV[4])
keepAuditRecord(ARGV[5], ARGV[6], ARGV[7])
return 1
`),
  /** Arguments: name, a new version, ID of the API key; an audit record as above. Returns the number of revoked API keys. */
  revoke: createScript(`${auditPrelude}
local holder = redis.call('HGET', KEYS[2], ARGV[1])
if holder ~= ARGV[3] then return 0 end
redis.call('HDEL', KEYS[1], holder)
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('SET', KEYS[3], ARGV[2])
keepAuditRecord(ARGV[4], ARGV[5], ARGV[6])
return 1
`),
  /**
   * Argument: the known version. Returns nothing if that is the current version, otherwise the version and all records. A replica may
   * not have a revocation yet.
   */
  read: createScript(`${createMasterCheckScript('KEYS[1]')}
local version = redis.call('GET', KEYS[3]) or '0'
if version == ARGV[1] then return false end
return {version, redis.call('HVALS', KEYS[1])}
`),
} as const

/**
 * Opens a workspace's API keys in Redis, which all its gateways and the command line share. Each process has a copy that it refreshes
 * twice a second, so that authentication needs no call. Throws `ApiKeyStoreUnavailable`.
 */
export async function openRedisApiKeyStore(options: RedisApiKeyStoreOptions): Promise<ApiKeyStore> {
  const { url, workspaceId, now = () => new Date(), pollMs = 500 } = options
  const keyNames = ['keys', 'keys:names', 'keys:version'].map((name) => `{latchkey:${workspaceId}}:${name}`)
  const { audit, auditRecords } = createAuditRedisKeys(workspaceId)
  const redisKeys = [...keyNames, audit, auditRecords]
  const line = openRedisConnection(url, redisKeys[0])
  let snapshot: ApiKeySnapshot = { version: '', keys: new Map(), takenAt: Number.NEGATIVE_INFINITY }
  let refreshing: Promise<void> | null = null
  let reportedVersion = ''

  async function run(name: keyof typeof scripts, args: readonly string[]): Promise<unknown> {
    try {
      // A revoked API key must not become valid again after a failover.
      return await line.runScript(scripts[name], redisKeys, args, { isDurable: name !== 'read' })
    } catch (error) {
      if (!(error instanceof RedisUnavailable || error instanceof ErrorReply)) throw error
      throw new ApiKeyStoreUnavailable(`The keys can't be asked for. ${error.message}`, { cause: error })
    }
  }

  async function fetchSnapshot(): Promise<void> {
    const takenAt = performance.now()
    const update = (await run('read', [snapshot.version])) as [string, string[]] | null
    if (update === null) {
      snapshot = { ...snapshot, takenAt }
      return
    }
    const stored = update[1].map(parseStoredApiKey)
    snapshot = { version: update[0], keys: new Map(stored.map((each) => [each.record.id, each])), takenAt }
  }

  function refresh(): Promise<void> {
    refreshing ??= fetchSnapshot().finally(() => {
      refreshing = null
    })
    return refreshing
  }

  /** Refreshes the copy with what was written until now: a refresh that already runs may have started before. */
  async function refreshAnew(): Promise<void> {
    await refreshing?.catch(() => undefined)
    await refresh()
  }

  /** Finds an API key by its ID, and refreshes the copy if the ID is unknown. */
  async function findStored(id: string): Promise<StoredApiKey | undefined> {
    const isFresh = performance.now() - snapshot.takenAt <= maxStaleMs
    if (isFresh && snapshot.keys.has(id)) return snapshot.keys.get(id)
    await refreshAnew()
    return snapshot.keys.get(id)
  }

  try {
    await refresh()
  } catch (error) {
    line.close()
    throw error
  }
  reportedVersion = snapshot.version
  // Callers get the error if the refresh fails.
  const pollTimer = setInterval(() => refresh().catch(() => undefined), pollMs)
  pollTimer.unref()

  const toActiveRecord = (record: ApiKeyRecord | undefined): ApiKeyRecord | null =>
    record !== undefined && isActive(record, now()) ? record : null

  return {
    async create(key, by = readCommandLineActor()) {
      const { id, text } = generateApiKey()
      const record = createApiKeyRecord(id, key, now())
      const stored = serializeStoredApiKey({ hash: hashApiKey(text).toString('base64'), record })
      const row = createApiKeyAudit('create', record, by, now())
      const args = [id, stored, record.name, `${now().getTime()}`, randomUUID()]
      const createdCount = await run('create', [...args, row.id, row.at, row.content])
      if (createdCount === 0) throw new ApiKeyNameTaken(record.name)
      await refreshAnew()
      return { key: text, record }
    },
    async list() {
      await refresh()
      const records = [...snapshot.keys.values()].map(({ record }) => record)
      return records.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    },
    async narrow(id, limits, by = readCommandLineActor()) {
      for (;;) {
        await refreshAnew()
        const { version, keys } = snapshot
        const existing = keys.get(id)
        if (existing === undefined) return null
        const record = narrowApiKeyRecord(existing.record, limits, now())
        const row = createApiKeyNarrowingAudit(existing.record, record, by, now())
        const stored = serializeStoredApiKey({ ...existing, record })
        const args = [id, stored, version, randomUUID(), row.id, row.at, row.content]
        // Another process has written in the meantime: the limits are compared with the new state.
        if ((await run('narrow', args)) === 0) continue
        await refreshAnew()
        return record
      }
    },
    async revoke(name, by = readCommandLineActor()) {
      await refresh()
      const existing = [...snapshot.keys.values()].find(({ record }) => record.name === name.trim())
      if (existing === undefined) return false
      const row = createApiKeyAudit('revoke', existing.record, by, now())
      const count = await run('revoke', [
        ...[existing.record.name, randomUUID(), existing.record.id],
        ...[row.id, row.at, row.content],
      ])
      await refreshAnew()
      return count === 1
    },
    async findByKey(key) {
      const id = parseApiKeyId(key)
      const stored = id === null ? undefined : await findStored(id)
      const hash = stored === undefined ? null : Buffer.from(stored.hash, 'base64')
      return isMatchingApiKey(key, hash) ? toActiveRecord(stored?.record) : null
    },
    findById: async (id) => toActiveRecord((await findStored(id))?.record),
    // The records are in the audit trail itself.
    listAuditAfter: async () => [],
    async hasChanged() {
      await refresh()
      const isChanged = snapshot.version !== reportedVersion
      reportedVersion = snapshot.version
      return isChanged
    },
    async close() {
      clearInterval(pollTimer)
      line.close()
    },
  }
}

/** The script that creates API keys reads `endsAtMs`. */
function serializeStoredApiKey({ hash, record }: StoredApiKey): string {
  const { expiresAt } = record
  return JSON.stringify({ hash, record, ...(expiresAt !== null && { endsAtMs: Date.parse(expiresAt) }) })
}

/** API keys without a graph are for the whole graph. */
function parseStoredApiKey(text: string): StoredApiKey {
  const { hash, record } = JSON.parse(text) as StoredApiKey
  return { hash, record: { ...record, graph: record.graph ?? 'whole' } }
}
