import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Journal } from '../../src/journal/journal.ts'
import {
  createLeaderLease,
  type LeaderLease,
  type LeaderLeaseOptions,
} from '../../src/journal/leader-lease.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { type IngestFixture, startIngestFixture } from '../ingest/ingest-fixture.ts'
import { sampleEntry } from './sample-changes.ts'

const { signal } = new AbortController()

let fixture: IngestFixture
const all: LeaderLease[] = []
beforeEach(async () => {
  fixture = await startIngestFixture()
})
afterEach(async () => {
  for (const { close } of all.splice(0)) await close()
  await fixture[Symbol.asyncDispose]()
})

function createLease(holder: string, options: Partial<LeaderLeaseOptions> = {}): LeaderLease {
  const log = createLogger('silent')
  const lease = createLeaderLease({
    journal: fixture.journal,
    name: 'work',
    holder,
    log,
    ttlMs: 1_500,
    ...options,
  })
  all.push(lease)
  return lease
}

describe('a leader lease', () => {
  it('should be held by one process at a time, also between its jobs', async () => {
    const [one, two] = [createLease('one'), createLease('two')]
    expect(await one.runAsLeader(signal, async () => two.runAsLeader(signal, async () => 'done'))).toBeNull()
    expect(await two.runAsLeader(signal, async () => 'done')).toBeNull()
    expect(await one.runAsLeader(signal, async () => 'done')).toBe('done')
  })

  it('should pass to a waiting process when its holder stops, and notify it', async () => {
    const one = createLease('one')
    await one.runAsLeader(signal, async () => 'done')
    const onAcquired = vi.fn()
    const two = createLease('two', { onAcquired, ttlMs: 60 })
    expect(await two.runAsLeader(signal, async () => 'done')).toBeNull()
    await one.close()
    await vi.waitFor(() => expect(onAcquired).toHaveBeenCalledTimes(1))
    expect(await two.runAsLeader(signal, async () => 'done')).toBe('done')
    expect(await one.runAsLeader(signal, async () => 'done')).toBeNull()
  })

  it('should pass to another process when its holder has crashed', async () => {
    const onAcquired = vi.fn()
    // Like a crashed process, it neither renews nor releases the lease.
    await fixture.journal.acquireLease('work', 'one', 200)
    const two = createLease('two', { onAcquired })
    expect(await two.runAsLeader(signal, async () => 'done')).toBeNull()
    await vi.waitFor(() => expect(onAcquired).toHaveBeenCalledTimes(1))
    expect(await two.runAsLeader(signal, async () => 'done')).toBe('done')
  })

  it('should reject writes of a job that has lost it', async () => {
    const one = createLease('one', { ttlMs: 100_000 })
    await one.runAsLeader(signal, async (leadership) => {
      await leadership.append([sampleEntry('a')])
      await leadership.putValue('k', 'one')
      const lease = await fixture.journal.acquireLease('work', 'one', 1)
      if (lease !== null) await fixture.journal.releaseLease(lease)
      await fixture.journal.acquireLease('work', 'two', 60_000)
      await expect(leadership.append([sampleEntry('b')])).rejects.toMatchObject({ code: 'LEASE_LOST' })
      await expect(leadership.putValue('k', 'late')).rejects.toMatchObject({ code: 'LEASE_LOST' })
    })
    expect(await fixture.journal.readHead()).toBe(1)
    expect(await fixture.journal.getValue('k')).toBe('one')
  })

  it('should abort the signal of a job that loses it', async () => {
    const one = createLease('one', { ttlMs: 30 })
    await one.runAsLeader(signal, async (leadership) => {
      const lost = new Promise((resolve) => leadership.signal.addEventListener('abort', resolve))
      const lease = await fixture.journal.acquireLease('work', 'one', 1)
      if (lease !== null) await fixture.journal.releaseLease(lease)
      await fixture.journal.acquireLease('work', 'two', 60_000)
      await lost
    })
  })

  it('should abort the signal of a job when it expires while the store is unavailable', async () => {
    let isUnavailable = false
    const acquireLease: Journal['acquireLease'] = async (...args) => {
      if (isUnavailable) throw new Error('unavailable')
      return fixture.journal.acquireLease(...args)
    }
    const one = createLease('one', { journal: { ...fixture.journal, acquireLease }, ttlMs: 60 })
    await one.runAsLeader(signal, async (leadership) => {
      isUnavailable = true
      expect(leadership.isHeld()).toBe(true)
      await new Promise((resolve) => leadership.signal.addEventListener('abort', resolve))
      expect(leadership.isHeld()).toBe(false)
    })
  })

  it('should not be held by a process that was suspended past its expiry, before any timer fires', async () => {
    const one = createLease('one', { ttlMs: 30 })
    await one.runAsLeader(signal, async (leadership) => {
      const deadline = performance.now() + 40
      while (performance.now() < deadline);
      expect(leadership.signal.aborted).toBe(false)
      expect(leadership.isHeld()).toBe(false)
    })
  })
})
