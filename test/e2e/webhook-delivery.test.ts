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
 * Sends 100 webhooks/s from Seam and kills the gateways in turn, with a partner's server that fails sometimes. It must receive every change
 * of the journal, in order, and repetitions only with the same message id.
 */
async function surviveKills(deployment: Deployment, receiver: Receiver): Promise<void> {
  const { key, secret: seamSecret, urls, sandbox } = deployment
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
    await deployment.restart(kill % urls.length)
  }
  // The number of deliveries so far depends on the machine: waits until both failures have happened.
  while (answers <= 900) await delay(50)
  await storm.finish()
  const journal = await allEvents(url, key)
  expect(new Set(journal)).toEqual(storm.acknowledged)

  const eventOf = new Map<string, unknown>()
  const isComplete = (): boolean => {
    for (const message of receiver.taken)
      if (!eventOf.has(message.id))
        eventOf.set(message.id, verifyMessage(message, made.createWebhookEndpoint.secret).data.seamEventId)
    return eventOf.size >= journal.length
  }
  while (!isComplete()) await delay(50)
  expect([...eventOf.values()]).toEqual(journal)
  // After each kill, one message may be repeated: delivered, but not yet recorded as delivered.
  expect(receiver.taken.length - journal.length).toBeLessThanOrEqual(kills)
  expect(answers).toBeGreaterThan(900)
}

it('a gateway that is killed often should deliver every change in order to a receiver that fails sometimes', {
  timeout,
}, async () => {
  await using receiver = await startReceiver()
  await using deployment = await startDeployment({ env: { WEBHOOK_INTERNAL_HOSTS: '127.0.0.1' } })
  await surviveKills(deployment, receiver)
})

it('two gateways on one Redis, of which one sends, should deliver every change in order', {
  timeout,
}, async () => {
  await using redis = await startRedis()
  await using receiver = await startReceiver()
  await using deployment = await startDeployment({
    replicas: 2,
    redisUrl: redis.url,
    env: { WEBHOOK_INTERNAL_HOSTS: '127.0.0.1' },
  })
  await surviveKills(deployment, receiver)
})
