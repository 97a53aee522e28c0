import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { follow } from '../support/follower.ts'
import { startRedis } from '../support/redis.ts'
import { allEvents, ask, type Scene, startScene } from '../support/scene.ts'
import { startStorm } from '../support/storm.ts'

const kills = 20
const timeout = 600_000

/** Webhooks at 300/s, repeated and out of order, while the gateways are killed one after the other; then everything is compared. */
async function surviveKills(scene: Scene): Promise<void> {
  const { key, secret, urls, wsUrls, sandbox } = scene
  const [url = ''] = urls
  const { cursor } = await ask<{ cursor: string }>(url, key, '{ cursor }')
  const followers = [follow(wsUrls, cursor, key), follow(wsUrls.toReversed(), cursor, key)]
  const storm = startStorm({ urls, secret, workspaceId: sandbox.workspaceId, perSecond: 300 })

  for (let kill = 0; kill < kills; kill++) {
    await delay(100 + Math.random() * 400)
    await scene.restart(kill % urls.length)
  }
  await storm.finish()
  const journal = await allEvents(url, key)
  expect(storm.acknowledged.size).toBe(storm.sent)
  expect(journal).toHaveLength(new Set(journal).size)
  expect(new Set(journal)).toEqual(storm.acknowledged)
  for (const other of urls.slice(1)) expect(await allEvents(other, key)).toEqual(journal)
  for (const follower of followers) {
    while (follower.told.length < journal.length) await delay(20)
    await follower.stop()
    expect(follower.told).toEqual(journal)
    expect(follower.gaps).toEqual([])
    expect(follower.returns).toBeGreaterThan(0)
  }
}

it('should lose no acknowledged change, and tell each once and in one order, through 20 kills', {
  timeout,
}, async () => {
  await using scene = await startScene()
  await surviveKills(scene)
})

it('should do so with two gateways on one Redis', { timeout }, async () => {
  await using redis = await startRedis()
  await using scene = await startScene({ replicas: 2, redisUrl: redis.url })
  await surviveKills(scene)
})
