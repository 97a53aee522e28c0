import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { allEvents, ask, type Deployment, startDeployment } from '../support/deployment.ts'
import { startRedis } from '../support/redis-server.ts'
import { type Received, type Receiver, startReceiver, verifyMessage } from '../support/webhook-receiver.ts'
import { startWebhookStorm } from '../support/webhook-storm.ts'

const timeout = 600_000
const kills = 6

type Made = { createWebhookEndpoint: { secret: string; userErrors: unknown[] } }
const create =
  'mutation Create($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { secret userErrors { message } } }'

/**
 * Sends 100 webhooks/s from Seam and kills the gateways in turn, with a partner's server that fails sometimes. It must receive every change
 * of the journal, in the order of each credential or (with `parallel` 1) of the journal, and repetitions only with the same message id.
 */
async function surviveKills(deployment: Deployment, receiver: Receiver, parallel = 1): Promise<void> {
  const { key, secret: seamSecret, urls, sandbox } = deployment
  const [url = ''] = urls
  const made = await ask<Made>(url, key, create, { input: { url: receiver.url, parallel } })
  expect(made.createWebhookEndpoint.userErrors).toEqual([])
  let answers = 0
  const open: unknown[] = []
  let [overlaps, maxOpen] = [0, 0]
  receiver.answer = async (message) => {
    const status = [400, 900].includes(++answers) ? 500 : 204
    const credential = credentialOf(message)
    if (open.includes(credential)) overlaps++
    maxOpen = Math.max(maxOpen, open.push(credential))
    if (parallel > 1) await delay(20)
    open.splice(open.indexOf(credential), 1)
    return { status }
  }
  const storm = startWebhookStorm({
    urls,
    secret: seamSecret,
    workspaceId: sandbox.workspaceId,
    perSecond: 100,
    credentials: 40,
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
  const credentialByEvent = new Map<unknown, unknown>()
  const isComplete = (): boolean => {
    for (const message of receiver.taken)
      if (!eventOf.has(message.id)) {
        const { seamEventId } = verifyMessage(message, made.createWebhookEndpoint.secret).data
        eventOf.set(message.id, seamEventId)
        credentialByEvent.set(seamEventId, parallel === 1 ? 'any' : credentialOf(message))
      }
    return eventOf.size >= journal.length
  }
  while (!isComplete()) await delay(50)
  const groupByCredential = (events: readonly unknown[]) =>
    Map.groupBy(events, (event) => credentialByEvent.get(event))
  expect(groupByCredential([...eventOf.values()])).toEqual(groupByCredential(journal))
  expect(overlaps).toBe(0)
  expect(maxOpen).toBeLessThanOrEqual(parallel)
  // After each kill, the messages in flight may be repeated: delivered, but not yet recorded as delivered.
  expect(receiver.taken.length - journal.length).toBeLessThanOrEqual(kills * parallel)
  expect(answers).toBeGreaterThan(900)
}

const credentialOf = (message: Received): unknown => JSON.parse(message.body).data.credentialId

it('a gateway that is killed often should deliver every change in order to a receiver that fails sometimes', {
  timeout,
}, async () => {
  await using receiver = await startReceiver()
  await using deployment = await startDeployment({ env: { WEBHOOK_INTERNAL_HOSTS: '127.0.0.1' } })
  await surviveKills(deployment, receiver)
})

it('a gateway that is killed often should deliver every change in the order of its subject, sixteen at a time', {
  timeout,
}, async () => {
  await using receiver = await startReceiver()
  await using deployment = await startDeployment({ env: { WEBHOOK_INTERNAL_HOSTS: '127.0.0.1' } })
  await surviveKills(deployment, receiver, 16)
})

it.each([1, 16])(
  'two gateways on one Redis, of which one sends, should deliver every change in order, %i at a time',
  {
    timeout,
  },
  async (parallel) => {
    await using redis = await startRedis()
    await using receiver = await startReceiver()
    await using deployment = await startDeployment({
      replicas: 2,
      redisUrl: redis.url,
      env: { WEBHOOK_INTERNAL_HOSTS: '127.0.0.1' },
    })
    await surviveKills(deployment, receiver, parallel)
  },
)
