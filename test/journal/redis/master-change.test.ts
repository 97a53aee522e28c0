import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { openRedisApiKeyStore } from '../../../src/auth/api-keys/redis-api-key-store.ts'
import { shareUsageCounts } from '../../../src/auth/usage-counters.ts'
import type { Journal } from '../../../src/journal/journal.ts'
import { checkRedis } from '../../../src/journal/redis/redis-health.ts'
import { openRedisJournal } from '../../../src/journal/redis/redis-journal.ts'
import { createScript, openRedisConnection } from '../../../src/redis/redis-connection.ts'
import { startRedis } from '../../support/redis-server.ts'
import {
  startRedisCluster,
  startRedisPair,
  startSentinelGroup,
  startTlsRedis,
} from '../../support/redis-topologies.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { sampleEntry } from '../sample-changes.ts'
import { acknowledged, startAppender } from '../start-appender.ts'

const run = promisify(execFile)
const workspaceId = 'w'
const retry = { timeout: 20_000, interval: 50 }

/** Collects the event ids of a tail's changes. */
function listen(journal: Journal) {
  const stop = new AbortController()
  const received: (string | null)[] = []
  const ended = (async () => {
    for await (const batch of journal.tail(0, stop.signal))
      if (batch.kind === 'changes') received.push(...batch.changes.map(({ seamEventId }) => seamEventId))
  })()
  return {
    received,
    async stop() {
      stop.abort()
      await ended
    },
  }
}

/** Uses all that the gateway stores in Redis, before and after a change of the master. */
async function useAcrossChange(url: string, change: () => Promise<unknown>): Promise<void> {
  const journal = await openRedisJournal({ url, workspaceId })
  const keys = await openRedisApiKeyStore({ url, workspaceId, pollMs: 50 })
  const counts = { mine: 1 }
  const sender = shareUsageCounts({ url, workspaceId, readCounts: () => counts })
  const receiver = shareUsageCounts({ url, workspaceId, readCounts: () => ({ mine: 0 }) })
  const listener = listen(journal)
  await journal.append([sampleEntry('before')])
  await journal.putValueIfAbsent('k', 'before', 60_000)
  const { key } = await keys.create({ name: 'before', scopes: ['read'] })
  const lease = await journal.acquireLease('work', 'one', 60_000)
  await change()
  await vi.waitFor(() => journal.append([sampleEntry('after')]), retry)
  await vi.waitFor(async () => expect(await journal.getValue('k')).toBe('before'), retry)
  await vi.waitFor(() => journal.append([sampleEntry('under the lease')], lease ?? undefined), retry)
  await vi.waitFor(() => keys.create({ name: 'after', scopes: ['read'] }), retry)
  expect(await keys.findByKey(key)).toMatchObject({ name: 'before' })
  counts.mine = 2
  await vi.waitFor(() => expect(receiver.sum('mine')).toBe(2), retry)
  await vi.waitFor(() => expect(listener.received).toEqual(['before', 'after', 'under the lease']), retry)
  expect((await journal.read(0, 10)).map(({ offset }) => offset)).toEqual([1, 2, 3])
  await listener.stop()
  await Promise.all([journal.close(), keys.close(), sender.close(), receiver.close()])
}

describe('a Redis whose master changes', () => {
  it('should be used at its new master by every connection, even if old connections stay open', async () => {
    await using pair = await startRedisPair()
    await useAcrossChange(pair.url, () => pair.failOver(2))
  })

  it('should be found by Sentinel, and again after a failover', async () => {
    await using group = await startSentinelGroup()
    await useAcrossChange(group.url, () => group.failOver(0))
    expect(await checkRedis(group.url)).toMatchObject({ state: 'reached', address: group.url, problems: [] })
  })

  it('should be found in a Cluster, with all its keys on one node, and again after a failover', async () => {
    await using cluster = await startRedisCluster()
    await useAcrossChange(cluster.url, () => cluster.failOver(`{latchkey:${workspaceId}}:journal`))
    const masters = await Promise.all(
      cluster.nodes.map(async (node) => {
        const isMaster = String(await node.command('INFO', 'replication')).includes('role:master')
        return isMaster ? Number(await node.command('DBSIZE')) : 0
      }),
    )
    expect(masters.filter((count) => count > 0)).toHaveLength(1)
    expect(await checkRedis(cluster.url)).toMatchObject({
      state: 'reached',
      problems: [{ found: expect.stringContaining('min-replicas-to-write') }],
    })
  })

  it('should accept TLS connections of processes that trust its certificate, and of no others', async () => {
    await using redis = await startTlsRedis()
    const place = { url: redis.url, workspaceId }
    const trusting = startAppender(place, 'one', `NODE_EXTRA_CA_CERTS=${redis.certificateFile}`)
    const lines = trusting.lines[Symbol.asyncIterator]()
    expect((await lines.next()).value).toBe('ready')
    expect(acknowledged(String((await lines.next()).value)).offset).toBe(1)
    trusting.child.kill('SIGKILL')
    await expect(openRedisJournal(place)).rejects.toThrow(
      /REDIS_URL cannot be used .*self-signed certificate.*NODE_EXTRA_CA_CERTS/,
    )
  })
})

