import { ErrorReply } from 'redis'
import type { RedisClient } from './master-connection.ts'

/**
 * Returns Lua that replies with `READONLY` if the server is not a master. If the user has no permission for INFO (category `dangerous`), it
 * tries a write without effect, which a replica rejects. `hash` is a Lua expression for the key of a hash.
 */
export function createMasterCheckScript(hash: string): string {
  return `
local info = redis.pcall('INFO', 'replication')
local isReplica
if type(info) == 'table' then
  local written = redis.pcall('HDEL', ${hash}, '')
  isReplica = type(written) == 'table' and string.find(written.err, 'READONLY', 1, true)
else
  isReplica = not string.find(info, 'role:master', 1, true)
end
if isReplica then return redis.error_reply('READONLY this Redis is a replica') end
`
}

/** Returns a section of INFO, or `null` if the user has no permission for it, or the server has no such command. */
export async function readInfo(client: RedisClient, section: string): Promise<string | null> {
  return client.info(section).catch(nullIfRefused)
}

/** Returns version and role, which every user may read, or `null` if the server does not support HELLO. */
export async function readHello(
  client: RedisClient,
): Promise<{ readonly version: string; readonly isMaster: boolean } | null> {
  const hello = await client.hello().catch(nullIfRefused)
  return hello === null ? null : { version: hello.version, isMaster: hello.role === 'master' }
}

/** Converts an error reply to `null`, for commands that a server may forbid. Rethrows other errors. */
export function nullIfRefused(error: unknown): null {
  if (error instanceof ErrorReply) return null
  throw error
}
