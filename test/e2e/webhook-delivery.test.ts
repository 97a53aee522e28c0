import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { allEvents, ask, type Deployment, startDeployment } from '../support/deployment.ts'
import { startRedis } from '../support/redis-server.ts'
import { type Receiver, startReceiver, verifyMessage } from '../support/webhook-receiver.ts'
import { startWebhookStorm } from '../support/webhook-storm.ts'

const timeout = 600_000
const kills = 6

type Made = { createWebhookEndpoint: { secret: string; userErrors: unknown[] } }
const create =
  'mutation Create($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { secret userErrors { message } } }'

/**
 * A partner's server that fails now and then, and webhooks from Seam at 100/s, while the gateways are killed one after the other. What
 * it took must be the journal: all of it, in its order, and nothing twice but under the same id.
 */
async function surviveKills(scene: Deployment, receiver: Receiver): Promise<void> {
  const { key, secret: seamSecret, urls, sandbox } = scene
  const [url = ''] = urls
  const made = await ask<Made>(url, key, create, { input: { url: receiver.url } })
  expect(made.createWebhookEndpoint.userErrors).toEqual([])
  let answers = 0
  receiver.answer = () => ({ status: [400, 900].includes(++answers) ? 500 : 204 })
  const storm = startWebhookStorm({
    urls,
    secret: seamSecret,
    workspaceId: sandbox.workspaceId,
    perSecond: 100,
  })
  for (let kill = 0; kill < kills; kill++) {
    await delay(500 + Math.random() * 1_000)
    await scene.restart(kill % urls.length)
  }
  // How much comes meanwhile is up to the machine: both failures are to be met.
  while (answers <= 900) await delay(50)
  await storm.finish()
  const journal = await allEvents(url, key)
  expect(new Set(journal)).toEqual(storm.acknowledged)

  const eventOf = new Map<string, unknown>()
  const isAllThere = (): boolean => {
    for (const message of receiver.taken)
      if (!eventOf.has(message.id))
        eventOf.set(message.id, verifyMessage(message, made.createWebhookEndpoint.secret).data.seamEventId)
    return eventOf.size >= journal.length
  }
  while (!isAllThere()) await delay(50)
  expect([...eventOf.values()]).toEqual(journal)
  // Each kill may leave one message that was taken and not yet written down.
  expect(receiver.taken.length - journal.length).toBeLessThanOrEqual(kills)
  expect(answers).toBeGreaterThan(900)
}

it('should bring a partner every change in order, through a receiver that fails and kills of the gateway', {
  timeout,
}, async () => {
  await using receiver = await startReceiver()
  await using scene = await startDeployment({ env: { WEBHOOK_INTERNAL_HOSTS: '127.0.0.1' } })
  await surviveKills(scene, receiver)
})

it('should do so with two gateways on one Redis, of which one sends', { timeout }, async () => {
  await using redis = await startRedis()
  await using receiver = await startReceiver()
  await using scene = await startDeployment({
    replicas: 2,
    redisUrl: redis.url,
    env: { WEBHOOK_INTERNAL_HOSTS: '127.0.0.1' },
  })
  await surviveKills(scene, receiver)
})
