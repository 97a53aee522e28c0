import { type Script, scriptOf } from '../redis.ts'

/** Redis' keys of a workspace's journal. They share a hash tag, so that a cluster keeps them on one node. */
export function keysOf(workspaceId: string) {
  const at = (name: string): string => `{latchkey:${workspaceId}}:${name}`
  return {
    /** Hash: epoch, head, floor, at (when the newest change was recorded), layout. */
    meta: at('journal'),
    /** Stream: the changes, each under the id `<offset>-0`. */
    changes: at('changes'),
    /** Sorted set: dedupe keys, by when they were seen. */
    seen: at('seen'),
    /** Hash: remembered values. */
    kept: at('kept'),
    /** Sorted set: their keys, by when they end. */
    ends: at('kept:ends'),
    /** Sorted set: their keys, in the order of the alphabet. */
    names: at('kept:names'),
    /** Hash: of each lease `<token> <ends at> <holder>`. */
    leases: at('leases'),
    /** List: signing keys, the newest first, each `<id> <secret>`. */
    signing: at('signing'),
  } as const
}

export const layoutVersion = '1'

const names = `local meta, changes, seen, kept, ends, names, leases, signing = unpack(KEYS)
`

/**
 * What begins every script but the first: is this still the journal that the process knows? Arguments 1 to 4 are its epoch, the newest
 * offset that the process has seen, a fresh epoch, and the time in ms, or nothing for the server's own.
 *
 * A Redis that went back behind what somebody has seen (a failover, a restored backup) has lost changes: it gets the fresh epoch, so
 * that everybody is told, instead of giving offsets out twice.
 */
const journalOnly = `${names}
if redis.call('HGET', meta, 'epoch') ~= ARGV[1] then return redis.error_reply('REPLACED this is another journal') end
local head = tonumber(redis.call('HGET', meta, 'head'))
if head < tonumber(ARGV[2]) then
  redis.call('HSET', meta, 'epoch', ARGV[3])
  return redis.error_reply('REPLACED this is another journal')
end
local now = tonumber(ARGV[4])
if now == nil then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local function number(n) return string.format('%.0f', n) end
local function leaseOf(name)
  local token, until_, holder = string.match(redis.call('HGET', leases, name) or '', '^(%d+) (%d+) (.*)$')
  return tonumber(token), tonumber(until_), holder
end
local function holds(name, holder, token)
  local current, _, currentHolder = leaseOf(name)
  return name == '' or (currentHolder == holder and current == tonumber(token))
end
local function keep(key, value, ttl)
  redis.call('HSET', kept, key, value)
  redis.call('ZADD', ends, number(now + ttl), key)
  redis.call('ZADD', names, 0, key)
end
local function isKept(key)
  local until_ = redis.call('ZSCORE', ends, key)
  return until_ and tonumber(until_) > now
end
local function drop(key)
  redis.call('HDEL', kept, key)
  redis.call('ZREM', ends, key)
  redis.call('ZREM', names, key)
end
`

