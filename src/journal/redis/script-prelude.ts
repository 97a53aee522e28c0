import { createAuditRedisKeys, keepAuditRecordScript } from '../../redis/audit-records.ts'
import { createMasterCheckScript } from '../../redis/server-role.ts'

/** Returns the Redis keys of a workspace's journal. They share a hash tag, so that a Cluster stores them on one node. */
export function journalKeys(workspaceId: string) {
  const toKey = (name: string): string => `{latchkey:${workspaceId}}:${name}`
  return {
    /**
     * Hash with the fields epoch, head, floor, at (record time of the newest change), server (the one that appended last), lease_token,
     * touched and layout.
     */
    meta: toKey('journal'),
    /** Stream of the changes, each with the id `<offset>-0`. */
    changes: toKey('changes'),
    /** Sorted set of dedupe keys, by the time of their first use. */
    dedupeKeys: toKey('seen'),
    /** Hash of stored values. */
    values: toKey('kept'),
    /** Sorted set of the values' keys, by their expiry. */
    expiries: toKey('kept:ends'),
    /** Sorted set of the values' keys, in lexicographic order. */
    valueNames: toKey('kept:names'),
    /** Hash of leases, each as `<token> <expiry> <holder>`. */
    leases: toKey('leases'),
    /** List of signing keys, newest first, each as `<id> <secret>`. */
    signingKeys: toKey('signing'),
    /** Sorted set of term ids, by the offset of their first change. */
    terms: toKey('terms'),
    ...createAuditRedisKeys(workspaceId),
  } as const
}

/** Names the keys of `journalKeys`, in their order. */
export const keyNamesPrelude = `local meta, changes, dedupeKeys, values, expiries, valueNames, leases, signingKeys, terms, audit, auditRecords = unpack(KEYS)
`

/**
 * The beginning of every script but `open`: checks that this is still the journal that the process knows. Arguments 1 to 4 are its epoch, the
 * newest position that the process knows (`<offset> <term>`), a new epoch, and the time in ms, or an empty text for the server's clock.
 *
 * A term is a run of changes that one server appended as one master. Two histories with the same term at the same offset are equal up to
 * there, because no second server appends in a term. A Redis whose head is smaller than the known offset, or that has another term there,
 * has lost changes (by a failover or a restored backup). It gets the new epoch, so that all processes notice it before an offset is
 * assigned twice.
 */
export const sameJournalPrelude = `${keyNamesPrelude}${createMasterCheckScript('meta')}
if redis.call('HGET', meta, 'epoch') ~= ARGV[1] then return redis.error_reply('REPLACED this is another journal') end
local head = tonumber(redis.call('HGET', meta, 'head'))
local knownOffset, knownTerm = string.match(ARGV[2], '^(%d+) (.*)$')
local function termAt(offset)
  return redis.call('ZRANGE', terms, offset, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1] or ''
end
local function newerTerms()
  return redis.call('ZRANGE', terms, '(' .. knownOffset, '+inf', 'BYSCORE', 'WITHSCORES')
end
if head < tonumber(knownOffset) or termAt(knownOffset) ~= knownTerm then
  redis.call('HSET', meta, 'epoch', ARGV[3])
  return redis.error_reply('REPLACED this is another journal')
end
local now = tonumber(ARGV[4])
if now == nil then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local function toText(number) return string.format('%.0f', number) end
`

/** The beginning of a script that waits for replicas. It always writes, so that there is something to wait for. */
export const durablePrelude = `${sameJournalPrelude}${keepAuditRecordScript}
redis.call('HSET', meta, 'touched', ARGV[3])
`
