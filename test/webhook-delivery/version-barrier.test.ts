import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ask, type Deployment, startDeployment } from '../support/deployment.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { type Received, type Receiver, startReceiver } from '../support/webhook-receiver.ts'
import { startWebhookStorm, type WebhookStorm } from '../support/webhook-storm.ts'

const timeout = 240_000
const wait = { timeout: 30_000, interval: 5 }

type Payload = {
  readonly webhookEndpoint?: { readonly id: string } | null
  readonly secret?: string | null
  readonly userErrors: readonly unknown[]
}

/** Two replicas with one Redis, a stream of changes, and two partners. Tests change the endpoint of `receiver`, not of `control`. */
describe('a mutation of a webhook endpoint, sent to the replica that does not deliver', () => {
  let redis: RedisServer
  let scene: Deployment
  let receiver: Receiver
  let control: Receiver
  let storm: WebhookStorm
  let sender: number

  beforeEach(async () => {
    redis = await startRedis()
    scene = await startDeployment({
      replicas: 2,
      redisUrl: redis.url,
      env: { WEBHOOK_INTERNAL_HOSTS: '127.0.0.1' },
    })
    receiver = await startReceiver()
    control = await startReceiver()
    await create(control)
    sender = await vi.waitFor(findSender, wait)
    storm = startWebhookStorm({
      urls: scene.urls,
      secret: scene.secret,
      workspaceId: scene.sandbox.workspaceId,
      perSecond: 150,
    })
  }, timeout)
  afterEach(async () => {
    await storm.finish()
    await scene[Symbol.asyncDispose]()
    await receiver[Symbol.asyncDispose]()
    await control[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
  }, timeout)

  async function findSender(): Promise<number> {
    const counts = await Promise.all(
      scene.urls.map(async (url) => {
        const headers = { authorization: `Bearer ${scene.key}` }
        const text = await (await fetch(`${url}/metrics`, { headers })).text()
        return Number(/^latchkey_webhooks (\d+)$/m.exec(text)?.[1])
      }),
    )
    expect(Math.max(...counts)).toBeGreaterThan(0)
    return counts.findIndex((count) => count > 0)
  }

  async function mutate(name: string, input: object): Promise<Payload> {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`
    const url = scene.urls[1 - (sender ?? 0)] ?? ''
    const fields = name.startsWith('delete') ? '' : 'webhookEndpoint { id }'
    const secret = /create|rotate/.test(name) ? 'secret' : ''
    const query = `mutation Do($input: ${type}!) { ${name}(input: $input) { ${fields} ${secret} userErrors { message } } }`
    const payload = (await ask<Record<string, Payload>>(url, scene.key, query, { input }))[name]
    expect(payload?.userErrors).toEqual([])
    return payload ?? { userErrors: [] }
  }

  async function create({ url }: Pick<Receiver, 'url'>): Promise<{ id: string; secret: string }> {
    const { webhookEndpoint, secret } = await mutate('createWebhookEndpoint', { url })
    return { id: webhookEndpoint?.id ?? '', secret: secret ?? '' }
  }

  const waitForMore = ({ received }: Receiver, count: number): Promise<void> => {
    const enough = received.length + count
    return vi.waitFor(() => expect(received.length).toBeGreaterThanOrEqual(enough), wait)
  }

  /** Returns the messages that `receiver` gets after the response, until `control` has 15 more. */
  async function receivedAfter(answer: Promise<unknown>): Promise<readonly Received[]> {
    await answer
    const before = receiver.received.length
    await waitForMore(control, 15)
    return receiver.received.slice(before)
  }

  it('should stop all messages from its response on if it is a pause, fifty times in a row', {
    timeout,
  }, async () => {
    const { id: webhookEndpointId } = await create(receiver)
    for (let round = 0; round < 50; round++) {
      await waitForMore(receiver, 3)
      const late = await receivedAfter(mutate('pauseWebhookEndpoint', { webhookEndpointId }))
      expect(late, `round ${round}`).toEqual([])
      await mutate('resumeWebhookEndpoint', { webhookEndpointId })
    }
  })

  it('should stop all messages from its response on if it is a deletion, and leave nothing in the store', {
    timeout,
  }, async () => {
    for (let round = 0; round < 10; round++) {
      const { id: webhookEndpointId } = await create(receiver)
      await waitForMore(receiver, 3)
      expect(await receivedAfter(mutate('deleteWebhookEndpoint', { webhookEndpointId }))).toEqual([])
      const kept = await redis.command('HKEYS', `{latchkey:${scene.sandbox.workspaceId}}:kept`)
      expect(String(kept)).not.toContain(webhookEndpointId)
    }
  })

  it('should apply a new URL, filter or secret from its response on', { timeout }, async () => {
    const { id: webhookEndpointId } = await create(receiver)
    for (let round = 0; round < 10; round++) {
      await waitForMore(receiver, 3)
      const url = `${receiver.url}/${round}`
      const late = await receivedAfter(mutate('updateWebhookEndpoint', { webhookEndpointId, url }))
      expect(late.filter(({ path }) => path !== `/${round}`)).toEqual([])

      await waitForMore(receiver, 3)
      const rotated = mutate('rotateWebhookSecret', { webhookEndpointId })
      const signed = await receivedAfter(rotated)
      const { secret } = await rotated
      for (const { body, headers } of signed)
        new Webhook(secret ?? '').verify(body, headers as Record<string, string>)

      await waitForMore(receiver, 3)
      const none = { webhookEndpointId, filter: { kinds: ['DISCONNECTED'] } }
      expect(await receivedAfter(mutate('updateWebhookEndpoint', none))).toEqual([])
      await mutate('updateWebhookEndpoint', { webhookEndpointId, filter: {} })
    }
  })

  it('should return and stop all messages though the partner never responds', { timeout }, async () => {
    const { id: webhookEndpointId } = await create(receiver)
    await waitForMore(receiver, 3)
    receiver.answer = () => null
    await waitForMore(receiver, 1)
    expect(await receivedAfter(mutate('pauseWebhookEndpoint', { webhookEndpointId }))).toEqual([])
  })

  it('should return and stop all messages though the delivering replica was killed', {
    timeout,
  }, async () => {
    const { id: webhookEndpointId } = await create(receiver)
    await waitForMore(receiver, 3)
    await scene.kill(sender)
    await mutate('pauseWebhookEndpoint', { webhookEndpointId })
    const before = receiver.received.length
    await scene.restart(sender)
    await waitForMore(control, 15)
    expect(receiver.received.slice(before)).toEqual([])
  })
})
