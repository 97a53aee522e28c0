import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Journal, JournalReplaced, JournalUnavailable } from '../../src/journal/journal.ts'
import { openRedisJournal } from '../../src/journal/redis.ts'
import type { Change, NewChange } from '../../src/model/change.ts'
import { type Redis, startRedis } from '../support/redis.ts'
import { type Acknowledged, acknowledged, expectKeptIn, startAppender } from './appending.ts'
import { describeJournal } from './conformance.ts'
import { sampleChange, sampleEntry } from './sample.ts'

let shared: Redis
beforeAll(async () => {
  shared = await startRedis()
})
afterAll(() => shared[Symbol.asyncDispose]())

describeJournal('redis', async () => {
  const workspaceId = randomUUID()
  return {
    open: (now) => openRedisJournal({ url: shared.url, workspaceId, now }),
    async remove() {
      const keys = (await shared.command('KEYS', `*${workspaceId}*`)) as string[]
      await shared.command('DEL', ...keys)
    },
  }
})

const idsOf = (changes: readonly Change[]) => changes.map(({ seamEventId }) => seamEventId)
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** Journals of one workspace, as several processes have them open. */
async function openMany(redis: Redis, count: number): Promise<Journal[]> {
  return Promise.all(upTo(count).map(() => openRedisJournal({ url: redis.url, workspaceId: 'w' })))
}

/** Everything that a tail tells, as it comes. */
function listen(journal: Journal, after = 0) {
  const stop = new AbortController()
  const found: Change[] = []
  const ended = (async () => {
    for await (const batch of journal.tail(after, stop.signal)) found.push(...batch)
  })().catch((error: unknown) => error)
  return {
    found,
    ended,
    async stop() {
      stop.abort()
      await ended
    },
  }
}

