import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openRedisApiKeyStore } from '../../../src/auth/api-keys/redis-api-key-store.ts'
import { type Journal, JournalReplaced, JournalUnavailable } from '../../../src/journal/journal.ts'
import { checkRedis } from '../../../src/journal/redis/redis-health.ts'
import { openRedisJournal } from '../../../src/journal/redis/redis-journal.ts'
import type { Change, NewChange } from '../../../src/model/change.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { describeJournal } from '../conformance-suite.ts'
import { sampleChange, sampleEntry } from '../sample-changes.ts'
import { type Acknowledged, acknowledged, expectKeptIn, startAppender } from '../start-appender.ts'

let shared: RedisServer
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

/** Creates a user with access to its own keys only and without INFO and CONFIG, as a shared Redis has. Returns its URL. */
async function createRestrictedUser(redis: RedisServer): Promise<string> {
  await redis.command('ACL', 'SETUSER', 'gateway', 'on', '>word', '~{latchkey:*', '+@all', '-@dangerous')
  return redis.url.replace('//', '//gateway:word@')
}

const idsOf = (changes: readonly Change[]) => changes.map(({ seamEventId }) => seamEventId)
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** Opens several journals of one workspace, like several processes. */
async function openMany(redis: RedisServer, count: number): Promise<Journal[]> {
  return Promise.all(upTo(count).map(() => openRedisJournal({ url: redis.url, workspaceId: 'w' })))
}

