import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { demoViewer } from '../../src/auth/authenticator.ts'
import type { SubscriptionOperation } from '../../src/feed/subscription.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts'
import { sampleEntry } from '../journal/sample-changes.ts'
import {
  createReader,
  everyChangeOperation,
  type FeedFixture,
  openFeed,
  subscribeAfter,
} from './feed-fixture.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const patience = { timeout: 50_000, interval: 50 }
/** What one turn may do, with some room: the bounds are of rows, in which both have a price. */
const most = { executions: 60, deliveries: 1_100 }

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

async function feedWith(options: Parameters<typeof openFeed>[1] = {}): Promise<FeedFixture> {
  const feed = await openFeed(journal, options)
  closing.push(feed.close)
  return feed
}

/** Counts what happens between two turns of the event loop, and keeps the most. */
function countPerTurn() {
  let count = 0
  const counter = {
    most: 0,
    add: () => {
      count++
      counter.most = Math.max(counter.most, count)
    },
  }
  const turn = (): void => {
    count = 0
    next = setImmediate(turn)
  }
  let next = setImmediate(turn)
  closing.push(() => clearImmediate(next))
  return counter
}

/** Operations that differ, each with one subscriber. */
async function joinEach({ hub }: FeedFixture, count: number, onExecuted: () => void) {
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

/** Appends as a process does that nobody here hears of, so that all of it is read at once later. */
async function appendUnheard(ids: readonly string[]): Promise<void> {
  const other = await openSqliteJournal({ file: join(folder, 'journal.db'), isShared: true })
  await other.append(ids.map(sampleEntry))
  await other.close()
}

describe('2,000 operations that differ', () => {
  it('should be executed over several turns of the event loop, each in the order of the journal', {
    timeout: 60_000,
  }, async () => {
    const executions = countPerTurn()
    const readers = await joinEach(await feedWith(), 2_000, executions.add)
    const ids = upTo(5).map((n) => `${n}`)
    for (const id of ids) await journal.append([sampleEntry(id)])
    await vi.waitFor(() => {
      for (const { told } of readers) expect(told).toHaveLength(ids.length)
    }, patience)
    for (const { told, gaps } of readers) {
      expect(told).toEqual(ids)
      expect(gaps).toEqual([])
    }
    expect(executions.most).toBeLessThanOrEqual(most.executions)
  })

  it('should get their heartbeats over several turns', { timeout: 60_000 }, async () => {
    const executions = countPerTurn()
    let total = 0
    await joinEach(await feedWith({ heartbeatMs: 500 }), 2_000, () => {
      executions.add()
      total++
    })
    await vi.waitFor(() => expect(total).toBeGreaterThanOrEqual(6_000), patience)
    expect(executions.most).toBeLessThanOrEqual(most.executions)
  })
})

describe('a long tail that is read after a pause', () => {
  it('should reach many operations without a gap, though more comes than may wait', {
    timeout: 60_000,
  }, async () => {
    const executions = countPerTurn()
    const readers = await joinEach(await feedWith(), 20, executions.add)
    const ids = upTo(30_000).map((n) => `${n}`)
    await appendUnheard(ids)
    await journal.append([sampleEntry('last')])
    await vi.waitFor(() => {
      for (const { told } of readers) expect(told.at(-1)).toBe('last')
    }, patience)
    for (const { told, gaps } of readers) {
      expect(gaps).toEqual([])
      expect(told).toEqual([...ids, 'last'])
    }
  })

  it('should not wait for an operation that waits for something else', { timeout: 60_000 }, async () => {
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
    await appendUnheard(upTo(15_000).map((n) => `${n}`))
    await journal.append([sampleEntry('last')])
    await vi.waitFor(() => expect(reader.told.at(-1)).toBe('last'), patience)
    expect(reader.gaps).toEqual([])
  })
})

describe('5,000 subscribers of one operation', () => {
  it('should be written to over several turns, live and from the past, each in the order of the journal', {
    timeout: 60_000,
  }, async () => {
    const { hub, cursors } = await feedWith()
    const deliveries = countPerTurn()
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
      for (const { told } of readers) expect(told).toHaveLength(4)
    }, patience)
    for (const { told, gaps } of readers) {
      expect(told).toEqual(['past', 'a', 'b', 'c'])
      expect(gaps).toEqual([])
    }
    expect(deliveries.most).toBeLessThanOrEqual(most.deliveries)
  })

  it('should be told over several turns what they were too slow for', {
    timeout: 60_000,
  }, async () => {
    const { hub } = await feedWith()
    const executions = countPerTurn()
    let canTakeMore = true
    const [greeted, asked] = [new Set<number>(), new Set<number>()]
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
        if (!canTakeMore) asked.add(n)
        return canTakeMore
      }
      const deliver: typeof sink.deliver = (frame) => {
        greeted.add(n)
        sink.deliver(frame)
      }
      await hub.subscribe(counted, demoViewer, [], { ...sink, isReady, deliver })
    }
    await vi.waitFor(() => expect(greeted.size).toBe(readers.length))
    canTakeMore = false
    await journal.append([sampleEntry('missed')])
    await vi.waitFor(() => expect(asked.size).toBe(readers.length))
    canTakeMore = true
    await vi.waitFor(() => {
      for (const { gaps } of readers) expect(gaps).toEqual(['TOO_SLOW'])
    }, patience)
    expect(executions.most).toBeLessThanOrEqual(most.executions)
  })

  it('should not write to those who have left meanwhile', async () => {
    const { hub } = await feedWith()
    const readers = upTo(2_000).map(() => createReader())
    const leaves: (() => void)[] = []
    const first = createReader()
    await subscribeAfter(hub, null, {
      ...first.sink,
      // Everybody else leaves as soon as the first one is told.
      deliver({ body }) {
        if (body.includes('news')) for (const leave of leaves) leave()
      },
    })
    for (const { sink } of readers) leaves.push(await subscribeAfter(hub, null, sink))
    await journal.append([sampleEntry('news')])
    await vi.waitFor(() => expect(hub.subscriberCount).toBe(1))
    for (const { told } of readers) expect(told).toEqual([])
  })
})
