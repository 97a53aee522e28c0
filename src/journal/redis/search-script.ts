import { sameJournalPrelude } from './script-prelude.ts'

/**
 * Arguments: after, up to, maximum number of matches, `count` or `first` or `last`, criteria as JSON without `null` values. Returns the
 * terms after the known position, the newest scanned offset and its term, how many changes were scanned, and either a count or the
 * rows. The content is matched as text. That is safe because a quote inside a value is escaped, so that no value looks like a field name.
 */
export const searchScript = `${sameJournalPrelude}
local criteria = cjson.decode(ARGV[9])
local function toSet(list)
  if list == nil then return nil end
  local set = {}
  for _, value in ipairs(list) do set[value] = true end
  return set
end
local subjects, kinds, origins = toSet(criteria.subjects), toSet(criteria.kinds), toSet(criteria.origins)
local visibleSystems, visibleEntrances = toSet(criteria.visibleSystemIds), toSet(criteria.visibleEntranceIds)
local visibleUser = criteria.visibleUserId
local function hasAny(list, set)
  for id in string.gmatch(list, '"([^"]+)"') do if set[id] then return true end end
  return false
end
local function isMet(content)
  local subject, kind, origin = string.match(content, '^{"subject":"(%u+)","kind":"(%u+)","origin":"(%u+)"')
  if subjects and not subjects[subject] then return false end
  if kinds and not kinds[kind] then return false end
  if origins and not origins[origin] then return false end
  if criteria.acsSystemId or visibleSystems or criteria.excludesAccounts then
    local system = string.match(content, '"acsSystemId":"([^"]+)"')
    local systems = system and ('"' .. system .. '"') or string.match(content, '"acsSystemIds":(%b[])')
    if criteria.excludesAccounts and subject == 'CONNECTION' and not system then return false end
    if criteria.acsSystemId and systems and not hasAny(systems, {[criteria.acsSystemId] = true}) then return false end
    if visibleSystems and not (systems and hasAny(systems, visibleSystems)) then return false end
  end
  if criteria.acsUserId or visibleUser then
    local user = string.match(content, '"acsUserId":"([^"]+)"')
    if criteria.acsUserId then
      local isOwner = user == criteria.acsUserId and (subject == 'CREDENTIAL' or subject == 'USER')
      if not isOwner and not (subject == 'CREDENTIAL' and not user) then return false end
    end
    if visibleUser and subject ~= 'ENTRANCE' and (subject == 'CONNECTION' or user ~= visibleUser) then
      return false
    end
  end
  if criteria.acsEntranceId or (visibleUser and subject == 'ENTRANCE') then
    local entrances = string.match(content, '"acsEntranceIds":(%b[])')
    if criteria.acsEntranceId then
      if subject ~= 'CREDENTIAL' and subject ~= 'ENTRANCE' then return false end
      if not entrances and subject == 'ENTRANCE' then return false end
      if entrances and not hasAny(entrances, {[criteria.acsEntranceId] = true}) then return false end
    end
    if visibleUser and subject == 'ENTRANCE' and not (entrances and hasAny(entrances, visibleEntrances)) then
      return false
    end
  end
  return true
end
local first, last, limit = '(' .. ARGV[5] .. '-0', ARGV[6] .. '-0', tonumber(ARGV[7])
local rows = ARGV[8] == 'last' and redis.call('XREVRANGE', changes, last, first)
  or redis.call('XRANGE', changes, first, last)
local found, count = {}, 0
for _, row in ipairs(rows) do
  if count == limit then break end
  if isMet(row[2][4]) then
    count = count + 1
    if ARGV[8] ~= 'count' then found[count] = row end
  end
end
local newestOffset = toText(math.min(tonumber(ARGV[6]), head))
return {newerTerms(), newestOffset, termAt(newestOffset), #rows, ARGV[8] == 'count' and count or found}
`
