import { randomUUID } from 'node:crypto'
import { createScript, openRedisConnection } from '../redis/redis-connection.ts'

/** Counts of one process by counter and owner, such as `connections/<owner>`. Absent means 0. */
export type UsageCounts = Readonly<Record<string, number>>

/** Recent counts of the other processes of the same workspace. */
export type RemoteUsage = {
  sum(name: string): number
  close(): Promise<void>
}

/** For a single process: no other counts. */
export const noRemoteUsage: RemoteUsage = { sum: () => 0, close: async () => {} }

const exchangeIntervalMs = 500
/** Counts of a process are ignored after this time: it has ended, or cannot reach Redis. */
const staleMs = 5_000

/** Keys: the counts. Arguments: process ID, its counts (JSON), their lifetime in ms. Returns the counts of the other processes. */
const exchangeScript = createScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local told = redis.call('HGETALL', KEYS[1])
local others = {}
for i = 1, #told, 2 do
  local at, counts = string.match(told[i + 1], '^(%d+) (.*)$')
  if now - tonumber(at) > tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], told[i])
  elseif told[i] ~= ARGV[1] then table.insert(others, counts) end
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. ' ' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], 10 * ARGV[3])
return others
`)

/**
 * Exchanges counts with the workspace's other processes over Redis, twice a second, without delaying requests. While Redis is unavailable,
 * each process uses only its own counts.
 */
export function shareUsageCounts(options: {
  url: string
  workspaceId: string
  readCounts: () => UsageCounts
}): RemoteUsage {
  const processId = randomUUID()
  const key = `{latchkey:${options.workspaceId}}:tallies`
  const line = openRedisConnection(options.url, key)
  let remoteCounts: readonly UsageCounts[] = []
  let lastExchangeAt = Number.NEGATIVE_INFINITY
  let exchanging: Promise<void> | null = null

  async function exchangeCounts(): Promise<void> {
    const args = [processId, JSON.stringify(options.readCounts()), `${staleMs}`]
    try {
      const answers = (await line.runScript(exchangeScript, [key], args)) as string[]
      remoteCounts = answers.map((text) => JSON.parse(text) as UsageCounts)
      lastExchangeAt = performance.now()
    } catch {
      // The journal reports that Redis is unavailable; here, the other processes' counts are just unknown.
      if (performance.now() - lastExchangeAt > staleMs) remoteCounts = []
    }
  }

  const timer = setInterval(() => {
    exchanging ??= exchangeCounts().finally(() => {
      exchanging = null
    })
  }, exchangeIntervalMs)
  timer.unref()

  return {
    sum: (counterName) => remoteCounts.reduce((total, counts) => total + (counts[counterName] ?? 0), 0),
    async close() {
      clearInterval(timer)
      await exchanging
      await line.execute((client) => client.hDel(key, processId)).catch(() => undefined)
      line.close()
    },
  }
}
