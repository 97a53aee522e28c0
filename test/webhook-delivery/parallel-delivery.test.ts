import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { demoViewer } from '../../src/auth/authenticator.ts'
import { JournalUnavailable } from '../../src/journal/journal.ts'
import { openRedisJournal } from '../../src/journal/redis/redis-journal.ts'
import type { Change, NewChange } from '../../src/model/change.ts'
import { allChanges } from '../../src/model/change-filter.ts'
import { maxParallel } from '../../src/webhook-delivery/endpoint.ts'
import { sampleChange } from '../journal/sample-changes.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { type Received, type Receiver, startReceiver } from '../support/webhook-receiver.ts'
import { type DeliveryHarness, startDeliveryHarness } from './delivery-harness.ts'

const wait = { timeout: 60_000, interval: 5 }
const idOf = (kind: number, index: number): string =>
  `00000000-0000-4000-8${kind}00-${String(index).padStart(12, '0')}`

/** Some ACS users with two credentials each, entrances, and connections. Credentials have a known owner half of the time. */
const changeAbout = (index: number, subject: number, seed: number): Partial<NewChange> => {
  const user = { acsUserId: idOf(1, subject) }
  const credential = { acsCredentialId: idOf(2, subject * 2 + (seed % 2)) }
  const abouts = [
    { subject: 'CREDENTIAL', ...credential, acsUserId: seed % 4 < 2 ? user.acsUserId : null },
    { subject: 'USER', kind: 'UPDATED', ...user, acsCredentialId: null },
    { subject: 'ENTRANCE', kind: 'UPDATED', acsEntranceIds: [idOf(3, subject)], acsCredentialId: null },
    { subject: 'CONNECTION', kind: 'CONNECTED', acsSystemId: idOf(4, subject), acsCredentialId: null },
  ]
  return abouts[index % abouts.length] as object
}

type MessageData = Readonly<Record<string, string | null>> & { readonly id: string; readonly subject: string }
const dataOf = ({ body }: Received): MessageData => JSON.parse(body).data
const offsetOf = (message: Received): number =>
  Number(Buffer.from(dataOf(message).id, 'base64url').toString().split(':')[1])

/** The subjects of a message: an ACS user together with its credentials, an entrance, an ACS system. */
function subjectsOf(message: Received): string[] {
  const { subject, credentialId, acsUserId, acsEntranceId, acsSystemId } = dataOf(message)
  const ids = {
    CREDENTIAL: [credentialId, acsUserId],
    USER: [acsUserId],
    ENTRANCE: [acsEntranceId],
    CONNECTION: [acsSystemId],
  }
  return ids[subject as keyof typeof ids].filter((id) => typeof id === 'string')
}

/** Checks all messages while they are in flight. `answer` returns the status. */
function observe(receiver: Receiver, answer: (message: Received, tries: number) => Promise<number>) {
  const open = new Set<Received>()
  const stats = { maxOpen: 0, overlaps: [] as string[] }
  receiver.answer = async (message, tries) => {
    const busy = new Set([...open].flatMap(subjectsOf))
    stats.overlaps.push(...subjectsOf(message).filter((subject) => busy.has(subject)))
    open.add(message)
    stats.maxOpen = Math.max(stats.maxOpen, open.size)
    const status = await answer(message, tries)
    open.delete(message)
    return { status }
  }
  return stats
}

/** Returns the subjects whose messages were accepted in another order than that of the journal. Repetitions are allowed. */
function findReordered(taken: readonly Received[]): string[] {
  const newest = new Map<string, number>()
  return taken.flatMap((message) => {
    const offset = offsetOf(message)
    const late = subjectsOf(message).filter((subject) => (newest.get(subject) ?? 0) > offset)
    for (const subject of subjectsOf(message)) newest.set(subject, offset)
    return late
  })
}