/** Something between here and Redis that can forget the connections it has, and tells neither end. */
async function startNetwork(redisUrl: string) {
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(new URL(redisUrl).port), '127.0.0.1')
    near.on('error', () => undefined).pipe(far)
    far.on('error', () => undefined).pipe(near)
    open.add(near).add(far)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    goSilent() {
      for (const socket of open) socket.unpipe().pause()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('a journal in Redis', () => {
  it('should record no change before the one ahead of it, whatever the clock does', async () => {
    await using redis = await startRedis()
    let clock = Date.parse('2026-07-20T12:00:00.000Z')
    const journal = await openRedisJournal({ url: redis.url, workspaceId: 'w', now: () => new Date(clock) })
    await journal.append([sampleEntry('a')])
    clock -= 60_000
    await journal.append([sampleEntry('b')])
    const [first, second] = await journal.read(0, 10)
    expect(second?.recordedAt).toBe(first?.recordedAt)
    await journal.close()
  })

  it('should be one for all processes: the same order, each entry once, told to everybody', async () => {
    await using redis = await startRedis()
    const journals = await openMany(redis, 3)
    const [first] = journals as [Journal]
    const listeners = journals.map((journal) => listen(journal))
    await Promise.all(
      upTo(300).map((n) => journals[n % 3]?.append([sampleEntry(`${n}`), sampleEntry(`${(n * 7) % 300}`)])),
    )
    const all = await first.read(0, 1_000)
    expect(all.map(({ offset }) => offset)).toEqual(upTo(all.length))
    expect(new Set(idsOf(all)).size).toBe(all.length)
    expect(all).toHaveLength(301)
    for (const { found } of listeners) await vi.waitFor(() => expect(found).toEqual(all))
    expect(new Set(journals.map(({ epoch }) => epoch)).size).toBe(1)
    for (const { stop } of listeners) await stop()
    for (const journal of journals) await journal.close()
  })

  it('should send everything that arrives in one turn of the event loop at once', async () => {
    await using redis = await startRedis()
    const [journal] = (await openMany(redis, 1)) as [Journal]
    const scriptsRun = async () =>
      Number(
        /cmdstat_evalsha:calls=(\d+)/.exec(String(await redis.command('INFO', 'commandstats')))?.[1] ?? 0,
      )
    await journal.append([sampleEntry('first')])
    await redis.command('CONFIG', 'RESETSTAT')
    await Promise.all(upTo(500).map((n) => journal.append([sampleEntry(`${n}`)])))
    // The tail asks as well, once for what it heard of.
    expect(await scriptsRun()).toBeLessThanOrEqual(4)
    expect(await journal.head()).toBe(501)
    await journal.close()
  })

  it('should hold one lease for all processes, and give it to another one within its time', async () => {
    await using redis = await startRedis()
    const [one, two] = (await openMany(redis, 2)) as [Journal, Journal]
    const lease = await one.lease('work', 'one', 300)
    expect(await two.lease('work', 'two', 300)).toBeNull()
    const taken = await vi.waitFor(async () => {
      const found = await two.lease('work', 'two', 300)
      expect(found).not.toBeNull()
      return found
    })
    expect(taken?.token).toBeGreaterThan(lease?.token ?? 0)
    await expect(one.append([sampleEntry('late')], lease ?? undefined)).rejects.toMatchObject({
      code: 'LEASE_LOST',
    })
    expect(await two.head()).toBe(0)
    await Promise.all([one.close(), two.close()])
  })

  it('should have no PIN anywhere in it, even if one was handed to it', async () => {
    await using redis = await startRedis()
    const [journal] = (await openMany(redis, 1)) as [Journal]
    await journal.append([
      { dedupeKeys: ['a'], changes: [{ ...sampleChange('a'), code: '8675309' } as NewChange] },
    ])
    expect(JSON.stringify(await redis.command('XRANGE', '{latchkey:w}:changes', '-', '+'))).not.toContain(
      '8675309',
    )
    await journal.close()
  })

  it('should keep all its keys under one hash tag, so that a cluster has them on one node', async () => {
    await using redis = await startRedis()
    const [journal] = (await openMany(redis, 1)) as [Journal]
    await journal.append([sampleEntry('a')])
    await journal.remember('k', 'v', 1_000)
    await journal.lease('work', 'one', 1_000)
    const keys = (await redis.command('KEYS', '*')) as string[]
    expect(keys.length).toBeGreaterThan(5)
    for (const key of keys) expect(key).toMatch(/^\{latchkey:w\}:/)
    await journal.close()
  })
})

describe('a Redis that goes away', () => {
  it('should be refused within two seconds, and found again with everything it had: killed and started', async () => {
    await using redis = await startRedis()
    const [journal, other] = (await openMany(redis, 2)) as [Journal, Journal]
    const listener = listen(other)
    await journal.append([sampleEntry('a')])
    await redis.kill()
    const calls = [journal.append([sampleEntry('b')]), journal.head(), journal.recall('k')]
    for (const result of await Promise.allSettled(calls))
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'JOURNAL_UNAVAILABLE' } })
    await redis.start()
    await vi.waitFor(() => journal.append([sampleEntry('c')]), { timeout: 5_000 })
    await vi.waitFor(() => expect(idsOf(listener.found)).toEqual(['a', 'c']), { timeout: 5_000 })
    await listener.stop()
    await Promise.all([journal.close(), other.close()])
  })

  it('should be refused, and found again: frozen for longer than a connection is waited for', {
    timeout: 30_000,
  }, async () => {
    await using redis = await startRedis()
    const [journal] = (await openMany(redis, 1)) as [Journal]
    const listener = listen(journal)
    await journal.append([sampleEntry('a')])
    redis.freeze()
    const waiting = upTo(20).map((n) => journal.append([sampleEntry(`frozen ${n}`)]))
    for (const result of await Promise.allSettled(waiting))
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'JOURNAL_UNAVAILABLE' } })
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    redis.thaw()
    await vi.waitFor(() => journal.append([sampleEntry('b')]), { timeout: 5_000 })
    // What was refused may have been kept, as it was under way: sent again, it's there once.
    await journal.append(upTo(20).map((n) => sampleEntry(`frozen ${n}`)))
    const all = idsOf(await journal.read(0, 100))
    expect(all.toSorted()).toEqual(['a', 'b', ...upTo(20).map((n) => `frozen ${n}`)].toSorted())
    await vi.waitFor(() => expect(idsOf(listener.found)).toEqual(all))
    await listener.stop()
    await journal.close()
  })

  it('should be found again when a line fell silent without an end, as in a network that broke', {
    timeout: 30_000,
  }, async () => {
    await using redis = await startRedis()
    await using network = await startNetwork(redis.url)
    const journal = await openRedisJournal({ url: network.url, workspaceId: 'w' })
    const listener = listen(journal)
    await journal.append([sampleEntry('a')])
    network.goSilent()
    await expect(journal.append([sampleEntry('b')])).rejects.toThrow(JournalUnavailable)
    await vi.waitFor(() => journal.append([sampleEntry('c')]), { timeout: 15_000 })
    await vi.waitFor(() => expect(idsOf(listener.found)).toEqual(['a', 'c']), { timeout: 15_000 })
    await listener.stop()
    await journal.close()
  })

  it('should let a tail end, and the journal close, while it is away', async () => {
    await using redis = await startRedis()
    const [journal] = (await openMany(redis, 1)) as [Journal]
    const listener = listen(journal)
    await journal.append([sampleEntry('a')])
    await redis.kill()
    await expect(journal.append([sampleEntry('b')])).rejects.toThrow(JournalUnavailable)
    await listener.stop()
    await journal.close()
  })

  it('should be told with what to do at the start, without its password', async () => {
    const url = 'redis://somebody:s3cret-word@127.0.0.1:1'
    const error = (await openRedisJournal({ url, workspaceId: 'w' }).catch((reason) => reason)) as Error
    expect(error).toBeInstanceOf(JournalUnavailable)
    expect(error.message).toMatch(/redis:\/\/127\.0\.0\.1:1 .*ECONNREFUSED.*REDIS_URL/)
    expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toContain('s3cret')
  })

  it('should be refused when it asks for a password that nobody gave, and when it may write no more', async () => {
    await using closed = await startRedis(['--requirepass', 'word'])
    await expect(openRedisJournal({ url: closed.url, workspaceId: 'w' })).rejects.toThrow(/NOAUTH/)
    await using full = await startRedis(['--maxmemory-policy', 'noeviction'])
    const [journal] = (await openMany(full, 1)) as [Journal]
    await full.command('CONFIG', 'SET', 'maxmemory', '1')
    await expect(journal.append([sampleEntry('a'), sampleEntry('b')])).rejects.toMatchObject({
      code: 'JOURNAL_UNAVAILABLE',
      message: expect.stringContaining('OOM'),
    })
    await full.command('CONFIG', 'SET', 'maxmemory', '0')
    expect(await journal.append([sampleEntry('a'), sampleEntry('b')])).toMatchObject([
      { duplicate: false, changes: [{ offset: 1 }] },
      { duplicate: false, changes: [{ offset: 2 }] },
    ])
    await journal.close()
  })
})

