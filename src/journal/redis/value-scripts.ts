import { leaseFunctions } from './lease-scripts.ts'
import { durablePrelude, sameJournalPrelude } from './script-prelude.ts'

const valueFunctions = `
local function putValue(key, value, ttl)
  redis.call('HSET', values, key, value)
  redis.call('ZADD', expiries, toText(now + ttl), key)
  redis.call('ZADD', valueNames, 0, key)
end
local function hasValue(key)
  local expiresAt = redis.call('ZSCORE', expiries, key)
  return expiresAt and tonumber(expiresAt) > now
end
local function deleteValue(key)
  redis.call('HDEL', values, key)
  redis.call('ZREM', expiries, key)
  redis.call('ZREM', valueNames, key)
end
`

/** Scripts for stored values, the audit trail and signing keys. An audit record is given by its id, time and content. */
export const valueScripts = {
  /** Arguments: key, value, ttl; an audit record or nothing. Returns the stored value. */
  putValueIfAbsent: `${durablePrelude}${valueFunctions}
if hasValue(ARGV[5]) then return redis.call('HGET', values, ARGV[5]) end
putValue(ARGV[5], ARGV[6], tonumber(ARGV[7]))
keepAuditRecord(ARGV[8], ARGV[9], ARGV[10])
return ARGV[6]
`,
  /** Arguments: key, value, ttl; name (empty for no lease), holder and token of the lease; an audit record or nothing. */
  putValue: `${durablePrelude}${valueFunctions}${leaseFunctions}
if not holdsLease(ARGV[8], ARGV[9], ARGV[10]) then return redis.error_reply('LEASELOST another one holds it') end
putValue(ARGV[5], ARGV[6], tonumber(ARGV[7]))
keepAuditRecord(ARGV[11], ARGV[12], ARGV[13])
return 1
`,
  /** Argument: key. Returns the value, or nothing. */
  getValue: `${sameJournalPrelude}${valueFunctions}
return hasValue(ARGV[5]) and redis.call('HGET', values, ARGV[5])
`,
  /** Argument: prefix. Returns a flat list of keys and values. */
  listValues: `${sameJournalPrelude}${valueFunctions}
local reply = {}
for _, key in ipairs(redis.call('ZRANGE', valueNames, '[' .. ARGV[5], '[' .. ARGV[5] .. '\\255', 'BYLEX')) do
  if hasValue(key) then
    reply[#reply + 1] = key
    reply[#reply + 1] = redis.call('HGET', values, key)
  end
end
return reply
`,
  /** Arguments: key; `any`, or `only` if it must have the given value; the value; an audit record or nothing. */
  deleteValue: `${durablePrelude}${valueFunctions}
if ARGV[6] == 'any' or redis.call('HGET', values, ARGV[5]) == ARGV[7] then deleteValue(ARGV[5]) end
keepAuditRecord(ARGV[8], ARGV[9], ARGV[10])
return 1
`,
  /** Argument: maximum number. Deletes expired values, and expired leases with the last of them. Returns how many values it deleted. */
  deleteExpired: `${sameJournalPrelude}${valueFunctions}${leaseFunctions}
local expired = redis.call('ZRANGE', expiries, '-inf', toText(now), 'BYSCORE', 'LIMIT', 0, ARGV[5])
for _, key in ipairs(expired) do deleteValue(key) end
if #expired < tonumber(ARGV[5]) then
  for _, name in ipairs(redis.call('HKEYS', leases)) do
    local _, expiresAt = readLease(name)
    if expiresAt == nil or expiresAt <= now then redis.call('HDEL', leases, name) end
  end
end
return #expired
`,
  /** Arguments: any number of audit records. */
  appendAudit: `${durablePrelude}
for i = 5, #ARGV, 3 do keepAuditRecord(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
return 1
`,
  /** Arguments: both ends of a range as ZRANGE takes them; limit; `newest` for the newest first. Returns a flat list of sort keys and contents. */
  readAudit: `${sameJournalPrelude}
local sortKeys = ARGV[8] == 'newest'
  and redis.call('ZRANGE', audit, ARGV[6], ARGV[5], 'BYLEX', 'REV', 'LIMIT', 0, ARGV[7])
  or redis.call('ZRANGE', audit, ARGV[5], ARGV[6], 'BYLEX', 'LIMIT', 0, ARGV[7])
local reply = {}
for _, sortKey in ipairs(sortKeys) do
  reply[#reply + 1] = sortKey
  reply[#reply + 1] = redis.call('HGET', auditRecords, string.match(sortKey, ' (.*)$')) or ''
end
return reply
`,
  /** Arguments: a time, maximum number of records to keep, maximum number to delete. Returns how many records it deleted. */
  trimAudit: `${sameJournalPrelude}
local old = redis.call('ZLEXCOUNT', audit, '-', '(' .. ARGV[5])
local count = math.min(math.max(old, redis.call('ZCARD', audit) - ARGV[6], 0), tonumber(ARGV[7]))
if count == 0 then return 0 end
for _, sortKey in ipairs(redis.call('ZRANGE', audit, 0, count - 1)) do
  redis.call('HDEL', auditRecords, string.match(sortKey, ' (.*)$'))
  redis.call('ZREM', audit, sortKey)
end
return count
`,
  /** Argument: maximum number. Returns the newest signing keys. */
  listSigningKeys: `${sameJournalPrelude}
return redis.call('LRANGE', signingKeys, 0, ARGV[5] - 1)
`,
  /** Arguments: a new signing key, number of keys to keep; an audit record or nothing. */
  rotateSigningKey: `${durablePrelude}
redis.call('LPUSH', signingKeys, ARGV[5])
redis.call('LTRIM', signingKeys, 0, ARGV[6] - 1)
keepAuditRecord(ARGV[7], ARGV[8], ARGV[9])
return 1
`,
} as const