describe.each(['SQLite', 'Redis'])('an endpoint with several messages in flight, on %s', (storeName) => {
  let redis: RedisServer | null = null
  let harness: DeliveryHarness
  let receiver: Receiver

  beforeAll(async () => {
    if (storeName === 'Redis') redis = await startRedis()
  })
  afterAll(() => redis?.[Symbol.asyncDispose]())
  beforeEach(open)
  afterEach(close)

  async function open(): Promise<void> {
    const workspaceId = randomUUID()
    const url = redis?.url
    harness = await (url === undefined
      ? startDeliveryHarness()
      : startDeliveryHarness(() => openRedisJournal({ url, workspaceId })))
    receiver = await startReceiver()
  }
  async function close(): Promise<void> {
    await harness[Symbol.asyncDispose]()
    await receiver[Symbol.asyncDispose]()
  }

  const create = (parallel: number) =>
    harness.webhooks.create(demoViewer, 'whe_courier', {
      ...{ url: receiver.url, description: null, filter: allChanges, parallel },
      from: { epoch: harness.journal.epoch, offset: 0 },
    })
  let eventCount = 0
  async function append(changes: readonly Partial<NewChange>[]): Promise<readonly Change[]> {
    const entries = changes.map((about) => {
      const event = `event ${eventCount++}`
      return { dedupeKeys: [event], changes: [sampleChange(event, about)] }
    })
    return (await harness.journal.append(entries)).flatMap((result) => result.changes)
  }
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
  const waitForOffsets = (count: number): Promise<void> =>
    vi.waitFor(() => expect(new Set(receiver.taken.map(offsetOf)).size).toBe(count), wait)

  it('should have as many messages open as the owner allows, never two of one subject, and few saves', async () => {
    let saves = 0
    harness.beforeSave = () => void saves++
    const gate = Promise.withResolvers<void>()
    const stats = observe(receiver, async () => {
      if (receiver.received.length === maxParallel) gate.resolve()
      await gate.promise
      await delay(100)
      return 204
    })
    await append(upTo(400).map((index) => changeAbout(1, index % 50, 0)))
    await create(maxParallel)
    await waitForOffsets(400)
    expect(stats).toEqual({ maxOpen: maxParallel, overlaps: [] })
    expect(receiver.taken).toHaveLength(400)
    expect(receiver.connections).toBeLessThanOrEqual(maxParallel)
    expect(findReordered(receiver.taken)).toEqual([])
    expect(saves).toBeLessThan(200)
  })

  it('should go on with other subjects while a message fails, also after a restart and another filter', async () => {
    let isBroken = true
    observe(receiver, async (message) => (isBroken && offsetOf(message) === 1 ? 500 : 204))
    await append(upTo(9).map((index) => changeAbout(1, index % 3, 0)))
    const { id } = await create(4)
    // The changes of the first subject wait: 1, 4 and 7.
    await waitForOffsets(6)
    await harness.reopen()
    await append(upTo(3).map((index) => changeAbout(1, index, 0)))
    await waitForOffsets(8)
    const report = await vi.waitFor(async () => {
      const found = await harness.webhooks.get(demoViewer, id)
      expect(found?.progress).toMatchObject({ offset: 0, frontier: 12, incomplete: [1, 4, 7, 10] })
      return found
    }, wait)
    expect(report?.progress?.failing.map(({ offset }) => offset)).toEqual([1])
    expect(report && (await harness.webhooks.readLag(report))).toMatchObject({ undeliveredCount: 4 })
    isBroken = false
    await harness.webhooks.update(demoViewer, id, { filter: { ...allChanges, subjects: ['USER'] } })
    await waitForOffsets(12)
    expect(receiver.taken).toHaveLength(12)
    expect(findReordered(receiver.taken)).toEqual([])
  })

  it('should repeat a message whose acceptance could not be saved before it receives the next one of the subject', async () => {
    let failures = 3
    harness.beforeSave = (text) => {
      if (JSON.parse(text).deliveredAt !== null && failures-- > 0)
        throw new JournalUnavailable('the disk is full')
    }
    await append(upTo(2).map(() => changeAbout(1, 0, 0)))
    await create(maxParallel)
    await waitForOffsets(2)
    expect(receiver.received.map(offsetOf)).toEqual([1, 1, 1, 1, 2])
  })

  it('should receive every change again, in the order of each subject, if it is resumed after a position', async () => {
    const stats = observe(receiver, async () => delay(1, 204))
    await append(upTo(60).map((index) => changeAbout(index, index % 5, index)))
    const { id } = await create(8)
    await waitForOffsets(60)
    await harness.webhooks.pause(demoViewer, id)
    const first = receiver.taken.slice()
    await harness.webhooks.resume(demoViewer, id, { epoch: harness.journal.epoch, offset: 20 })
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(100), wait)
    const again = receiver.taken.slice(60)
    expect(findReordered(first)).toEqual([])
    expect(findReordered(again)).toEqual([])
    const idByOffset = new Map(first.map((message) => [offsetOf(message), message.id]))
    for (const message of again) expect(message.id).toBe(idByOffset.get(offsetOf(message)))
    expect(stats.overlaps).toEqual([])
  })

  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ about: fc.array(fc.nat(400), { minLength: 1, maxLength: 40 }) }),
    },
    fc.record({ parallel: fc.constantFrom(1, 2, 8, maxParallel) }),
    fc.constantFrom('pause', 'rotate', 'restart', 'fail a save', 'wait' as const),
  )

  it('should keep the order of each subject and lose nothing, whatever fails or is changed', async () => {
    await fc.assert(
      fc
        .asyncProperty(
          fc.array(step, { minLength: 5, maxLength: 15 }),
          fc.array(fc.integer({ min: -3, max: 2 }), { minLength: 7, maxLength: 31 }),
          fc.array(fc.nat(12), { minLength: 5, maxLength: 29 }),
          async (steps, failureTable, delayTable) => {
            const pick = (table: readonly number[], offset: number): number =>
              table[offset % table.length] ?? 0
            const stats = observe(receiver, async (message, tries) => {
              const offset = offsetOf(message)
              await delay(pick(delayTable, offset))
              return tries <= pick(failureTable, offset) ? 503 : 204
            })
            const { id } = await create(8)
            let [count, failedSaves] = [0, 0]
            for (const each of steps) {
              if (typeof each === 'object' && 'about' in each)
                count += (await append(each.about.map((seed) => changeAbout(seed, seed % 9, seed >> 3))))
                  .length
              else if (typeof each === 'object') await harness.webhooks.update(demoViewer, id, each)
              else if (each === 'rotate') await harness.webhooks.rotateSecret(demoViewer, id)
              else if (each === 'restart') await harness.reopen()
              else if (each === 'wait') await delay(20)
              else if (each === 'pause') {
                await harness.webhooks.pause(demoViewer, id)
                await harness.webhooks.resume(demoViewer, id, null)
              } else
                harness.beforeSave = () => {
                  harness.beforeSave = () => undefined
                  failedSaves++
                  throw new JournalUnavailable('the disk is full')
                }
            }
            await waitForOffsets(count)
            expect(stats.overlaps).toEqual([])
            expect(findReordered(receiver.taken)).toEqual([])
            expect(receiver.taken.length - count).toBeLessThanOrEqual(failedSaves * maxParallel)
            const textsById = new Map(receiver.received.map((message) => [message.id, message.body]))
            expect(textsById.size).toBe(count)
            for (const message of receiver.received) expect(message.body).toBe(textsById.get(message.id))
          },
        )
        .afterEach(async () => {
          await close()
          await open()
        }),
      { numRuns: 12 },
    )
  })
})
