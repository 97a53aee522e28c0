import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { demoViewer } from '../../src/auth/authenticator.ts'
import { createCursors } from '../../src/feed/cursors.ts'
import type { SubscriptionOperation } from '../../src/feed/subscription.ts'
import { type Journal, JournalReplaced, JournalUnavailable } from '../../src/journal/journal.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts'
import { allChanges } from '../../src/model/change-filter.ts'
import { sampleChange, sampleEntry } from '../journal/sample-changes.ts'
import { createReader, openFeed as openFeedOver, subscribeAfter } from './feed-fixture.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

let folder: string
let journal: Journal
const closing: (() => unknown)[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-hub-'))
  journal = await openSqliteJournal({ file: join(folder, 'journal.db') })
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await journal.close()
  await rm(folder, { recursive: true })
})

/** A feed that ends with the test. */
async function openFeed(over: Journal = journal, options: Parameters<typeof openFeedOver>[1] = {}) {
  const feed = await openFeedOver(over, options)
  closing.push(feed.close)
  return feed
}

describe('many who come back at once', () => {
  it('should read each stretch of the journal once, however many they are', { timeout: 60_000 }, async () => {
    await journal.append(upTo(2_000).map((n) => sampleEntry(`${n}`)))
    const asked = { search: 0, floor: 0, head: 0 }
    const counted: Journal = {
      ...journal,
      search: (...args) => {
        asked.search++
        return journal.search(...args)
      },
      readFloor: () => {
        asked.floor++
        return journal.readFloor()
      },
      readHead: () => {
        asked.head++
        return journal.readHead()
      },
    }
    const { hub, cursors } = await openFeed(counted)
    const places = [0, 1_000].map((offset) => ({ offset, cursor: cursors.write(demoViewer, offset) }))
    const readers = upTo(10_000).map((n) => ({ ...createReader(), from: places[n % 2] ?? places[0] }))
    await Promise.all(readers.map(({ from, sink }) => subscribeAfter(hub, from?.cursor ?? null, sink)))
    await vi.waitFor(
      () => {
        for (const { told, from } of readers) expect(told).toHaveLength(2_000 - (from?.offset ?? 0))
      },
      { timeout: 50_000, interval: 100 },
    )
    for (const { told, gaps, from } of readers.slice(0, 100)) {
      expect(told).toEqual(upTo(2_000).slice(from?.offset).map(String))
      expect(gaps).toEqual([])
    }
    // Four pages and two, each kept for a second for the others: a slow machine may need one of them a second time.
    expect(asked.search).toBeLessThanOrEqual(40)
    expect(asked.floor).toBeLessThanOrEqual(20)
    expect(asked.head).toBeLessThanOrEqual(1)
  })
})

describe('changes that leave the journal before they are read', () => {
  it('should be told as a gap, once, to every subscriber that does not know them', async () => {
    const { hub, cursors } = await openFeed()
    await journal.append([sampleEntry('1')])
    const [prompt, late, busy] = [createReader(), createReader(), createReader()]
    let isReady = true
    await subscribeAfter(hub, null, prompt.sink)
    await subscribeAfter(hub, null, { ...busy.sink, isReady: () => isReady })
    await vi.waitFor(() => expect(hub.position).toBe(1))
    // Another process writes the same file: this one hears of it only at its own next append.
    const other = await openSqliteJournal({ file: join(folder, 'journal.db'), isShared: true })
    await other.append(upTo(8).map((n) => sampleEntry(`unread ${n}`)))
    await other.trim(Number.MAX_SAFE_INTEGER, 3)
    await other.close()
    await subscribeAfter(hub, cursors.write(demoViewer, 1), late.sink)
    isReady = false
    await journal.append([sampleEntry('last')])
    for (const reader of [prompt, late]) {
      await vi.waitFor(() => expect(reader.told.at(-1)).toBe('last'))
      expect(reader.gaps).toEqual(['EXPIRED'])
      expect(reader.told.filter((id) => id.startsWith('unread'))).toEqual([
        'unread 6',
        'unread 7',
        'unread 8',
      ])
    }
    expect(hub.position).toBe(10)
    // Who can take nothing at that moment is told the same a little later.
    isReady = true
    await vi.waitFor(() => expect(busy.gaps).toEqual(['EXPIRED']))
  })
})

