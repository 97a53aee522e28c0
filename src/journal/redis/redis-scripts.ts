import { createScript, type RedisScript } from '../../redis/redis-connection.ts'
import { appendScript } from './append-script.ts'
import { leaseScripts } from './lease-scripts.ts'
import { durablePrelude, keyNamesPrelude, sameJournalPrelude } from './script-prelude.ts'
import { searchScript } from './search-script.ts'
import { valueScripts } from './value-scripts.ts'

export const layoutVersion = '1'

const scriptTexts = {
  /** Arguments: a new epoch, a new signing key, the layout. Returns the epoch, the head, and the terms with their first offsets. */
  open: `${keyNamesPrelude}
local layout = redis.call('HGET', meta, 'layout')
if layout and tonumber(layout) > tonumber(ARGV[3]) then return redis.error_reply('NEWER ' .. layout) end
if not redis.call('HGET', meta, 'epoch') then
  redis.call('DEL', changes, dedupeKeys, leases, terms)
  redis.call('HSET', meta, 'epoch', ARGV[1], 'head', 0, 'floor', 0, 'at', 0, 'layout', ARGV[3])
end
if redis.call('LLEN', signingKeys) == 0 then redis.call('LPUSH', signingKeys, ARGV[2]) end
local fields = redis.call('HMGET', meta, 'epoch', 'head')
return {fields[1], fields[2], redis.call('ZRANGE', terms, 0, -1, 'WITHSCORES')}
`,
  append: appendScript,
  /** Arguments: after, limit. Returns the terms after the known position, the rows, and the term of the last row. */
  read: `${sameJournalPrelude}
local rows = redis.call('XRANGE', changes, '(' .. ARGV[5] .. '-0', '+', 'COUNT', ARGV[6])
local last = #rows > 0 and string.match(rows[#rows][1], '^%d+') or '0'
return {newerTerms(), rows, termAt(last)}
`,
  search: searchScript,
  /** Returns the terms after the known position, head, floor, and the head's term. */
  readBounds: `${sameJournalPrelude}
return {newerTerms(), toText(head), redis.call('HGET', meta, 'floor'), termAt(toText(head))}
`,
  /**
   * Arguments: an offset, its term. Returns 1 if the journal has that term at the offset, else 0. Being durable, it resolves once replicas
   * have everything that the journal had when it ran.
   */
  confirmOffset: `${durablePrelude}
local offset = tonumber(ARGV[5])
return offset <= head and termAt(ARGV[5]) == ARGV[6] and 1 or 0
`,
  /**
   * Resets the newest record time to the clock if a clock that ran far ahead wrote it. Does so only if the process's clock is trusted and agrees
   * with the server's. Arguments: the process's time (ms), 1 if it is trusted, how far ahead is too far (ms), the tolerance between clocks (ms).
   */
  resetRecordClock: `${sameJournalPrelude}
local isRight = ARGV[6] == '1' and math.abs(tonumber(ARGV[5]) - now) <= tonumber(ARGV[8])
if isRight and tonumber(redis.call('HGET', meta, 'at')) > now + tonumber(ARGV[7]) then
  redis.call('HSET', meta, 'at', toText(now))
end
return 0
`,
  /** Arguments: the process's time (ms), the age (ms), maximum number to keep, maximum number to delete. Returns how many changes it deleted. */
  trim: `${sameJournalPrelude}
local floor = tonumber(redis.call('HGET', meta, 'floor'))
local before = math.min(now, tonumber(ARGV[5])) - tonumber(ARGV[6])
local last = floor
for _, row in ipairs(redis.call('XRANGE', changes, '-', '+', 'COUNT', ARGV[8])) do
  local offset = tonumber(string.match(row[1], '^%d+'))
  if tonumber(row[2][2]) >= before and offset > head - tonumber(ARGV[7]) then break end
  last = offset
end
if last > floor then
  redis.call('XTRIM', changes, 'MINID', toText(last + 1) .. '-0')
  redis.call('HSET', meta, 'floor', toText(last))
end
return last - floor
`,
  /** Arguments: the process's time (ms), the age (ms), maximum number. Returns how many dedupe keys it deleted. */
  trimDedupeKeys: `${sameJournalPrelude}
local before = math.min(now, tonumber(ARGV[5])) - tonumber(ARGV[6])
local old = redis.call('ZRANGE', dedupeKeys, '-inf', '(' .. toText(before), 'BYSCORE', 'LIMIT', 0, ARGV[7])
if #old > 0 then redis.call('ZREM', dedupeKeys, unpack(old)) end
return #old
`,
  ...valueScripts,
  ...leaseScripts,
  /** Makes the new epoch of argument 3 the journal's. Argument: an audit record or nothing. */
  renewEpoch: `${durablePrelude}
keepAuditRecord(ARGV[5], ARGV[6], ARGV[7])
redis.call('HSET', meta, 'epoch', ARGV[3])
return 1
`,
} as const

export type ScriptName = keyof typeof scriptTexts

/** The scripts whose replies wait until replicas have their writes. */
export const durableScripts: ReadonlySet<ScriptName> = new Set(
  (Object.keys(scriptTexts) as ScriptName[]).filter((name) => scriptTexts[name].startsWith(durablePrelude)),
)

/** All scripts of the journal. Redis executes each one atomically. */
export const scripts = Object.fromEntries(
  Object.entries(scriptTexts).map(([name, text]) => [name, createScript(text)]),
) as Readonly<Record<ScriptName, RedisScript>>