/** Collects the changes of a tail. */
function listen(journal: Journal, after = 0) {
  const stop = new AbortController()
  const found: Change[] = []
  const ended = (async () => {
    for await (const batch of journal.tail(after, stop.signal))
      if (batch.kind === 'changes') found.push(...batch.changes)
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

describe('a journal in Redis', () => {
  it('should never record a change as older than the one before it', async () => {
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

  it('should be shared by all processes: the same order, each entry once, delivered to every tail', async () => {
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

  it('should send all appends of one turn of the event loop together', async () => {
    await using redis = await startRedis()
    const [journal] = (await openMany(redis, 1)) as [Journal]
    const scriptsRun = async () =>
      Number(
        /cmdstat_evalsha:calls=(\d+)/.exec(String(await redis.command('INFO', 'commandstats')))?.[1] ?? 0,
      )
    await journal.append([sampleEntry('first')])
    await redis.command('CONFIG', 'RESETSTAT')
    await Promise.all(upTo(500).map((n) => journal.append([sampleEntry(`${n}`)])))
    // The tail runs a script as well, after the append that woke it.
    expect(await scriptsRun()).toBeLessThanOrEqual(4)
    expect(await journal.readHead()).toBe(501)
    await journal.close()
  })

  it('should grant a lease to one process, and to another one after its expiry', async () => {
    await using redis = await startRedis()
    const [one, two] = (await openMany(redis, 2)) as [Journal, Journal]
    const lease = await one.acquireLease('work', 'one', 300)
    expect(await two.acquireLease('work', 'two', 300)).toBeNull()
    const taken = await vi.waitFor(async () => {
      const found = await two.acquireLease('work', 'two', 300)
      expect(found).not.toBeNull()
      return found
    })
    expect(taken?.token).toBeGreaterThan(lease?.token ?? 0)
    await expect(one.append([sampleEntry('late')], lease ?? undefined)).rejects.toMatchObject({
      code: 'LEASE_LOST',
    })
    expect(await two.readHead()).toBe(0)
    await Promise.all([one.close(), two.close()])
  })

  it('should store no PIN, even if a change has one', async () => {
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

  it('should use one hash tag for all its keys, so that a Cluster stores them on one node', async () => {
    await using redis = await startRedis()
    const [journal] = (await openMany(redis, 1)) as [Journal]
    await journal.append([sampleEntry('a')])
    await journal.putValueIfAbsent('k', 'v', 1_000)
    await journal.acquireLease('work', 'one', 1_000)
    const keys = (await redis.command('KEYS', '*')) as string[]
    expect(keys.length).toBeGreaterThan(5)
    for (const key of keys) expect(key).toMatch(/^\{latchkey:w\}:/)
    await journal.close()
  })
})

describe('a Redis whose user has no permission for dangerous commands', () => {
  it('should work like any other', async () => {
    await using redis = await startRedis()
    const url = await createRestrictedUser(redis)
    const journal = await openRedisJournal({ url, workspaceId: 'w' })
    const listener = listen(journal)
    expect(await journal.append([sampleEntry('a'), sampleEntry('b')])).toMatchObject([
      { isDuplicate: false, changes: [{ offset: 1 }] },
      { isDuplicate: false, changes: [{ offset: 2 }] },
    ])
    expect(await journal.append([sampleEntry('a')])).toMatchObject([{ isDuplicate: true }])
    await vi.waitFor(() => expect(idsOf(listener.found)).toEqual(['a', 'b']))
    expect([await journal.readHead(), await journal.readFloor()]).toEqual([2, 0])
    const lease = await journal.acquireLease('work', 'me', 60_000)
    await journal.putValue('key', 'value', 60_000, lease ?? undefined)
    expect([...(await journal.listValues('ke'))]).toEqual([['key', 'value']])
    await journal.deleteValue('key')
    if (lease !== null) await journal.releaseLease(lease)
    await journal.rotateSigningKey()
    expect(await journal.listSigningKeys()).toHaveLength(2)
    expect(await journal.trim(3_600_000, 1)).toBe(1)
    await listener.stop()
    await journal.close()
    const keys = await openRedisApiKeyStore({ url, workspaceId: 'w' })
    const { key } = await keys.create({ name: 'ada', scopes: ['read'] })
    expect(await keys.findByKey(key)).toMatchObject({ name: 'ada' })
    expect(await keys.revoke('ada')).toBe(true)
    await keys.close()
  })

  it('should be reported as one whose settings cannot be read, with advice', async () => {
    await using redis = await startRedis()
    const health = await checkRedis(await createRestrictedUser(redis))
    expect(health).toMatchObject({ state: 'reached', version: expect.stringMatching(/^\d+\.\d/) })
    const problems = health.state === 'reached' ? health.problems : []
    expect(problems.map(({ found }) => found)).toEqual([
      expect.stringContaining('its settings cannot be read'),
      expect.stringContaining("isn't permitted INFO"),
    ])
    expect(problems[1]?.advice).toContain('+info')
  })

  it('should wait for its replicas, and be rejected if it is a replica', async () => {
    await using master = await startRedis()
    await using replica = await startRedis()
    const [url, replicaUrl] = [await createRestrictedUser(master), await createRestrictedUser(replica)]
    await replica.replicate(master)
    const journal = await openRedisJournal({ url, workspaceId: 'w' })
    await journal.append([sampleEntry('a')])
    replica.freeze()
    await expect(journal.append([sampleEntry('b')])).rejects.toThrow('replicas')
    replica.thaw()
    await vi.waitFor(() => journal.append([sampleEntry('c')]))
    await journal.close()
    await expect(openRedisJournal({ url: replicaUrl, workspaceId: 'w' })).rejects.toThrow(JournalUnavailable)
  })

  it('should be detected as replaced when it lost changes and has others at their offsets', async () => {
    await using first = await startRedis()
    await using second = await startRedis()
    await createRestrictedUser(first)
    await createRestrictedUser(second)
    await using network = await startTcpProxy(first.url)
    const journal = await openRedisJournal({
      url: network.url.replace('//', '//gateway:word@'),
      workspaceId: 'w',
    })
    await journal.append([sampleEntry('a')])
    await second.replicate(first)
    await second.replicate(null)
    await journal.append([sampleEntry('lost')])
    const other = await openRedisJournal({
      url: second.url.replace('//', '//gateway:word@'),
      workspaceId: 'w',
    })
    await other.append([sampleEntry('in its place')])
    expect(await other.readHead()).toBe(await journal.readHead())
    network.leadTo(second.url)
    await vi.waitFor(() => expect(journal.append([sampleEntry('b')])).rejects.toThrow(JournalReplaced))
    await journal.close()
    await other.close()
  })
})

describe('a Redis that becomes unavailable', () => {
  it('should make calls reject within two seconds, and be used again after a restart', async () => {
    await using redis = await startRedis()
    const [journal, other] = (await openMany(redis, 2)) as [Journal, Journal]
    const listener = listen(other)
    await journal.append([sampleEntry('a')])
    await redis.kill()
    const calls = [journal.append([sampleEntry('b')]), journal.readHead(), journal.getValue('k')]
    for (const result of await Promise.allSettled(calls))
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'JOURNAL_UNAVAILABLE' } })
    await redis.start()
    await vi.waitFor(() => journal.append([sampleEntry('c')]), { timeout: 5_000 })
    await vi.waitFor(() => expect(idsOf(listener.found)).toEqual(['a', 'c']), { timeout: 5_000 })
    await listener.stop()
    await Promise.all([journal.close(), other.close()])
  })

  it('should make calls reject, and be used again after it was frozen for a while', {
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
    // Rejected appends were in flight and may be stored; a repeated append stores them once.
    await journal.append(upTo(20).map((n) => sampleEntry(`frozen ${n}`)))
    const all = idsOf(await journal.read(0, 100))
    expect(all.toSorted()).toEqual(['a', 'b', ...upTo(20).map((n) => `frozen ${n}`)].toSorted())
    await vi.waitFor(() => expect(idsOf(listener.found)).toEqual(all))
    await listener.stop()
    await journal.close()
  })

  it('should be used again when a connection fell silent without being closed', {
    timeout: 30_000,
  }, async () => {
    await using redis = await startRedis()
    await using network = await startTcpProxy(redis.url)
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

  it('should let tails end and the journal close while it is unavailable', async () => {
    await using redis = await startRedis()
    const [journal] = (await openMany(redis, 1)) as [Journal]
    const listener = listen(journal)
    await journal.append([sampleEntry('a')])
    await redis.kill()
    await expect(journal.append([sampleEntry('b')])).rejects.toThrow(JournalUnavailable)
    await listener.stop()
    await journal.close()
  })

  it('should be reported at the start with advice, without its password', async () => {
    const url = 'redis://gateway:s3cret-word@127.0.0.1:1'
    const error = (await openRedisJournal({ url, workspaceId: 'w' }).catch((reason) => reason)) as Error
    expect(error).toBeInstanceOf(JournalUnavailable)
    expect(error.message).toMatch(/REDIS_URL .*redis:\/\/127\.0\.0\.1:1 .*ECONNREFUSED/)
    expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toContain('s3cret')
  })

  it('should make calls reject if it requires a password, or has no memory left', async () => {
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
      { isDuplicate: false, changes: [{ offset: 1 }] },
      { isDuplicate: false, changes: [{ offset: 2 }] },
    ])
    await journal.close()
  })
})

describe('a journal that was replaced', () => {
  it('should be detected by calls and by tails: emptied', async () => {
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

  it('should be detected before an offset is assigned twice: restored to an older state', async () => {
    await using redis = await startRedis()
    const [one, two] = (await openMany(redis, 2)) as [Journal, Journal]
    await one.append([sampleEntry('a')])
    await two.append([sampleEntry('b')])
    // Like a failover to a replica that did not have the second change.
    await redis.command('XDEL', '{latchkey:w}:changes', '2-0')
    await redis.command('XSETID', '{latchkey:w}:changes', '1-0')
    await redis.command('ZREM', '{latchkey:w}:seen', 'b')
    await redis.command('HSET', '{latchkey:w}:journal', 'head', '1')
    await expect(two.append([sampleEntry('c')])).rejects.toThrow(JournalReplaced)
    await expect(one.append([sampleEntry('c')])).rejects.toThrow(JournalReplaced)
    const [again] = (await openMany(redis, 1)) as [Journal]
    expect(again.epoch).not.toBe(one.epoch)
    expect(await again.append([sampleEntry('a'), sampleEntry('b')])).toMatchObject([
      { isDuplicate: true },
      { isDuplicate: false, changes: [{ offset: 2 }] },
    ])
    for (const journal of [one, two, again]) await journal.close()
  })

  it('should start empty if only its metadata was evicted', async () => {
    await using redis = await startRedis()
    const [one] = (await openMany(redis, 1)) as [Journal]
    await one.append([sampleEntry('a'), sampleEntry('b')])
    await redis.command('DEL', '{latchkey:w}:journal')
    await expect(one.readHead()).rejects.toThrow(JournalReplaced)
    const [again] = (await openMany(redis, 1)) as [Journal]
    expect(await again.append([sampleEntry('a')])).toMatchObject([
      { isDuplicate: false, changes: [{ offset: 1 }] },
    ])
    expect(await again.read(0, 10)).toHaveLength(1)
    for (const journal of [one, again]) await journal.close()
  })

  it('should be rejected if a newer Latchkey wrote it', async () => {
    await using redis = await startRedis()
    const [journal] = (await openMany(redis, 1)) as [Journal]
    await redis.command('HSET', '{latchkey:w}:journal', 'layout', '99')
    await expect(openRedisJournal({ url: redis.url, workspaceId: 'w' })).rejects.toThrow(
      /newer Latchkey .*\(layout 99; this version supports 1\)/,
    )
    await journal.close()
  })
})

describe('acknowledged entries', () => {
  it('should be stored exactly once, complete and in order, though Redis and the writers are killed repeatedly', {
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
