import { ErrorReply } from 'redis'
import { openRedisConnection, type RedisClient, RedisUnavailable } from '../../redis/redis-connection.ts'
import { nullIfRefused, readHello, readInfo } from '../../redis/server-role.ts'

/** Whether Redis is reachable, and which of its settings endanger a journal. */
export type RedisHealth =
  | { readonly state: 'unreachable'; readonly reason: string }
  | {
      readonly state: 'reached'
      readonly address: string
      readonly version: string
      readonly problems: readonly RedisProblem[]
    }

/** A problem with a Redis server: `found` describes it, `advice` says how to solve it. */
export type RedisProblem = { readonly found: string; readonly advice: string }

/** The oldest major version of Redis that a journal can use. */
export const minRedisVersion = 7

/**
 * Checks the version, settings and replication of a Redis server. A setting that the server does not reveal (a service may forbid CONFIG) is
 * reported as a problem to check manually.
 */
export async function checkRedis(url: string): Promise<RedisHealth> {
  const connection = openRedisConnection(url)
  try {
    const version = (await connection.execute(readHello))?.version ?? 'older than 6'
    const problems = [
      ...checkVersion(version),
      ...(await connection.execute(checkSettings)),
      ...(await connection.execute(checkReplication)),
    ]
    return { state: 'reached', address: connection.address, version, problems }
  } catch (error) {
    if (!(error instanceof RedisUnavailable || error instanceof ErrorReply)) throw error
    return { state: 'unreachable', reason: error.message }
  } finally {
    connection.close()
  }
}

function readInfoField(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
}

function checkVersion(version: string): RedisProblem[] {
  if (Number.parseInt(version, 10) >= minRedisVersion) return []
  return [{ found: `its version is ${version}`, advice: 'Use Redis 7.0 or later.' }]
}

async function checkSettings(client: RedisClient): Promise<RedisProblem[]> {
  const settings = await client
    .configGet(['appendonly', 'appendfsync', 'maxmemory', 'maxmemory-policy'])
    .catch(nullIfRefused)
  if (settings === null)
    return [
      {
        found: 'its settings cannot be read',
        advice: 'Check that it has appendonly yes, appendfsync always and maxmemory-policy noeviction.',
      },
    ]
  const problems: RedisProblem[] = []
  if (settings.appendonly !== 'yes')
    problems.push({
      found: 'appendonly is not yes: a restart loses the journal and the API keys',
      advice: 'Set appendonly yes and appendfsync always.',
    })
  else if (settings.appendfsync !== 'always')
    problems.push({
      found: `appendfsync is ${settings.appendfsync}: a power failure may lose changes acknowledged just before it`,
      advice: 'Set appendfsync always.',
    })
  if (settings.maxmemory !== '0' && settings['maxmemory-policy'] !== 'noeviction')
    problems.push({
      found: `maxmemory-policy is ${settings['maxmemory-policy']}: Redis deletes the journal when memory is short`,
      advice: 'Set maxmemory-policy noeviction.',
    })
  return problems
}

/** Redis reports `min_slaves_good_slaves` only if `min-replicas-to-write` is set. */
async function checkReplication(client: RedisClient): Promise<RedisProblem[]> {
  const info = await readInfo(client, 'replication')
  if (info === null)
    return [
      {
        found:
          "its user isn't permitted INFO, which Latchkey needs to detect a new master and lost changes reliably",
        advice: 'Permit INFO with ACL SETUSER +info, and the settings with +config|get.',
      },
    ]
  const replicas = Number(readInfoField(info, 'connected_slaves'))
  if (replicas === 0 || info.includes('min_slaves_good_slaves')) return []
  return [
    {
      found:
        'min-replicas-to-write is 0: a master that has lost its replicas still accepts writes, and a failover loses them',
      advice: `Set min-replicas-to-write on all servers to 1, or to the number of replicas (${replicas}).`,
    },
  ]
}
