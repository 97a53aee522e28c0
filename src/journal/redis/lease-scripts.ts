import { durablePrelude, sameJournalPrelude } from './script-prelude.ts'

/** Lua: functions that read a lease, and check that a caller holds one. An empty name means that no lease is required. */
export const leaseFunctions = `
local function readLease(name)
  local token, expiresAt, holder = string.match(redis.call('HGET', leases, name) or '', '^(%d+) (%d+) (.*)$')
  return tonumber(token), tonumber(expiresAt), holder
end
local function holdsLease(name, holder, token)
  local current, _, currentHolder = readLease(name)
  return name == '' or (currentHolder == holder and current == tonumber(token))
end
`

export const leaseScripts = {
  /** Arguments: name, holder, ttl. Returns the token, or nothing while another holder has the lease. */
  acquireLease: `${durablePrelude}${leaseFunctions}
local token, expiresAt, holder = readLease(ARGV[5])
if holder ~= ARGV[6] then
  if token ~= nil and expiresAt > now then return false end
  token = math.max(tonumber(redis.call('HGET', meta, 'lease_token') or 0), token or 0) + 1
  redis.call('HSET', meta, 'lease_token', toText(token))
end
redis.call('HSET', leases, ARGV[5], toText(token) .. ' ' .. toText(now + tonumber(ARGV[7])) .. ' ' .. ARGV[6])
return token
`,
  /** Argument: name. Returns token and holder, or nothing. */
  getLease: `${sameJournalPrelude}${leaseFunctions}
local token, expiresAt, holder = readLease(ARGV[5])
if token == nil or expiresAt <= now then return false end
return {token, holder}
`,
  /** Arguments: name, holder, token. */
  releaseLease: `${sameJournalPrelude}${leaseFunctions}
if holdsLease(ARGV[5], ARGV[6], ARGV[7]) then redis.call('HDEL', leases, ARGV[5]) end
return 1
`,
} as const
