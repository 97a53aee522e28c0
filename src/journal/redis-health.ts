import { ErrorReply } from 'redis'
import { openRedisLine, type RedisClient, RedisUnavailable } from '../redis.ts'

/** How a Redis is set, as far as it matters to a journal. */
export type RedisHealth =
  | { readonly state: 'unreachable'; readonly reason: string }
  | {
      readonly state: 'reached'
      readonly address: string
      readonly version: string
      readonly problems: readonly RedisProblem[]
    }

/** What is wrong with it, and what to set instead. */
export type RedisProblem = { readonly found: string; readonly advice: string }

const leastVersion = 7

/** Looks at a Redis. What it doesn't tell (a service may forbid CONFIG) is told as a problem to look after by hand. */
export async function checkRedis(url: string): Promise<RedisHealth> {
  const line = openRedisLine(url)
  try {
    const version = await line.ask(async (client) => fieldOf(await client.info('server'), 'redis_version'))
    const problems = [...checkVersion(version), ...(await line.ask(checkSettings))]
    return { state: 'reached', address: line.address, version, problems }
  } catch (error) {
    if (!(error instanceof RedisUnavailable || error instanceof ErrorReply)) throw error
    return { state: 'unreachable', reason: error.message }
  } finally {
    line.close()
  }
}

function fieldOf(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
}

function checkVersion(version: string): RedisProblem[] {
  if (Number.parseInt(version, 10) >= leastVersion) return []
  return [{ found: `it is ${version}`, advice: 'Use Redis 7.0 or later.' }]
}

async function checkSettings(client: RedisClient): Promise<RedisProblem[]> {
  const settings = await client
    .configGet(['appendonly', 'appendfsync', 'maxmemory', 'maxmemory-policy'])
    .catch(forbidden)
  if (settings === null)
    return [
      {
        found: "it doesn't tell its settings",
        advice: 'See to it that it has appendonly yes, appendfsync always and maxmemory-policy noeviction.',
      },
    ]
  const problems: RedisProblem[] = []
  if (settings.appendonly !== 'yes')
    problems.push({
      found: 'it keeps nothing on disk: a restart loses the journal and the keys',
      advice: 'Set appendonly yes and appendfsync always.',
    })
  else if (settings.appendfsync !== 'always')
    problems.push({
      found: `appendfsync is ${settings.appendfsync}: a power cut may lose what was acknowledged just before it`,
      advice: 'Set appendfsync always.',
    })
  if (settings.maxmemory !== '0' && settings['maxmemory-policy'] !== 'noeviction')
    problems.push({
      found: `maxmemory-policy is ${settings['maxmemory-policy']}: when memory is short the journal is thrown away`,
      advice: 'Set maxmemory-policy noeviction.',
    })
  return problems
}

function forbidden(error: unknown): null {
  if (error instanceof ErrorReply) return null
  throw error
}