describe('a server that is not a master', () => {
  it.each([
    ['READONLY', "READONLY You can't write against a read only replica."],
    ['LOADING', 'LOADING Redis is loading the dataset in memory'],
    ['MASTERDOWN', "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."],
    ['CLUSTERDOWN', 'CLUSTERDOWN The cluster is down'],
    ['NOREPLICAS', 'NOREPLICAS Not enough good replicas to write.'],
    [
      'UNBLOCKED',
      'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
    ],
    ['MOVED', 'MOVED 866 127.0.0.1:7000'],
    ['TRYAGAIN', 'TRYAGAIN Multiple keys request during rehashing of slot'],
  ])('should be replaced by the server that the address then leads to: %s', async (_, message) => {
    await using bad = await startRedis()
    await using good = await startRedis()
    await using network = await startTcpProxy(bad.url)
    const connection = openRedisConnection(network.url)
    const script = createScript(`
if redis.call('EXISTS', 'bad') == 1 then return redis.error_reply(ARGV[1]) end
return 'done'
`)
    await bad.command('SET', 'bad', '1')
    expect(await connection.execute((client) => client.ping())).toBe('PONG')
    const reply = connection.runScript(script, [], [message], { timeoutMs: 20_000 })
    network.leadTo(good.url, { isEndingOthers: false })
    expect(await reply).toBe('done')
    connection.close()
  })

  it('should be reported within the time limit of the call, and retried with back-off', async () => {
    await using master = await startRedis()
    await using replica = await startRedis()
    await replica.replicate(master)
    const connection = openRedisConnection(replica.url)
    await expect(connection.execute((client) => client.ping())).rejects.toThrow(
      /READONLY this Redis is a replica/,
    )
    await delay(1_000)
    const connections = async () =>
      Number(/total_connections_received:(\d+)/.exec(String(await replica.command('INFO', 'stats')))?.[1])
    const before = await connections()
    await expect(connection.execute((client) => client.ping())).rejects.toThrow(/READONLY/)
    // Two seconds with at least half a second between attempts, and the connection of this count.
    expect((await connections()) - before).toBeLessThanOrEqual(6)
    connection.close()
  })
})

describe('an append to a master with replicas', () => {
  it('should be acknowledged once every replica has it, and rejected while a recent replica lacks it', async () => {
    await using master = await startRedis()
    await using first = await startRedis()
    await using second = await startRedis()
    await first.replicate(master)
    await second.replicate(master)
    const journal = await openRedisJournal({ url: master.url, workspaceId })
    for (let n = 0; n < 20; n++) {
      await journal.append([sampleEntry(`${n}`)])
      for (const replica of [first, second])
        expect(await replica.command('HGET', '{latchkey:w}:journal', 'head')).toBe(`${n + 1}`)
    }
    second.freeze()
    await expect(journal.append([sampleEntry('not copied')])).rejects.toMatchObject({
      code: 'JOURNAL_UNAVAILABLE',
    })
    // It cannot be read either before it is replicated, since a failover may still lose it.
    await expect(journal.read(20, 10)).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' })
    await expect(journal.readHead()).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' })
    second.thaw()
    const [again] = await vi.waitFor(() => journal.append([sampleEntry('not copied')]), retry)
    expect(again?.isDuplicate).toBe(true)
    expect(await journal.readHead()).toBe(21)
    await journal.close()
  })

  it('should continue without a replica that stays unreachable, if the master requires none', {
    timeout: 60_000,
  }, async () => {
    await using master = await startRedis()
    await using replica = await startRedis()
    await replica.replicate(master)
    const journal = await openRedisJournal({ url: master.url, workspaceId })
    await journal.append([sampleEntry('a')])
    await replica.kill()
    await expect(journal.append([sampleEntry('b')])).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' })
    await vi.waitFor(() => journal.append([sampleEntry('b')]), { timeout: 40_000, interval: 100 })
    await journal.close()
  })

  it('should be rejected while the master requires a replica that is unreachable', async () => {
    await using master = await startRedis(['--min-replicas-to-write', '1'])
    await using replica = await startRedis()
    await replica.replicate(master)
    const journal = await openRedisJournal({ url: master.url, workspaceId })
    await journal.append([sampleEntry('a')])
    await replica.kill()
    await expect(journal.append([sampleEntry('b')])).rejects.toThrow(/replicas/)
    // Earlier changes can still be read.
    await vi.waitFor(async () => expect(await journal.read(0, 10)).toHaveLength(1), retry)
    await replica.start()
    await replica.replicate(master)
    await vi.waitFor(() => journal.append([sampleEntry('b')]), retry)
    await journal.close()
  })

  it('should be reported as unsafe by the doctor if the master accepts writes without replicas', async () => {
    await using master = await startRedis()
    await using replica = await startRedis()
    await replica.replicate(master)
    const env = { REDIS_URL: master.url, PATH: process.env.PATH }
    const failed = await run(process.execPath, ['src/cli.ts', 'doctor'], { env }).catch((error) => error)
    expect(failed.stdout).toMatch(/min-replicas-to-write/)
  })
})
