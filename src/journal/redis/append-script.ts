import { maxConditionChanges } from '../journal.ts'
import { leaseFunctions } from './lease-scripts.ts'
import { durablePrelude } from './script-prelude.ts'

/** Reply of an append for a call whose lease is lost. */
export const leaseLostAnswer = -1
/** Reply of an append for an entry whose condition failed. */
export const overtakenAnswer = -2

/** Maximum number of stored terms. Each failover and each restart of Redis begins one. */
const maxTerms = 1_000

/**
 * Arguments: 1 for the first append of a connection, else 0; for each call name (empty for no lease), holder and token of its lease, and the
 * number of entries; for each entry JSON with the number of its dedupe keys and changes, its condition and its state, then the dedupe keys
 * and the changes. Returns the record time, the terms after the known position, then for each call either `leaseLostAnswer` or one reply per
 * entry: `overtakenAnswer`, 0 for a duplicate, else the offset of its first change.
 */
export const appendScript = `${durablePrelude}${leaseFunctions}
local idFields = {CREDENTIAL = {'acsCredentialId'}, USER = {'acsUserId'}, ENTRANCE = {'acsEntranceIds'},
  CONNECTION = {'acsSystemId', 'connectedAccountId', 'acsSystemIds'}}
local function readTouched(after, upTo)
  local count, touched = upTo - after, {}
  if count <= 0 then return touched end
  if count > ${maxConditionChanges} then return nil end
  local rows = redis.call('XRANGE', changes, '(' .. toText(after) .. '-0', toText(upTo) .. '-0')
  if #rows < count then return nil end
  for _, row in ipairs(rows) do
    local content = row[2][4]
    for _, field in ipairs(idFields[string.match(content, '^{"subject":"(%u+)"')]) do
      local name = '"' .. field .. '":'
      local value = string.match(content, name .. '("[^"]*")') or string.match(content, name .. '(%b[])') or ''
      for id in string.gmatch(value, '"([^"]+)"') do touched[id] = true end
    end
  end
  return touched
end
local function reportedAt(key) return tonumber(redis.call('ZSCORE', dedupeKeys, key) or -1) end
local function isReportedState(state)
  local knownAt = reportedAt(state.key)
  if state.isRead or knownAt < 0 then return false end
  if knownAt >= state.at then return true end
  for _, other in ipairs(state.others) do
    if reportedAt(other) >= knownAt then return false end
  end
  return state.isLasting
end
local function recordState(state)
  if state.isRead then return redis.call('ZADD', dedupeKeys, 'GT', toText(state.at), state.key) end
  for _, other in ipairs(state.others) do redis.call('ZREM', dedupeKeys, other) end
end
local recordedAt = math.max(now, tonumber(redis.call('HGET', meta, 'at')))
local reply, i, oldHead = {recordedAt, {}}, 6, head
local function nextArg() i = i + 1; return ARGV[i - 1] end
while i <= #ARGV do
  local isHeld = holdsLease(nextArg(), nextArg(), nextArg())
  if not isHeld then reply[#reply + 1] = ${leaseLostAnswer} end
  local headBefore, touchedAfter = head, {}
  for _ = 1, tonumber(nextArg()) do
    local entry = cjson.decode(nextArg())
    local onlyIf, state, isMet = entry.onlyIf, entry.state, true
    if isHeld and onlyIf then
      if touchedAfter[onlyIf.after] == nil then
        touchedAfter[onlyIf.after] = readTouched(onlyIf.after, headBefore) or 'unknown'
      end
      isMet = touchedAfter[onlyIf.after] ~= 'unknown'
      for _, id in ipairs(onlyIf.ids) do
        if isMet and touchedAfter[onlyIf.after][id] then isMet = false end
      end
    end
    local isAllowed = isHeld and isMet
    local isKnown = isAllowed and state ~= nil and isReportedState(state)
    for _ = 1, entry.keys do
      local key = nextArg()
      if isAllowed and redis.call('ZADD', dedupeKeys, 'NX', toText(recordedAt), key) == 0 then isKnown = true end
    end
    if isAllowed and not isKnown and state then recordState(state) end
    if isHeld then reply[#reply + 1] = not isMet and ${overtakenAnswer} or isKnown and 0 or head + 1 end
    for _ = 1, entry.changes do
      local content = nextArg()
      if isAllowed and not isKnown then
        head = head + 1
        redis.call('XADD', changes, toText(head) .. '-0', 'a', toText(recordedAt), 'c', content)
      end
    end
  end
end
if head > oldHead then
  local info = redis.pcall('INFO', 'server', 'replication')
  -- Without permission for INFO the server is unknown, and each connection may lead to another server.
  local isUnknown = type(info) == 'table'
  local server = isUnknown and 'unknown' or
    string.match(info, 'run_id:(%w+)') .. ':' .. string.match(info, 'master_replid:(%w+)')
  if redis.call('HGET', meta, 'server') ~= server or (isUnknown and ARGV[5] == '1') then
    redis.call('ZADD', terms, toText(oldHead + 1), string.sub(ARGV[3], 1, 8))
    redis.call('ZREMRANGEBYRANK', terms, 0, -${maxTerms + 1})
  end
  redis.call('HSET', meta, 'head', toText(head), 'at', toText(recordedAt), 'server', server)
end
reply[2] = newerTerms()
return reply
`
