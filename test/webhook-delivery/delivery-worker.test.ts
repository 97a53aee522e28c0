import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiKeyStoreUnavailable } from '../../src/auth/api-keys/api-key-store.ts'
import { demoViewer } from '../../src/auth/authenticator.ts'
import { JournalUnavailable } from '../../src/journal/journal.ts'
import {
  type Endpoint,
  getEndpointState,
  getStopReason,
  type JournalPosition,
} from '../../src/webhook-delivery/endpoint.ts'
import { progressKey } from '../../src/webhook-delivery/endpoint-store.ts'
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

let harness: DeliveryHarness
let receiver: Receiver
beforeEach(async () => {
  harness = await startDeliveryHarness()
  receiver = await startReceiver()
})
afterEach(async () => {
  await harness[Symbol.asyncDispose]()
  await receiver[Symbol.asyncDispose]()
})

const create = (from: JournalPosition | null = null): Promise<Endpoint> =>
  harness.webhooks.create(demoViewer, 'whe_courier', {
    url: receiver.url,
    description: null,
    filter: all,
    parallel: 1,
    from,
  })
const append = (...events: string[]) => harness.journal.append(events.map((event) => sampleEntry(event)))
const listDelivered = (): string[] =>
  receiver.taken.map(({ body }) => JSON.parse(body)).map(({ data }) => data.reason ?? data.seamEventId)

async function readState({ id }: Endpoint) {
  const report = await harness.webhooks.get(demoViewer, id)
  return report && [getEndpointState(report), getStopReason(report)]
}

describe('an endpoint', () => {
  it('should be stopped after three days of failures, and continue when it is resumed', async () => {
    receiver.answer = () => ({ status: 500 })
    const endpoint = await create()
    await append('a')
    await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThan(1), wait)
    harness.clockLeadMs = 71 * hourMs
    const before = receiver.received.length
    await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThan(before), wait)
    expect(await readState(endpoint)).toEqual(['ACTIVE', null])
    harness.clockLeadMs = 73 * hourMs
    await vi.waitFor(async () => expect(await readState(endpoint)).toEqual(['STOPPED', 'FAILING']), wait)
    const tries = receiver.received.length
    await append('b')
    receiver.answer = () => ({ status: 200 })
    await harness.webhooks.resume(demoViewer, endpoint.id, null)
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a', 'b']), wait)
    expect(receiver.received).toHaveLength(tries + 2)
  })

  it('should receive a gap if undelivered changes were trimmed from the journal', async () => {
    const endpoint = await create()
    await append('a')
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a']), wait)
    await harness.webhooks.pause(demoViewer, endpoint.id)
    await append('b', 'c')
    await harness.journal.trim(0, 0)
    await append('d')
    await harness.webhooks.resume(demoViewer, endpoint.id, null)
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a', 'EXPIRED']), wait)
    await append('e')
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a', 'EXPIRED', 'e']), wait)
  })

  it('should receive one gap, with the same id in all attempts, if the journal was replaced', async () => {
    await create()
    await append('a')
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a']), wait)
    receiver.answer = (_message, tries) => ({ status: tries < 3 ? 500 : 200 })
    await harness.reopen((journal) => journal.renewEpoch())
    await append('b')
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a', 'JOURNAL_REPLACED', 'b']), wait)
    const gaps = receiver.received.filter(({ body }) => JSON.parse(body).type === 'gap')
    expect(gaps).toHaveLength(3)
    expect(new Set(gaps.map(({ id, body }) => id + body)).size).toBe(1)
  })

  it('should continue at its position in a process whose feed is still behind it', async () => {
    // So many changes that delivery starts before the feed has read them.
    await append(...Array.from({ length: 20_000 }, (_, index) => `${index}`))
    await create({ epoch: harness.journal.epoch, offset: await harness.journal.readHead() })
    await append('a')
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a']), wait)
    harness.position = 0
    await harness.reopen()
    await append('b')
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a', 'b']), wait)
  })

  it.each([
    ['without a frontier', { frontier: undefined, incomplete: undefined, failing: undefined }],
    ['beside an older frontier', { frontier: 1, incomplete: [1] }],
  ])('should continue at the offset that an older gateway saved %s', async (_name, older) => {
    const { id } = await create()
    await append('a')
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a']), wait)
    await harness.reopen(async (journal) => {
      const saved = JSON.parse((await journal.getValue(progressKey(id))) ?? '')
      await journal.append([sampleEntry('b'), sampleEntry('c')])
      await journal.putValue(progressKey(id), JSON.stringify({ ...saved, offset: 2, ...older }), hourMs)
    })
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a', 'c']), wait)
  })

  it('should keep its start position if it is paused and resumed before its progress was saved', async () => {
    await append('a', 'b')
    await harness.reopen()
    harness.beforeSave = () => {
      throw new JournalUnavailable('the disk is full')
    }
    const { id } = await create({ epoch: harness.journal.epoch, offset: 0 })
    await harness.webhooks.pause(demoViewer, id)
    await harness.webhooks.resume(demoViewer, id, null)
    harness.beforeSave = () => undefined
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a', 'b']), wait)
  })

  it('should wait while its API key cannot be checked', async () => {
    await create()
    const rejectCheck = vi.fn(() => Promise.reject(new ApiKeyStoreUnavailable('unavailable')))
    harness.findViewer = rejectCheck
    await append('a')
    await vi.waitFor(() => expect(rejectCheck.mock.calls.length).toBeGreaterThan(1), wait)
    expect(receiver.received).toEqual([])
    harness.findViewer = async () => demoViewer
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a']), wait)
  })

  it('should receive a message once if the process stops before the response', async () => {
    await create()
    const answered = Promise.withResolvers<{ status: number }>()
    receiver.answer = () => answered.promise
    await append('a')
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1), wait)
    const reopened = harness.reopen()
    answered.resolve({ status: 204 })
    await reopened
    await append('b')
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a', 'b']), wait)
    expect(receiver.received).toHaveLength(2)
  })

  it('should have no open connection after delivery has stopped', async () => {
    await create()
    await append('a')
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a']), wait)
    await harness.reopen()
    await append('b')
    await vi.waitFor(() => expect(listDelivered()).toEqual(['a', 'b']), wait)
    expect(receiver.connections).toBe(2)
  })
})
