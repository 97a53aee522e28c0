import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Journal, Lease } from '../../journal/journal.ts'
import { InProgress } from '../errors.ts'

/** Runs a function under a lock that is exclusive across all replicas. Rejects with `InProgress` if the lock is not acquired in time. */
export type RunWithLock = <T>(name: string, run: () => Promise<T>) => Promise<T>

/** Default time that a request waits for another one that is in progress. */
export const inProgressWaitMs = 15_000

const lockTtlMs = 10_000
const pollMs = 50

/** `waitMs` is how long a caller waits for the lock. */
export function createDistributedLock(
  journal: Pick<Journal, 'acquireLease' | 'releaseLease'>,
  now: () => number,
  waitMs: number,
): RunWithLock {
  async function acquire(name: string, holder: string): Promise<Lease> {
    for (const deadline = now() + waitMs; now() < deadline; await delay(pollMs)) {
      const lease = await journal.acquireLease(name, holder, lockTtlMs)
      if (lease !== null) return lease
    }
    throw new InProgress()
  }

  return async (name, run) => {
    const holder = randomUUID()
    const lease = await acquire(name, holder)
    const renewalTimer = setInterval(
      () => void journal.acquireLease(name, holder, lockTtlMs).catch(() => undefined),
      lockTtlMs / 4,
    )
    renewalTimer.unref()
    try {
      return await run()
    } finally {
      clearInterval(renewalTimer)
      // A lease that cannot be released expires.
      await journal.releaseLease(lease).catch(() => undefined)
    }
  }
}
