import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { demoViewer } from '../../src/auth/authenticator.ts'
import type { SubscriptionOperation } from '../../src/feed/subscription.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts'
import { sampleEntry } from '../journal/sample-changes.ts'
import { countPerTurn, type TurnCounter } from '../support/turn-counter.ts'
import {
  createReader,
  everyChangeOperation,
  type FeedFixture,
  openFeed,
  subscribeAfter,
} from './feed-fixture.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const wait = { timeout: 50_000, interval: 50 }
/** Upper limits for one turn, with a margin: the real limit counts rows, and each execution and delivery counts as some. */
const maxPerTurn = { executions: 60, deliveries: 1_100 }

let folder: string
let journal: Journal
const closing: (() => unknown)[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-turns-'))
  journal = await openSqliteJournal({ file: join(folder, 'journal.db') })
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await journal.close()
  await rm(folder, { recursive: true })
})

function startCount(): TurnCounter {
  const counter = countPerTurn()
  closing.push(counter.stop)
  return counter
}

async function feedWith(options: Parameters<typeof openFeed>[1] = {}): Promise<FeedFixture> {
  const feed = await openFeed(journal, options)
  closing.push(feed.close)
  return feed
}

/** Subscribes one reader to each of `count` different operations. */
async function subscribeEach({ hub }: FeedFixture, count: number, onExecuted: () => void) {
  const readers = upTo(count).map(() => createReader())
  const operationOf = (n: number): SubscriptionOperation => ({
    ...everyChangeOperation,
    key: `operation ${n}`,
    render(batch) {
      onExecuted()
      return everyChangeOperation.render(batch)
    },
  })
  await Promise.all(readers.map(({ sink }, n) => hub.subscribe(operationOf(n), demoViewer, [], sink)))
  return readers
}

/** Appends from another journal, whose appends do not wake the tail, so that the feed reads all of them at once later. */
async function appendWithoutWakeUp(ids: readonly string[]): Promise<void> {
  const other = await openSqliteJournal({ file: join(folder, 'journal.db'), isShared: true })
  await other.append(ids.map(sampleEntry))
  await other.close()
}

describe('2,000 different operations', () => {
  it('should be executed over several turns of the event loop, each in the order of the journal', {
    timeout: 60_000,
  }, async () => {
    const executions = startCount()
    const readers = await subscribeEach(await feedWith(), 2_000, executions.add)
    const ids = upTo(5).map((n) => `${n}`)
    for (const id of ids) await journal.append([sampleEntry(id)])
    await vi.waitFor(() => {
      for (const { eventIds } of readers) expect(eventIds).toHaveLength(ids.length)
    }, wait)
    for (const { eventIds, gaps } of readers) {
      expect(eventIds).toEqual(ids)
      expect(gaps).toEqual([])
    }
    expect(executions.most).toBeLessThanOrEqual(maxPerTurn.executions)
  })

  it('should send their heartbeats over several turns', { timeout: 60_000 }, async () => {
    const executions = startCount()
    let total = 0
    await subscribeEach(await feedWith({ heartbeatMs: 500 }), 2_000, () => {
      executions.add()
      total++
    })
    await vi.waitFor(() => expect(total).toBeGreaterThanOrEqual(6_000), wait)
    expect(executions.most).toBeLessThanOrEqual(maxPerTurn.executions)
  })
})

describe('many changes that are read at once after a pause', () => {
  it('should be delivered by many operations without a gap, though they exceed the queue of an execution', {
    timeout: 60_000,
  }, async () => {
    const executions = startCount()
    const readers = await subscribeEach(await feedWith(), 20, executions.add)
    const ids = upTo(30_000).map((n) => `${n}`)
    await appendWithoutWakeUp(ids)
    await journal.append([sampleEntry('last')])
    await vi.waitFor(() => {
      for (const { eventIds } of readers) expect(eventIds.at(-1)).toBe('last')
    }, wait)
    for (const { eventIds, gaps } of readers) {
      expect(gaps).toEqual([])
      expect(eventIds).toEqual([...ids, 'last'])
    }
  })

  it('should not be delayed by another operation whose execution is pending', {
    timeout: 60_000,
  }, async () => {
    const feed = await feedWith()
    const gate = Promise.withResolvers<void>()
    closing.push(gate.resolve)
    const stuck: SubscriptionOperation = {
      ...everyChangeOperation,
      key: 'stuck',
      async render(batch) {
        if (batch.changes.length > 0) await gate.promise
        return everyChangeOperation.render(batch)
      },
    }
    await feed.hub.subscribe(stuck, demoViewer, [], createReader().sink)
    const reader = createReader()
    await subscribeAfter(feed.hub, null, reader.sink)
    await appendWithoutWakeUp(upTo(15_000).map((n) => `${n}`))
    await journal.append([sampleEntry('last')])
    await vi.waitFor(() => expect(reader.eventIds.at(-1)).toBe('last'), wait)
    expect(reader.gaps).toEqual([])
  })
})