describe('a journal that is another one all at once', () => {
  it('should be noticed by everybody, whether they ask or only listen: emptied', async () => {
    await using redis = await startRedis()
    const [one, two] = (await openMany(redis, 2)) as [Journal, Journal]
    const listener = listen(two)
    await one.append([sampleEntry('a'), sampleEntry('b')])
    await vi.waitFor(() => expect(listener.found).toHaveLength(2))
    await redis.command('FLUSHALL')
    await expect(one.append([sampleEntry('c')])).rejects.toThrow(JournalReplaced)
    expect(await listener.ended).toBeInstanceOf(JournalReplaced)
    const [again] = (await openMany(redis, 1)) as [Journal]
    expect(again.epoch).not.toBe(one.epoch)
    expect((await again.append([sampleEntry('a')]))[0]?.changes[0]?.offset).toBe(1)
    await expect(one.read(0, 10)).rejects.toThrow(JournalReplaced)
    for (const journal of [one, two, again]) await journal.close()
  })

  it('should be noticed before an offset is given out twice: set back to an older state', async () => {
    await using redis = await startRedis()
    const [one, two] = (await openMany(redis, 2)) as [Journal, Journal]
    await one.append([sampleEntry('a')])
    await two.append([sampleEntry('b')])
    // As after a failover to a replica that had not heard of the second.
    await redis.command('XDEL', '{latchkey:w}:changes', '2-0')
    await redis.command('XSETID', '{latchkey:w}:changes', '1-0')
    await redis.command('ZREM', '{latchkey:w}:seen', 'b')
    await redis.command('HSET', '{latchkey:w}:journal', 'head', '1')
    await expect(two.append([sampleEntry('c')])).rejects.toThrow(JournalReplaced)
    await expect(one.append([sampleEntry('c')])).rejects.toThrow(JournalReplaced)
    const [again] = (await openMany(redis, 1)) as [Journal]
    expect(again.epoch).not.toBe(one.epoch)
    expect(await again.append([sampleEntry('a'), sampleEntry('b')])).toMatchObject([
      { duplicate: true },
      { duplicate: false, changes: [{ offset: 2 }] },
    ])
    for (const journal of [one, two, again]) await journal.close()
  })

  it('should begin anew when only its head is gone, as when memory was short', async () => {
    await using redis = await startRedis()
    const [one] = (await openMany(redis, 1)) as [Journal]
    await one.append([sampleEntry('a'), sampleEntry('b')])
    await redis.command('DEL', '{latchkey:w}:journal')
    await expect(one.head()).rejects.toThrow(JournalReplaced)
    const [again] = (await openMany(redis, 1)) as [Journal]
    expect(await again.append([sampleEntry('a')])).toMatchObject([
      { duplicate: false, changes: [{ offset: 1 }] },
    ])
    expect(await again.read(0, 10)).toHaveLength(1)
    for (const journal of [one, again]) await journal.close()
  })

  it('should be refused when a newer Latchkey wrote it', async () => {
    await using redis = await startRedis()
    const [journal] = (await openMany(redis, 1)) as [Journal]
    await redis.command('HSET', '{latchkey:w}:journal', 'layout', '99')
    await expect(openRedisJournal({ url: redis.url, workspaceId: 'w' })).rejects.toThrow(
      /newer Latchkey \(layout 99, this one knows 1\)/,
    )
    await journal.close()
  })
})

describe('what was acknowledged', () => {
  it('should be there exactly once, whole and in order, although Redis and the writers are killed again and again', {
    timeout: 60_000,
  }, async () => {
    await using redis = await startRedis()
    const entries: Acknowledged[] = []
    const place = { url: redis.url, workspaceId: 'w' }
    for (let round = 1; round <= 6; round++) {
      const writers = ['one', 'two'].map((name) => startAppender(place, `${name}${round}`))
      const enough = 50 + Math.floor(Math.random() * 400)
      let count = 0
      await Promise.all(
        writers.map(async ({ child }) => {
          for await (const line of createInterface({ input: child.stdout })) {
            if (line === 'ready' || line.startsWith('refused')) continue
            entries.push(acknowledged(line))
            if (++count !== enough) continue
            if (round % 2 === 0) await redis.kill()
            else for (const writer of writers) writer.child.kill('SIGKILL')
          }
        }),
      )
      if (round % 2 === 0) await redis.start()
      const journal = await openRedisJournal(place)
      await expectKeptIn(journal, entries)
      await journal.close()
    }
    expect(entries.length).toBeGreaterThan(300)
  })
})
