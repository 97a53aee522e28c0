import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { allEvents, ask, type Deployment, startDeployment } from '../support/deployment.ts'
import { startRedis } from '../support/redis-server.ts'
import { subscribeResuming } from '../support/resuming-subscriber.ts'
import { startWebhookStorm } from '../support/webhook-storm.ts'

/** `KILLS=20 npx vitest run test/e2e/crash-recovery.test.ts` for a long run. */
const kills = Number(process.env.KILLS ?? 8)
const timeout = 600_000

/** Sends 300 webhooks/s, repeated and out of order, and kills the gateways in turn. Then compares the journals and subscribers. */
async function surviveKills(deployment: Deployment): Promise<void> {
  const { key, secret, urls, wsUrls, sandbox } = deployment
  const [url = ''] = urls
  const { cursor } = await ask<{ cursor: string }>(url, key, '{ cursor }')
  const followers = [
    subscribeResuming(wsUrls, cursor, key),
    subscribeResuming(wsUrls.toReversed(), cursor, key),
  ]
  const storm = startWebhookStorm({ urls, secret, workspaceId: sandbox.workspaceId, perSecond: 300 })

  for (let kill = 0; kill < kills; kill++) {
    await delay(100 + Math.random() * 400)
    await deployment.restart(kill % urls.length)
  }
  await storm.finish()
  const journal = await allEvents(url, key)
  expect(storm.acknowledged.size).toBe(storm.sent)
  expect(journal).toHaveLength(new Set(journal).size)
  expect(new Set(journal)).toEqual(storm.acknowledged)
  for (const other of urls.slice(1)) expect(await allEvents(other, key)).toEqual(journal)
  for (const follower of followers) {
    while (follower.received.length < journal.length) await delay(20)
    await follower.stop()
    expect(follower.received).toEqual(journal)
    expect(follower.gaps).toEqual([])
    expect(follower.reconnections).toBeGreaterThan(0)
  }
}

it('a gateway that is killed often should deliver every acknowledged change once and in order', {
  timeout,
}, async () => {
  await using deployment = await startDeployment()
  await surviveKills(deployment)
})

it('two gateways on one Redis that are killed often should deliver every change once and in order', {
  timeout,
}, async () => {
  await using redis = await startRedis()
  await using deployment = await startDeployment({ replicas: 2, redisUrl: redis.url })
  await surviveKills(deployment)
})