describe('more than can wait for an execution', () => {
  it('should be told as a gap without a number: whose changes they were, nobody has looked', {
    timeout: 60_000,
  }, async () => {
    const { hub } = await openFeed()
    const gate = Promise.withResolvers<void>()
    const gaps: unknown[] = []
    const slow: SubscriptionOperation = {
      key: 'slow',
      filter: { ...allChanges, origins: ['MUTATION'] },
      async render({ changes, gap }) {
        if (changes.length > 0) await gate.promise
        return JSON.stringify(gap)
      },
    }
    const deliver = ({ body }: { body: string }) => void (body === 'null' || gaps.push(JSON.parse(body)))
    await hub.subscribe(slow, demoViewer, [], { deliver, isReady: () => true, end: () => {} })
    await journal.append([{ dedupeKeys: ['1'], changes: [sampleChange('1', { origin: 'MUTATION' })] }])
    await vi.waitFor(() => expect(hub.position).toBe(1))
    await journal.append(upTo(11_000).map((n) => sampleEntry(`other ${n}`)))
    await vi.waitFor(() => expect(hub.position).toBe(11_001), { timeout: 50_000, interval: 50 })
    gate.resolve()
    await vi.waitFor(() => expect(gaps).toEqual([{ reason: 'TOO_SLOW', missed: null }]), { timeout: 10_000 })
  })
})

describe('a journal that is away', () => {
  it('should send a subscriber who comes back away to try again, rather than fail its operation', async () => {
    await journal.append(upTo(3).map((n) => sampleEntry(`${n}`)))
    let isAway = false
    const away: Journal = {
      ...journal,
      readFloor: async () => {
        if (isAway) throw new JournalUnavailable('away')
        return journal.readFloor()
      },
    }
    const { hub, cursors } = await openFeed(away)
    isAway = true
    const reader = createReader()
    await subscribeAfter(hub, cursors.write(demoViewer, 1), reader.sink)
    expect(reader.ends).toEqual(['failed'])
    expect(hub.subscriberCount).toBe(0)
    // Who has everything needs nothing of it.
    const current = createReader()
    await subscribeAfter(hub, cursors.write(demoViewer, 3), current.sink)
    expect(current.ends).toEqual([])
  })

  it('should be told to whoever runs the feed when it was replaced, and its subscribers be sent away', async () => {
    const replaced = Promise.withResolvers<void>()
    const lost = Promise.withResolvers<unknown>()
    const { hub } = await openFeed(
      {
        ...journal,
        tail: () => ({
          [Symbol.asyncIterator]: () => ({
            async next() {
              await replaced.promise
              throw new JournalReplaced('another one')
            },
          }),
        }),
      },
      { onJournalLost: lost.resolve },
    )
    const reader = createReader()
    await subscribeAfter(hub, null, reader.sink)
    replaced.resolve()
    expect(await lost.promise).toBeInstanceOf(JournalReplaced)
    expect(reader.ends).toEqual(['failed'])
  })
})

describe('a secret that signs cursors', () => {
  it('should be exchanged without a cursor that is refused anywhere', async () => {
    // They look at the store at different moments.
    const here = await createCursors(journal, 100)
    await delay(50)
    const there = await createCursors(journal, 100)
    closing.push(here.close, there.close)
    const before = here.write(demoViewer, 7)
    await journal.rotateSigningKey()
    const keyIn = (cursor: string) => Buffer.from(cursor, 'base64url').toString().split('.')[4]
    const seen = new Set<string | undefined>()
    const pairs = [
      [here, there],
      [there, here],
    ] as const
    while (seen.size < 2) {
      for (const [by, to] of pairs) {
        const cursor = by.write(demoViewer, 7)
        seen.add(keyIn(cursor))
        expect(to.read(demoViewer, cursor)).toEqual({ offset: 7 })
      }
      await delay(5)
    }
    expect(here.read(demoViewer, before)).toEqual({ offset: 7 })
    await journal.rotateSigningKey()
    await vi.waitFor(() => expect(here.read(demoViewer, before)).toEqual({ gap: 'JOURNAL_REPLACED' }))
  })
})