describe('5,000 subscribers of one operation', () => {
  it('should receive live and replayed changes over several turns, each in the order of the journal', {
    timeout: 60_000,
  }, async () => {
    const { hub, cursors } = await feedWith()
    const deliveries = startCount()
    await journal.append([sampleEntry('past')])
    await vi.waitFor(() => expect(hub.position).toBe(1))
    const start = cursors.write(demoViewer, 0)
    const readers = upTo(5_000).map(() => {
      const reader = createReader()
      const deliver: typeof reader.sink.deliver = (frame) => {
        deliveries.add()
        reader.sink.deliver(frame)
      }
      return { ...reader, sink: { ...reader.sink, deliver } }
    })
    await Promise.all(readers.map(({ sink }) => subscribeAfter(hub, start, sink)))
    for (const id of ['a', 'b', 'c']) await journal.append([sampleEntry(id)])
    await vi.waitFor(() => {
      for (const { eventIds } of readers) expect(eventIds).toHaveLength(4)
    }, wait)
    for (const { eventIds, gaps } of readers) {
      expect(eventIds).toEqual(['past', 'a', 'b', 'c'])
      expect(gaps).toEqual([])
    }
    expect(deliveries.most).toBeLessThanOrEqual(maxPerTurn.deliveries)
  })

  it('should receive the gap after slow reading over several turns', {
    timeout: 60_000,
  }, async () => {
    const { hub } = await feedWith()
    const executions = startCount()
    let canTakeMore = true
    const [started, skipped] = [new Set<number>(), new Set<number>()]
    const counted: SubscriptionOperation = {
      ...everyChangeOperation,
      render(batch) {
        executions.add()
        return everyChangeOperation.render(batch)
      },
    }
    const readers = upTo(1_000).map(() => createReader())
    for (const [n, { sink }] of readers.entries()) {
      const isReady = (): boolean => {
        if (!canTakeMore) skipped.add(n)
        return canTakeMore
      }
      const deliver: typeof sink.deliver = (frame) => {
        started.add(n)
        sink.deliver(frame)
      }
      await hub.subscribe(counted, demoViewer, [], { ...sink, isReady, deliver })
    }
    await vi.waitFor(() => expect(started.size).toBe(readers.length))
    canTakeMore = false
    await journal.append([sampleEntry('missed')])
    await vi.waitFor(() => expect(skipped.size).toBe(readers.length))
    canTakeMore = true
    await vi.waitFor(() => {
      for (const { gaps } of readers) expect(gaps).toEqual(['TOO_SLOW'])
    }, wait)
    expect(executions.most).toBeLessThanOrEqual(maxPerTurn.executions)
  })

  it('should receive nothing after they unsubscribe during a delivery', async () => {
    const { hub } = await feedWith()
    const readers = upTo(2_000).map(() => createReader())
    const unsubscribes: (() => void)[] = []
    const first = createReader()
    await subscribeAfter(hub, null, {
      ...first.sink,
      // All others unsubscribe when the first subscriber receives the change.
      deliver({ body }) {
        if (body.includes('late')) for (const unsubscribe of unsubscribes) unsubscribe()
      },
    })
    for (const { sink } of readers) unsubscribes.push(await subscribeAfter(hub, null, sink))
    await journal.append([sampleEntry('late')])
    await vi.waitFor(() => expect(hub.subscriberCount).toBe(1))
    for (const { eventIds } of readers) expect(eventIds).toEqual([])
  })
})
