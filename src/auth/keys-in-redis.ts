import { ErrorReply } from 'redis'
import { openRedisLine, RedisUnavailable, scriptOf } from '../redis.ts'
import { keyHash, keyIdIn, newKeyText } from './key-text.ts'
import {
  isKey,
  isLiving,
  KeyNameTaken,
  type KeyRecord,
  type KeyStore,
  KeyStoreUnavailable,
  recordOf,
} from './keys.ts'

export type KeysInRedisOptions = {
  readonly url: string
  /** Whose keys they are: a Redis may serve several workspaces. */
  readonly workspaceId: string
  readonly now?: () => Date
  /** How often it's looked whether anybody has written. */
  readonly pollMs?: number
}

/** A key as Redis keeps it: base64 of the hash, and the record. */
type Stored = { readonly hash: string; readonly record: KeyRecord }

/** All keys as they were at one time. */
type Copy = { readonly version: string; readonly keys: ReadonlyMap<string, Stored>; readonly takenAt: number }

/** How long known keys are let in while Redis can't be asked; nobody can revoke one meanwhile either. */
const staleAtMostMs = 60_000

const scripts = {
  /** Keys: records, names, version. Arguments: id, record, name, now (ms). Answers 0 where a living key has the name. */
  create: scriptOf(`
local holder = redis.call('HGET', KEYS[2], ARGV[3])
if holder then
  local stored = cjson.decode(redis.call('HGET', KEYS[1], holder))
  if not stored.endsAtMs or stored.endsAtMs > tonumber(ARGV[4]) then return 0 end
  redis.call('HDEL', KEYS[1], holder)
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[1])
redis.call('INCR', KEYS[3])
return 1
`),
  /** Argument: name. Answers how many keys were revoked. */
  revoke: scriptOf(`
local holder = redis.call('HGET', KEYS[2], ARGV[1])
if not holder then return 0 end
redis.call('HDEL', KEYS[1], holder)
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('INCR', KEYS[3])
return 1
`),
  /** Argument: the version that is known. Answers nothing when that is the current one, else the version and all records. */
  read: scriptOf(`
local version = redis.call('GET', KEYS[3]) or '0'
if version == ARGV[1] then return false end
return {version, redis.call('HVALS', KEYS[1])}
`),
} as const

/**
 * Opens a workspace's keys in a Redis, shared by all its gateways and the command line. Each process has a copy of them, looked after
 * twice a second, so that letting somebody in asks nobody. Throws `KeyStoreUnavailable`.
 */
export async function openKeysInRedis(options: KeysInRedisOptions): Promise<KeyStore> {
  const { url, workspaceId, now = () => new Date(), pollMs = 500 } = options
  const line = openRedisLine(url)
  const redisKeys = ['keys', 'keys:names', 'keys:version'].map((name) => `{latchkey:${workspaceId}}:${name}`)
  let copy: Copy = { version: '', keys: new Map(), takenAt: Number.NEGATIVE_INFINITY }
  let taking: Promise<void> | null = null
  let told = ''

  async function run(name: keyof typeof scripts, args: readonly string[]): Promise<unknown> {
    try {
      return await line.run(scripts[name], redisKeys, args)
    } catch (error) {
      if (!(error instanceof RedisUnavailable || error instanceof ErrorReply)) throw error
      throw new KeyStoreUnavailable(`The keys can't be asked for. ${error.message}`, { cause: error })
    }
  }

  async function takeCopy(): Promise<void> {
    const takenAt = performance.now()
    const news = (await run('read', [copy.version])) as [string, string[]] | null
    if (news === null) {
      copy = { ...copy, takenAt }
      return
    }
    const stored = news[1].map(readStored)
    copy = { version: news[0], keys: new Map(stored.map((each) => [each.record.id, each])), takenAt }
  }

  function refresh(): Promise<void> {
    taking ??= takeCopy().finally(() => {
      taking = null
    })
    return taking
  }

  /** The key with this id; one that isn't known yet is asked for. */
  async function storedOf(id: string): Promise<Stored | undefined> {
    const isFresh = performance.now() - copy.takenAt <= staleAtMostMs
    if (isFresh && copy.keys.has(id)) return copy.keys.get(id)
    // What is being read now may be from before the key was made.
    await taking?.catch(() => undefined)
    await refresh()
    return copy.keys.get(id)
  }

  try {
    await refresh()
  } catch (error) {
    line.close()
    throw error
  }
  told = copy.version
  // Whoever asks is told when it can't be read.
  const polling = setInterval(() => refresh().catch(() => undefined), pollMs)
  polling.unref()

  const living = (record: KeyRecord | undefined): KeyRecord | null =>
    record !== undefined && isLiving(record, now()) ? record : null

  return {
    async create(key) {
      const { id, text } = newKeyText()
      const record = recordOf(id, key, now())
      const endsAtMs = record.expiresAt === null ? null : Date.parse(record.expiresAt)
      const stored = {
        hash: keyHash(text).toString('base64'),
        record,
        ...(endsAtMs !== null && { endsAtMs }),
      }
      const isMade = await run('create', [id, JSON.stringify(stored), record.name, `${now().getTime()}`])
      if (isMade === 0) throw new KeyNameTaken(record.name)
      await refresh()
      return { key: text, record }
    },
    async list() {
      await refresh()
      const records = [...copy.keys.values()].map(({ record }) => record)
      return records.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    },
    async revoke(name) {
      const count = await run('revoke', [name.trim()])
      await refresh()
      return count === 1
    },
    async find(key) {
      const id = keyIdIn(key)
      const stored = id === null ? undefined : await storedOf(id)
      const hash = stored === undefined ? null : Buffer.from(stored.hash, 'base64')
      return isKey(key, hash) ? living(stored?.record) : null
    },
    byId: async (id) => living((await storedOf(id))?.record),
    async changed() {
      await refresh()
      const isChanged = copy.version !== told
      told = copy.version
      return isChanged
    },
    async close() {
      clearInterval(polling)
      line.close()
    },
  }
}

/** Keys that were made before there was a choice are for the whole graph. */
function readStored(text: string): Stored {
  const { hash, record } = JSON.parse(text) as Stored
  return { hash, record: { ...record, graph: record.graph ?? 'whole' } }
}
