import { describe, expect, it } from 'vitest'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import {
  callApi,
  callControlApi,
  openReceiver,
  openSandbox,
  verifyWebhook,
  waitUntil,
} from '../sandbox-fixture.ts'

async function register(sandbox: Sandbox, url: string, event_types?: string[]) {
  const { body } = await callApi(sandbox, 'webhooks/create', { url, event_types })
  return body.webhook as { webhook_id: string; secret: string }
}

/** Returns the number of delivery attempts so far, successful or not. */
const attempts = (sandbox: Sandbox) => sandbox.deliveries().length

describe('webhook deliveries', () => {
  it("should contain the event, with a signature that Svix's library accepts", async () => {
    await using sandbox = await openSandbox()
    await using receiver = await openReceiver()
    const { secret } = await register(sandbox, receiver.url)
    sandbox.act('addDoor')
    const delivery = await waitUntil(() => receiver.received[0])
    expect(secret).toMatch(/^whsec_/)
    expect(verifyWebhook(secret, delivery)).toEqual(sandbox.events().at(-1))
    expect(() => verifyWebhook(`whsec_${btoa('another secret')}`, delivery)).toThrow()
  })

  it('should be limited to the requested event types, also after an update', async () => {
    await using sandbox = await openSandbox()
    await using receiver = await openReceiver()
    const { webhook_id } = await register(sandbox, receiver.url, ['acs_user.created'])
    sandbox.act('moveIn')
    await waitUntil(() => receiver.received.length === 1)
    await callApi(sandbox, 'webhooks/update', { webhook_id, event_types: ['acs_entrance.added'] })
    sandbox.act('moveIn')
    sandbox.act('addDoor')
    await waitUntil(() => receiver.received.length === 2)
    expect(receiver.types()).toEqual(['acs_user.created', 'acs_entrance.added'])
  })

  it('should be retried with the same id and a new signature until a 2xx', async () => {
    await using sandbox = await openSandbox({ webhookRetryMs: [0, 5, 5, 5] })
    await using receiver = await openReceiver([500, 301])
    const { secret } = await register(sandbox, receiver.url)
    sandbox.act('addDoor')
    await waitUntil(() => attempts(sandbox) === 3)
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1)
    for (const one of receiver.received) expect(verifyWebhook(secret, one)).toEqual(sandbox.events().at(-1))
    expect(sandbox.deliveries().map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 500],
      [2, 301],
      [3, 204],
    ])
  })

  it('should not be retried after the last attempt', async () => {
    await using sandbox = await openSandbox({ webhookRetryMs: [0, 1, 1] })
    await using receiver = await openReceiver([503, 503, 503])
    await register(sandbox, receiver.url)
    sandbox.act('addDoor')
    await waitUntil(() => attempts(sandbox) === 3)
    sandbox.act('addDoor')
    await waitUntil(() => attempts(sandbox) === 4)
    expect(receiver.received.map(({ event }) => event.event_id)).toEqual([
      ...new Array(3).fill(sandbox.events().at(-2)?.event_id),
      sandbox.events().at(-1)?.event_id,
    ])
  })

  it('should be logged with the reason if there is no response', async () => {
    await using sandbox = await openSandbox({ webhookRetryMs: [0] })
    const receiver = await openReceiver()
    await receiver[Symbol.asyncDispose]()
    await register(sandbox, receiver.url)
    sandbox.act('addDoor')
    await waitUntil(() => attempts(sandbox) === 1)
    expect(sandbox.deliveries()[0]).toMatchObject({
      status: null,
      error: expect.stringContaining('ECONNREFUSED'),
    })
  })

  it('should not be retried after the webhook is deleted', async () => {
    await using sandbox = await openSandbox({ webhookRetryMs: [0, 5, 5] })
    let webhook_id = ''
    await using leaving = await openReceiver([500], () => callApi(sandbox, 'webhooks/delete', { webhook_id }))
    await using staying = await openReceiver([500, 500])
    webhook_id = (await register(sandbox, leaving.url)).webhook_id
    await register(sandbox, staying.url)
    sandbox.act('addDoor')
    await waitUntil(() => staying.received.length === 3 && attempts(sandbox) === 4)
    sandbox.act('addDoor')
    await waitUntil(() => staying.received.length === 4)
    expect(leaving.received).toHaveLength(1)
  })

  it('should include every event of a burst', async () => {
    await using sandbox = await openSandbox()
    await using receiver = await openReceiver()
    await register(sandbox, receiver.url)
    const { connectedAccountIds } = sandbox.ids()
    await callApi(sandbox, 'connected_accounts/delete', { connected_account_id: connectedAccountIds[0] })
    await waitUntil(() => receiver.received.length === 441)
    expect(new Set(receiver.received.map(({ event }) => event.event_id)).size).toBe(441)
  })

  it('should be logged without the secret', async () => {
    await using sandbox = await openSandbox()
    await using receiver = await openReceiver()
    const { secret, webhook_id } = await register(sandbox, receiver.url)
    sandbox.act('addDoor')
    await waitUntil(() => attempts(sandbox) === 1)
    const log = await callControlApi(sandbox, 'GET', 'webhooks')
    expect(log.body.deliveries).toMatchObject([{ webhook_id, event_type: 'acs_entrance.added', attempt: 1 }])
    expect(log.text).not.toContain(secret)
  })
})

describe('faults of webhook deliveries', () => {
  it('should drop, repeat, reorder and delay deliveries', async () => {
    await using sandbox = await openSandbox()
    await using receiver = await openReceiver()
    await register(sandbox, receiver.url)
    sandbox.addFault({ kind: 'webhookLost', times: 1, eventType: 'acs_entrance.*' })
    sandbox.act('addDoor')
    sandbox.addFault({ kind: 'webhookRepeated', copies: 3, times: 1 })
    sandbox.act('removeDoor')
    await waitUntil(() => receiver.received.length === 3)
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1)
    expect(receiver.types()).toEqual(new Array(3).fill('acs_entrance.removed'))

    sandbox.addFault({ kind: 'webhookReordered', size: 3, times: 3 })
    const emitted = ['one', 'two', 'three'].map((name) => sandbox.emit({ event_type: `test.${name}` }))
    await waitUntil(() => receiver.received.length === 6)
    expect(receiver.received.slice(3).map(({ event }) => event.event_id)).toEqual(
      emitted.map((event) => event.event_id).reverse(),
    )

    sandbox.addFault({ kind: 'webhookLate', ms: 300, times: 1 })
    sandbox.emit({ event_type: 'test.late' })
    sandbox.emit({ event_type: 'test.next' })
    await waitUntil(() => receiver.received.length === 8)
    expect(receiver.types().slice(-2)).toEqual(['test.next', 'test.late'])
  })

  it('should send held deliveries after holdMs, even if no more events follow', async () => {
    await using sandbox = await openSandbox()
    await using receiver = await openReceiver()
    await register(sandbox, receiver.url)
    sandbox.addFault({ kind: 'webhookReordered', size: 10, holdMs: 10 })
    sandbox.act('addDoor')
    await waitUntil(() => receiver.received.length === 1)
  })
})
