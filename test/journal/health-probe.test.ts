import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { startHealthProbe } from '../../src/journal/health-probe.ts'
import { type Journal, JournalUnavailable, LeaseLost } from '../../src/journal/journal.ts'
import { openRedisJournal } from '../../src/journal/redis/redis-journal.ts'
import { openSqliteJournal } from '../../src/journal/sqlite/sqlite-journal.ts'
import { startRedis } from '../support/redis-server.ts'
import { waitUntil } from '../support/wait-until.ts'
import { sampleEntry } from './sample-changes.ts'

const run = promisify(execFile)

/** Expects the probe to be unhealthy while appends reject, and healthy before and after. */
async function expectProbeToFollow(
  store: Journal,
  breakStore: () => unknown,
  repairStore: () => unknown,
): Promise<void> {
  const probe = startHealthProbe(store, 50)
  await store.append([sampleEntry('before')])
  expect(probe.isHealthy).toBe(true)
  await breakStore()
  await expect(store.append([sampleEntry('refused')])).rejects.toThrow(JournalUnavailable)
  await waitUntil(() => !probe.isHealthy)
  await repairStore()
  await waitUntil(() => probe.isHealthy)
  await store.append([sampleEntry('after')])
  probe.close()
  // A rejected append makes the probe unhealthy at once, however long its interval.
  const slowProbe = startHealthProbe(store, 3_600_000)
  await breakStore()
  await expect(slowProbe.journal.append([sampleEntry('refused')])).rejects.toThrow(JournalUnavailable)
  expect(slowProbe.isHealthy).toBe(false)
  await repairStore()
  await vi.waitFor(() => slowProbe.journal.append([sampleEntry('after')]), { timeout: 10_000 })
  expect(slowProbe.isHealthy).toBe(true)
  slowProbe.close()
  await store.close()
}

describe('the health probe of a journal that can be read but not written', () => {
  it('should detect a full disk', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-full-'))
    const canMount = process.getuid?.() === 0 && process.platform === 'linux'
    // If no small disk can be mounted, a transaction that stays open blocks writes as well.
    if (canMount) await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
    const journal = await openSqliteJournal({ file: join(folder, 'journal.db') })
    const filler = join(folder, 'filler')
    const blocker = new DatabaseSync(join(folder, 'journal.db'))
    try {
      await expectProbeToFollow(
        journal,
        canMount
          ? () => run('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']).catch(() => undefined)
          : () => blocker.exec('BEGIN IMMEDIATE'),
        canMount ? () => rm(filler) : () => blocker.exec('ROLLBACK'),
      )
    } finally {
      blocker.close()
      if (canMount) await run('umount', ['-l', folder])
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('should detect a full Redis', async () => {
    await using redis = await startRedis(['--maxmemory-policy', 'noeviction'])
    const journal = await openRedisJournal({ url: redis.url, workspaceId: 'w' })
    await expectProbeToFollow(
      journal,
      () => redis.command('CONFIG', 'SET', 'maxmemory', '1'),
      () => redis.command('CONFIG', 'SET', 'maxmemory', '0'),
    )
  })

  it('should detect a Redis that has become a replica', async () => {
    await using redis = await startRedis()
    const journal = await openRedisJournal({ url: redis.url, workspaceId: 'w' })
    await expectProbeToFollow(
      journal,
      // The new master is unreachable: the replica keeps its data and rejects writes.
      () => redis.command('REPLICAOF', '127.0.0.1', '1'),
      () => redis.command('REPLICAOF', 'NO', 'ONE'),
    )
  })
})

describe('the health probe of a writable journal', () => {
  it('should stay healthy when an append rejects because its lease is lost', async () => {
    await using redis = await startRedis()
    const store = await openRedisJournal({ url: redis.url, workspaceId: 'w' })
    const probe = startHealthProbe(store, 3_600_000)
    const lease = { name: 'lease', holder: 'nobody', token: 1 }
    await expect(probe.journal.append([sampleEntry('late')], lease)).rejects.toThrow(LeaseLost)
    expect(probe.isHealthy).toBe(true)
    probe.close()
    await store.close()
  })

  it('should stay unhealthy when a write succeeds that began before another one was rejected', async () => {
    await using redis = await startRedis(['--maxmemory-policy', 'noeviction'])
    const store = await openRedisJournal({ url: redis.url, workspaceId: 'w' })
    const gate = Promise.withResolvers<void>()
    let [hasWritten, hasPassed] = [false, false]
    const slow: Journal = {
      ...store,
      async putValue(...args) {
        if (hasWritten) return new Promise(() => undefined)
        await store.putValue(...args)
        hasWritten = true
        await gate.promise
        hasPassed = true
      },
    }
    const probe = startHealthProbe(slow, 500)
    await waitUntil(() => hasWritten)
    await redis.command('CONFIG', 'SET', 'maxmemory', '1')
    await expect(probe.journal.append([sampleEntry('refused')])).rejects.toThrow(JournalUnavailable)
    gate.resolve()
    await waitUntil(() => hasPassed)
    expect(probe.isHealthy).toBe(false)
    probe.close()
    await store.close()
  })
})
