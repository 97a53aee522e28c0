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

/** Opens a feed that is closed at the end of the test. */
async function openFeed(over: Journal = journal, options: Parameters<typeof openFeedOver>[1] = {}) {
  const feed = await openFeedOver(over, options)
  closing.push(feed.close)
  return feed
}

describe('many subscribers that resume at once', () => {
  it('should share the reads of the journal, regardless of their number', { timeout: 60_000 }, async () => {
    await journal.append(upTo(2_000).map((n) => sampleEntry(`${n}`)))
    const calls = { search: 0, floor: 0, head: 0 }
    const counted: Journal = {
      ...journal,
      search: (...args) => {
        calls.search++
        return journal.search(...args)
      },
      readFloor: () => {
        calls.floor++
        return journal.readFloor()
      },
      readHead: () => {
        calls.head++
        return journal.readHead()
      },
    }
    const { hub, cursors } = await openFeed(counted)
    const places = [0, 1_000].map((offset) => ({ offset, cursor: cursors.write(demoViewer, offset) }))
    const readers = upTo(10_000).map((n) => ({ ...createReader(), from: places[n % 2] ?? places[0] }))
    await Promise.all(readers.map(({ from, sink }) => subscribeAfter(hub, from?.cursor ?? null, sink)))
    await vi.waitFor(
      () => {
        for (const { eventIds, from } of readers) expect(eventIds).toHaveLength(2_000 - (from?.offset ?? 0))
      },
      { timeout: 50_000, interval: 100 },
    )
    for (const { eventIds, gaps, from } of readers.slice(0, 100)) {
      expect(eventIds).toEqual(upTo(2_000).slice(from?.offset).map(String))
      expect(gaps).toEqual([])
    }
    // The two offsets need four and two pages, each cached for a second. A slow machine may read a page again.
    expect(calls.search).toBeLessThanOrEqual(40)
    expect(calls.floor).toBeLessThanOrEqual(20)
    expect(calls.head).toBeLessThanOrEqual(1)
  })
})

describe('changes that leave the journal before they are read', () => {
  it('should be reported as one gap to every subscriber that has not received them', async () => {
    const { hub, cursors } = await openFeed()
    await journal.append([sampleEntry('1')])
    const [prompt, late, busy] = [createReader(), createReader(), createReader()]
    let isReady = true
    await subscribeAfter(hub, null, prompt.sink)
    await subscribeAfter(hub, null, { ...busy.sink, isReady: () => isReady })
    await vi.waitFor(() => expect(hub.position).toBe(1))
    // Another journal writes the same file. The feed reads its changes only at the next append of its own journal.
    const other = await openSqliteJournal({ file: join(folder, 'journal.db'), isShared: true })
    await other.append(upTo(8).map((n) => sampleEntry(`unread ${n}`)))
    await other.trim(Number.MAX_SAFE_INTEGER, 3)
    await other.close()
    await subscribeAfter(hub, cursors.write(demoViewer, 1), late.sink)
    isReady = false
    await journal.append([sampleEntry('last')])
    for (const reader of [prompt, late]) {
      await vi.waitFor(() => expect(reader.eventIds.at(-1)).toBe('last'))
      expect(reader.gaps).toEqual(['EXPIRED'])
      expect(reader.eventIds.filter((id) => id.startsWith('unread'))).toEqual([
        'unread 6',
        'unread 7',
        'unread 8',
      ])
    }
    expect(hub.position).toBe(10)
    // A subscriber that was not ready receives the gap later.
    isReady = true
    await vi.waitFor(() => expect(busy.gaps).toEqual(['EXPIRED']))
  })
})

describe('more changes than the queue of an execution holds', () => {
  it.each([
    { title: 'should be reported as a gap without a number, since they were not filtered', others: 2 },
    { title: 'should not be reported if the operation selects none of them', others: 1 },
  ])('$title', { timeout: 60_000 }, async ({ others }) => {
    const { hub } = await openFeed()
    const gate = Promise.withResolvers<void>()
    const gaps: unknown[] = []
    let selected: string | null = null
    const slow: SubscriptionOperation = {
      key: 'slow',
      filter: { ...allChanges, origins: ['MUTATION'] },
      async render({ changes, gap }) {
        if (changes.length > 0) await gate.promise
        selected = changes.at(-1)?.seamEventId ?? null
        return JSON.stringify(gap)
      },
    }
    const deliver = ({ body }: { body: string }) => void (body === 'null' || gaps.push(JSON.parse(body)))
    await hub.subscribe(slow, demoViewer, [], { deliver, isReady: () => true, end: () => {} })
    await journal.append([{ dedupeKeys: ['1'], changes: [sampleChange('1', { origin: 'MUTATION' })] }])
    await vi.waitFor(() => expect(hub.position).toBe(1))
    const origins = ['WEBHOOK', 'MUTATION'] as const
    const entry = (n: number) => ({
      dedupeKeys: [`other ${n}`],
      changes: [sampleChange(`other ${n}`, { origin: origins[n % others] ?? 'WEBHOOK' })],
    })
    await journal.append(upTo(11_000).map(entry))
    await vi.waitFor(() => expect(hub.position).toBe(11_001), { timeout: 50_000, interval: 50 })
    gate.resolve()
    const expected = others === 1 ? [] : [{ reason: 'TOO_SLOW', missed: null }]
    await vi.waitFor(() => expect(gaps).toEqual(expected), { timeout: 10_000 })
    await journal.append([{ dedupeKeys: ['last'], changes: [sampleChange('last', { origin: 'MUTATION' })] }])
    await vi.waitFor(() => expect(selected).toBe('last'), { timeout: 10_000 })
    expect(gaps).toEqual(expected)
  })
})

describe('a journal that is unavailable or replaced', () => {
  it('should end a resuming subscriber so that it retries, but not one that needs no older changes', async () => {
    await journal.append(upTo(3).map((n) => sampleEntry(`${n}`)))
    let isDown = false
    const unreliable: Journal = {
      ...journal,
      readFloor: async () => {
        if (isDown) throw new JournalUnavailable('unavailable')
        return journal.readFloor()
      },
    }
    const { hub, cursors } = await openFeed(unreliable)
    isDown = true
    const reader = createReader()
    await subscribeAfter(hub, cursors.write(demoViewer, 1), reader.sink)
    expect(reader.ends).toEqual(['failed'])
    expect(hub.subscriberCount).toBe(0)
    // A cursor at the end of the journal needs no read.
    const current = createReader()
    await subscribeAfter(hub, cursors.write(demoViewer, 3), current.sink)
    expect(current.ends).toEqual([])
  })

  it('should be reported by onJournalLost if it was replaced, and end all subscribers', async () => {
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

describe('the signing key of cursors', () => {
  it('should be rotated without any replica refusing a valid cursor', async () => {
    // The two instances read the signing keys from the store at different times.
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
