import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { allEvents, ask, type Deployment, startDeployment } from '../support/deployment.ts'
import { startRedis } from '../support/redis-server.ts'
import { subscribeResuming } from '../support/resuming-subscriber.ts'
import { startWebhookStorm } from '../support/webhook-storm.ts'

/** `KILLS=20 npx vitest run test/e2e/crash-recovery.test.ts` for a long look. */
const kills = Number(process.env.KILLS ?? 8)
const timeout = 600_000

/** Webhooks at 300/s, repeated and out of order, while the gateways are killed one after the other; then everything is compared. */
async function surviveKills(scene: Deployment): Promise<void> {
  const { key, secret, urls, wsUrls, sandbox } = scene
  const [url = ''] = urls
  const { cursor } = await ask<{ cursor: string }>(url, key, '{ cursor }')
  const followers = [
    subscribeResuming(wsUrls, cursor, key),
    subscribeResuming(wsUrls.toReversed(), cursor, key),
  ]
  const storm = startWebhookStorm({ urls, secret, workspaceId: sandbox.workspaceId, perSecond: 300 })

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

it('should lose no acknowledged change, and tell each once and in one order, through many kills', {
  timeout,
}, async () => {
  await using scene = await startDeployment()
  await surviveKills(scene)
})

it('should do so with two gateways on one Redis', { timeout }, async () => {
  await using redis = await startRedis()
  await using scene = await startDeployment({ replicas: 2, redisUrl: redis.url })
  await surviveKills(scene)
})
