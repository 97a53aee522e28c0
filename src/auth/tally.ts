import { randomUUID } from 'node:crypto'
import { openRedisLine, scriptOf } from '../redis.ts'

/** What one process has counted, by what and for whom: `connections/<owner>` and the like. Nothing is 0. */
export type Counts = Readonly<Record<string, number>>

/** What the other processes of the same workspace have counted lately. */
export type Others = {
  sum(name: string): number
  close(): Promise<void>
}

/** One process is alone. */
export const nobodyElse: Others = { sum: () => 0, close: async () => {} }

const tellEveryMs = 500
/** What a process told longer ago than this isn't so any more: it has ended, or can't reach Redis. */
const staleMs = 5_000

/** Keys: the tallies. Arguments: who tells, what (JSON), how long it holds (ms). Answers what the others have told. */
const exchange = scriptOf(`
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
 * Tells a workspace's other processes over Redis what is counted here, and hears of them, twice a second: nobody waits for it. While
 * Redis is away each process has only its own count.
 */
export function shareCounts(options: { url: string; workspaceId: string; counts: () => Counts }): Others {
  const line = openRedisLine(options.url)
  const name = randomUUID()
  const key = `{latchkey:${options.workspaceId}}:tallies`
  let others: readonly Counts[] = []
  let heardAt = Number.NEGATIVE_INFINITY
  let telling: Promise<void> | null = null

  async function tell(): Promise<void> {
    const args = [name, JSON.stringify(options.counts()), `${staleMs}`]
    try {
      const told = (await line.run(exchange, [key], args)) as string[]
      others = told.map((text) => JSON.parse(text) as Counts)
      heardAt = performance.now()
    } catch {
      // The journal in the same Redis says that it's away; here the others' counts are just not known any more.
      if (performance.now() - heardAt > staleMs) others = []
    }
  }

  const timer = setInterval(() => {
    telling ??= tell().finally(() => {
      telling = null
    })
  }, tellEveryMs)
  timer.unref()

  return {
    sum: (counted) => others.reduce((total, counts) => total + (counts[counted] ?? 0), 0),
    async close() {
      clearInterval(timer)
      await telling
      await line.ask((client) => client.hDel(key, name)).catch(() => undefined)
      line.close()
    },
  }
}
