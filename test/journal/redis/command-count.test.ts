import { expect, it } from 'vitest'
import { openRedisJournal } from '../../../src/journal/redis/redis-journal.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { sampleEntry } from '../sample-changes.ts'

const batches = 60
const appendsPerBatch = 20

async function countScripts(redis: RedisServer): Promise<number> {
  const info = String(await redis.command('INFO', 'commandstats'))
  return Number(/^cmdstat_evalsha:calls=(\d+)/m.exec(info)?.[1] ?? 0)
}

it('should run one script for all appends that wait, and none for a tail that follows them', async () => {
  await using redis = await startRedis()
  const journal = await openRedisJournal({ url: redis.url, workspaceId: 'count' })
  await using opened = new AsyncDisposableStack()
  opened.defer(journal.close)
  const ended = new AbortController()
  let followed = 0
  const following = (async () => {
    for await (const batch of journal.tail(0, ended.signal))
      if (batch.kind === 'changes') followed += batch.changes.length
  })()
  await journal.append([sampleEntry('first')])
  const before = await countScripts(redis)
  for (let batch = 0; batch < batches; batch++) {
    const appends = Array.from({ length: appendsPerBatch }, (_, index) =>
      journal.append([sampleEntry(`${batch} ${index}`)]),
    )
    await Promise.all(appends)
  }
  await expect.poll(() => followed, { timeout: 10_000 }).toBe(batches * appendsPerBatch + 1)
  // Once a second, and when an append's reply is late, a script asks for the appends of other processes.
  expect((await countScripts(redis)) - before).toBeLessThan(2 * batches)
  ended.abort()
  await following
})
