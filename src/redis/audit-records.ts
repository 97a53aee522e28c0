/** Returns the Redis keys of a workspace's audit trail, which the scripts of the journal and of the API key store write. */
export function createAuditRedisKeys(workspaceId: string) {
  const prefixed = (name: string): string => `{latchkey:${workspaceId}}:${name}`
  return {
    /** Sorted set of `<time> <id>` per record, in lexicographic order, which is chronological. */
    audit: prefixed('audit'),
    /** Hash of records, by id. */
    auditRecords: prefixed('audit:records'),
  } as const
}

/** Lua: stores a record, unless its id is stored already or is missing. The locals `audit` and `auditRecords` must name the keys. */
export const keepAuditRecordScript = `
local function keepAuditRecord(id, at, content)
  if id and redis.call('HSETNX', auditRecords, id, content) == 1 then
    redis.call('ZADD', audit, 0, at .. ' ' .. id)
  end
end
`
