import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type HeldLease, holdLease } from '../../journal/held-lease.ts'
import type { Journal } from '../../journal/journal.ts'
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
  async function acquire(name: string): Promise<HeldLease> {
    const holder = randomUUID()
    for (const deadline = now() + waitMs; now() < deadline; await delay(pollMs)) {
      const lease = await holdLease(journal, name, holder, lockTtlMs)
      if (lease !== null) return lease
    }
    throw new InProgress()
  }

  return async (name, run) => {
    const lease = await acquire(name)
    try {
      return await run()
    } finally {
      // A lease that cannot be released expires.
      await lease.release().catch(() => undefined)
    }
  }
}
