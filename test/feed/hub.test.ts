import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { demoViewer } from '../../src/auth/doorkeeper.ts'
import { createCatalog } from '../../src/catalog/catalog.ts'
import { createCursors } from '../../src/feed/cursors.ts'
import { createHub, type Hub, type Operation, type Sink } from '../../src/feed/hub.ts'
import { type Journal, JournalReplaced, JournalUnavailable } from '../../src/journal/journal.ts'
import { openSqliteJournal } from '../../src/journal/sqlite.ts'
import { createLogger } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { Secret } from '../../src/model/secret.ts'
import { createSeamClient } from '../../src/seam/client.ts'
import { sampleEntry } from '../journal/sample.ts'

const log = createLogger('silent')
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

/** A feed over a journal. Nobody asks Seam: whoever sees everything needs no owners. */
async function openFeed(over: Journal = journal, onLost?: (error: unknown) => void) {
  const seam = createSeamClient({ apiKey: new Secret('seam_nobody_asks'), endpoint: 'http://127.0.0.1:9' })
  const catalog = createCatalog({ seam, maxAgeMs: 1000 })
  const cursors = await createCursors(over)
  const hub = await createHub({
    journal: over,
    catalog,
    cursors,
    log,
    metrics: createMetrics(),
    ...(onLost !== undefined && { onLost }),
  })
  closing.push(hub.close, cursors.close)
  return { hub, cursors }
}

/** Every change, told by its event. */
const everything: Operation = {
  key: 'everything',
  wants: () => true,
  render: async ({ changes, gap }) =>
    JSON.stringify({ told: changes.map(({ seamEventId }) => seamEventId), gap: gap?.reason ?? null }),
}

type Told = { told: string[]; gap: string | null }

/** A subscriber that reads whatever it gets. */
function createReader() {
  const told: string[] = []
  const gaps: string[] = []
  const ends: string[] = []
  const sink: Sink = {
    deliver({ body }) {
      const batch = JSON.parse(body) as Told
      told.push(...batch.told)
      if (batch.gap !== null) gaps.push(batch.gap)
    },
    ready: () => true,
    end: (reason) => void ends.push(reason),
  }
  return { told, gaps, ends, sink }
}

const joinAfter = (hub: Hub, cursor: string | null, sink: Sink) =>
  hub.join(everything, demoViewer, cursor, sink)

describe('many who come back at once', () => {
  it('should read each stretch of the journal once, however many they are', { timeout: 60_000 }, async () => {
    await journal.append(upTo(2_000).map((n) => sampleEntry(`${n}`)))
    const asked = { read: 0, floor: 0, head: 0 }
    const counted: Journal = {
      ...journal,
      read: (...args) => {
        asked.read++
        return journal.read(...args)
      },
      floor: () => {
        asked.floor++
        return journal.floor()
      },
      head: () => {
        asked.head++
        return journal.head()
      },
    }
    const { hub, cursors } = await openFeed(counted)
    const places = [0, 1_000].map((offset) => ({ offset, cursor: cursors.write(demoViewer, offset) }))
    const readers = upTo(10_000).map((n) => ({ ...createReader(), from: places[n % 2] ?? places[0] }))
    await Promise.all(readers.map(({ from, sink }) => joinAfter(hub, from?.cursor ?? null, sink)))
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
    expect(asked.read).toBeLessThanOrEqual(40)
    expect(asked.floor).toBeLessThanOrEqual(20)
    expect(asked.head).toBeLessThanOrEqual(1)
  })
})

describe('more than can wait for an execution', () => {
  it('should be told as a gap without a number: whose changes they were, nobody has looked', {
    timeout: 60_000,
  }, async () => {
    const { hub } = await openFeed()
    const gate = Promise.withResolvers<void>()
    const gaps: unknown[] = []
    const slow: Operation = {
      key: 'slow',
      wants: ({ seamEventId }) => seamEventId === '1',
      async render({ changes, gap }) {
        if (changes.length > 0) await gate.promise
        return JSON.stringify(gap)
      },
    }
    const deliver = ({ body }: { body: string }) => void (body === 'null' || gaps.push(JSON.parse(body)))
    await hub.join(slow, demoViewer, null, { deliver, ready: () => true, end: () => {} })
    await journal.append([sampleEntry('1')])
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
      floor: async () => {
        if (isAway) throw new JournalUnavailable('away')
        return journal.floor()
      },
    }
    const { hub, cursors } = await openFeed(away)
    isAway = true
    const reader = createReader()
    await joinAfter(hub, cursors.write(demoViewer, 1), reader.sink)
    expect(reader.ends).toEqual(['failed'])
    expect(hub.size).toBe(0)
    // Who has everything needs nothing of it.
    const current = createReader()
    await joinAfter(hub, cursors.write(demoViewer, 3), current.sink)
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
      lost.resolve,
    )
    const reader = createReader()
    await joinAfter(hub, null, reader.sink)
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
