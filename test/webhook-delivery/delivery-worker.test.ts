import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiKeyStoreUnavailable } from '../../src/auth/api-keys/api-key-store.ts'
import { demoViewer } from '../../src/auth/authenticator.ts'
import {
  type Endpoint,
  getEndpointState,
  getStopReason,
  type JournalPosition,
} from '../../src/webhook-delivery/endpoint.ts'
import { sampleEntry } from '../journal/sample-changes.ts'
import { type Receiver, startReceiver } from '../support/webhook-receiver.ts'
import { type DeliveryHarness, startDeliveryHarness } from './delivery-harness.ts'

const hourMs = 3_600_000
const wait = { timeout: 30_000, interval: 10 }
const all = {
  acsSystemId: null,
  acsUserId: null,
  acsEntranceId: null,
  subjects: null,
  kinds: null,
  origins: null,
}

let post: DeliveryHarness
let receiver: Receiver
beforeEach(async () => {
  post = await startDeliveryHarness()
  receiver = await startReceiver()
})
afterEach(async () => {
  await post[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
})

const create = (from: JournalPosition | null = null): Promise<Endpoint> =>
  post.webhooks.create(demoViewer, 'whe_courier', { url: receiver.url, description: null, filter: all, from })
const append = (...events: string[]) => post.journal.append(events.map((event) => sampleEntry(event)))
const told = (): string[] =>
  receiver.taken.map(({ body }) => JSON.parse(body)).map(({ data }) => data.reason ?? data.seamEventId)

async function stateNow({ id }: Endpoint) {
  const report = await post.webhooks.get(demoViewer, id)
  return report && [getEndpointState(report), getStopReason(report)]
}

describe('an endpoint that is served', () => {
  it('should be given up when its receiver has failed for three days, and go on when it is resumed', async () => {
    receiver.answer = () => ({ status: 500 })
    const endpoint = await create()
    await append('a')
    await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThan(1), wait)
    post.clockLeadMs = 71 * hourMs
    const before = receiver.received.length
    await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThan(before), wait)
    expect(await stateNow(endpoint)).toEqual(['ACTIVE', null])
    post.clockLeadMs = 73 * hourMs
    await vi.waitFor(async () => expect(await stateNow(endpoint)).toEqual(['STOPPED', 'FAILING']), wait)
    const tries = receiver.received.length
    await append('b')
    receiver.answer = () => ({ status: 200 })
    await post.webhooks.resume(demoViewer, endpoint.id, null)
    await vi.waitFor(() => expect(told()).toEqual(['a', 'b']), wait)
    expect(receiver.received).toHaveLength(tries + 2)
  })

  it('should be told when the journal no longer holds what it has not been told', async () => {
    const endpoint = await create()
    await append('a')
    await vi.waitFor(() => expect(told()).toEqual(['a']), wait)
    await post.webhooks.pause(demoViewer, endpoint.id)
    await append('b', 'c')
    await post.journal.trim(0, 0)
    await append('d')
    await post.webhooks.resume(demoViewer, endpoint.id, null)
    await vi.waitFor(() => expect(told()).toEqual(['a', 'EXPIRED']), wait)
    await append('e')
    await vi.waitFor(() => expect(told()).toEqual(['a', 'EXPIRED', 'e']), wait)
  })

  it('should be told when the journal was replaced, once, however often that has to be sent', async () => {
    await create()
    await append('a')
    await vi.waitFor(() => expect(told()).toEqual(['a']), wait)
    receiver.answer = (_message, tries) => ({ status: tries < 3 ? 500 : 200 })
    await post.reopen((journal) => journal.renewEpoch())
    await append('b')
    await vi.waitFor(() => expect(told()).toEqual(['a', 'JOURNAL_REPLACED', 'b']), wait)
    const gaps = receiver.received.filter(({ body }) => JSON.parse(body).type === 'gap')
    expect(gaps).toHaveLength(3)
    expect(new Set(gaps.map(({ id, body }) => id + body)).size).toBe(1)
  })

  it('should go on where it was in a process that does not know of that yet', async () => {
    // So many that the process begins to send before it has taken them up.
    await append(...Array.from({ length: 20_000 }, (_, index) => `${index}`))
    await create({ epoch: post.journal.epoch, offset: await post.journal.readHead() })
    await append('a')
    await vi.waitFor(() => expect(told()).toEqual(['a']), wait)
    post.position = 0
    await post.reopen()
    await append('b')
    await vi.waitFor(() => expect(told()).toEqual(['a', 'b']), wait)
  })

  it('should wait while nobody can say whether its key is good', async () => {
    await create()
    const away = vi.fn(() => Promise.reject(new ApiKeyStoreUnavailable('away')))
    post.findViewer = away
    await append('a')
    await vi.waitFor(() => expect(away.mock.calls.length).toBeGreaterThan(1), wait)
    expect(receiver.received).toEqual([])
    post.findViewer = async () => demoViewer
    await vi.waitFor(() => expect(told()).toEqual(['a']), wait)
  })

  it('should not be sent a message twice that is under way when the process stops', async () => {
    await create()
    const answered = Promise.withResolvers<{ status: number }>()
    receiver.answer = () => answered.promise
    await append('a')
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1), wait)
    const reopened = post.reopen()
    answered.resolve({ status: 204 })
    await reopened
    await append('b')
    await vi.waitFor(() => expect(told()).toEqual(['a', 'b']), wait)
    expect(receiver.received).toHaveLength(2)
  })

  it('should leave nothing open when it stops', async () => {
    await create()
    await append('a')
    await vi.waitFor(() => expect(told()).toEqual(['a']), wait)
    await post.reopen()
    await append('b')
    await vi.waitFor(() => expect(told()).toEqual(['a', 'b']), wait)
    expect(receiver.connections).toBe(2)
  })
})