const texts = {
  /** Arguments: a fresh epoch, a fresh signing key, the layout. Answers the epoch and the head. */
  open: `${names}
local layout = redis.call('HGET', meta, 'layout')
if layout and tonumber(layout) > tonumber(ARGV[3]) then return redis.error_reply('NEWER ' .. layout) end
if not redis.call('HGET', meta, 'epoch') then
  redis.call('DEL', changes, seen, leases)
  redis.call('HSET', meta, 'epoch', ARGV[1], 'head', 0, 'floor', 0, 'at', 0, 'layout', ARGV[3])
end
if redis.call('LLEN', signing) == 0 then redis.call('LPUSH', signing, ARGV[2]) end
return redis.call('HMGET', meta, 'epoch', 'head')
`,
  /**
   * Arguments: for each call the lease's name (nothing for none), holder and token, and how many entries; for each entry its keys and
   * its changes, both counted. Answers the time, then for each call either -1 (lease lost) or its entries: 0 for a duplicate, else one
   * more than the offset before its first change.
   */
  append: `${journalOnly}
local at = math.max(now, tonumber(redis.call('HGET', meta, 'at')))
local answer, i, before = {at}, 5, head
local function take() i = i + 1; return ARGV[i - 1] end
while i <= #ARGV do
  local isHeld = holds(take(), take(), take())
  if not isHeld then answer[#answer + 1] = -1 end
  for _ = 1, tonumber(take()) do
    local isKnown = false
    for _ = 1, tonumber(take()) do
      local isNew = not isHeld or redis.call('ZADD', seen, 'NX', number(at), take()) == 1
      if not isHeld then take() end
      isKnown = isKnown or not isNew
    end
    if isHeld then answer[#answer + 1] = isKnown and 0 or head + 1 end
    for _ = 1, tonumber(take()) do
      local content = take()
      if isHeld and not isKnown then
        head = head + 1
        redis.call('XADD', changes, number(head) .. '-0', 'a', number(at), 'c', content)
      end
    end
  end
end
if head > before then redis.call('HSET', meta, 'head', number(head), 'at', number(at)) end
return answer
`,
  /** Arguments: after, limit. */
  read: `${journalOnly}
return redis.call('XRANGE', changes, '(' .. ARGV[5] .. '-0', '+', 'COUNT', ARGV[6])
`,
  /** Answers head and floor. */
  ends: `${journalOnly}
return redis.call('HMGET', meta, 'head', 'floor')
`,
  /** Arguments: before (ms), how many to keep at most, how many to look at. Answers how many were forgotten. */
  trim: `${journalOnly}
local floor = tonumber(redis.call('HGET', meta, 'floor'))
local last = floor
for _, row in ipairs(redis.call('XRANGE', changes, '-', '+', 'COUNT', ARGV[7])) do
  local offset = tonumber(string.match(row[1], '^%d+'))
  if tonumber(row[2][2]) >= tonumber(ARGV[5]) and offset > head - tonumber(ARGV[6]) then break end
  last = offset
end
if last > floor then
  redis.call('XTRIM', changes, 'MINID', number(last + 1) .. '-0')
  redis.call('HSET', meta, 'floor', number(last))
end
return last - floor
`,
  /** Arguments: before (ms), how many. Answers how many dedupe keys were forgotten. */
  forgetSeen: `${journalOnly}
local old = redis.call('ZRANGE', seen, '-inf', '(' .. ARGV[5], 'BYSCORE', 'LIMIT', 0, ARGV[6])
if #old > 0 then redis.call('ZREM', seen, unpack(old)) end
return #old
`,
  /** Argument: how many. Answers how many values whose time is over were forgotten. */
  expire: `${journalOnly}
local over = redis.call('ZRANGE', ends, '-inf', number(now), 'BYSCORE', 'LIMIT', 0, ARGV[5])
for _, key in ipairs(over) do drop(key) end
return #over
`,
  /** Arguments: key, value, ttl. Answers the value that stands. */
  remember: `${journalOnly}
if isKept(ARGV[5]) then return redis.call('HGET', kept, ARGV[5]) end
keep(ARGV[5], ARGV[6], tonumber(ARGV[7]))
return ARGV[6]
`,
  /** Arguments: key, value, ttl; name (nothing for none), holder and token of the lease. */
  replace: `${journalOnly}
if not holds(ARGV[8], ARGV[9], ARGV[10]) then return redis.error_reply('LEASELOST another one holds it') end
keep(ARGV[5], ARGV[6], tonumber(ARGV[7]))
return 1
`,
  /** Argument: key. */
  recall: `${journalOnly}
return isKept(ARGV[5]) and redis.call('HGET', kept, ARGV[5])
`,
  /** Argument: prefix. Answers keys and values in turn. */
  recallAll: `${journalOnly}
local answer = {}
for _, key in ipairs(redis.call('ZRANGE', names, '[' .. ARGV[5], '[' .. ARGV[5] .. '\\255', 'BYLEX')) do
  if isKept(key) then
    answer[#answer + 1] = key
    answer[#answer + 1] = redis.call('HGET', kept, key)
  end
end
return answer
`,
  /** Argument: key. */
  forget: `${journalOnly}
drop(ARGV[5])
return 1
`,
  /** Arguments: name, holder, ttl. Answers the token, or nothing. */
  lease: `${journalOnly}
local token, until_, holder = leaseOf(ARGV[5])
if token == nil then token = 1
elseif holder ~= ARGV[6] then
  if until_ > now then return false end
  token = token + 1
end
redis.call('HSET', leases, ARGV[5], number(token) .. ' ' .. number(now + tonumber(ARGV[7])) .. ' ' .. ARGV[6])
return token
`,
  /** Arguments: name, holder, token. */
  release: `${journalOnly}
if holds(ARGV[5], ARGV[6], ARGV[7]) then redis.call('HSET', leases, ARGV[5], ARGV[7] .. ' 0 ') end
return 1
`,
  /** Argument: how many. */
  signingKeys: `${journalOnly}
return redis.call('LRANGE', signing, 0, ARGV[5] - 1)
`,
  /** Arguments: a fresh signing key, how many to keep. */
  rotateSigningKey: `${journalOnly}
redis.call('LPUSH', signing, ARGV[5])
redis.call('LTRIM', signing, 0, ARGV[6] - 1)
return 1
`,
  /** The fresh epoch is taken as it is. */
  renew: `${journalOnly}
redis.call('HSET', meta, 'epoch', ARGV[3])
return 1
`,
} as const

export type ScriptName = keyof typeof texts

/** Every script that the journal runs. Each is atomic: Redis does nothing else meanwhile. */
export const scripts = Object.fromEntries(
  Object.entries(texts).map(([name, text]) => [name, scriptOf(text)]),
) as Readonly<Record<ScriptName, Script>>
