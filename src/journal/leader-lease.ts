import type { Logger } from '../observability/logger.ts'
import { type AppendResult, type Entry, foreverMs, type Journal, type Lease, LeaseLost } from './journal.ts'

/** What a job can use while its process is the leader. Writes reject with `LeaseLost` once another process holds the lease. */
export type Leadership = {
  /** Aborts when the lease is lost or the process stops. */
  readonly signal: AbortSignal
  /** The lease's fencing token: greater for each new holder. */
  readonly token: number
  /** Whether the lease has not expired by this process's clock. `signal` may abort late if the process was suspended. */
  isHeld(): boolean
  append(entries: readonly Entry[]): Promise<readonly AppendResult[]>
  /** Stores a value without expiry, replacing any other. */
  putValue(key: string, value: string): Promise<void>
}

/** Runs a job if this process is the leader; resolves to `null` if another one is. */
export type RunAsLeader = <T>(
  signal: AbortSignal,
  job: (leadership: Leadership) => Promise<T>,
) => Promise<T | null>

export type LeaderLease = {
  readonly runAsLeader: RunAsLeader
  /** Stops renewing the lease, and releases it. */
  close(): Promise<void>
}

export type LeaderLeaseOptions = {
  readonly journal: Journal
  readonly name: string
  /** Unique id of this process. */
  readonly holder: string
  readonly log: Logger
  /** How long the lease of a crashed process lasts. The lease is requested or renewed every third of this. */
  readonly ttlMs?: number
  /** Called when the lease passes to this process after another one released it or let it expire. */
  readonly onAcquired?: () => void
}

/**
 * Elects a leader among the processes that share a journal. The leader keeps the lease between jobs as well, so that many processes cost
 * Seam no more calls than one. After the leader ends, another process acquires the lease within `ttlMs`.
 */
export function createLeaderLease({
  journal,
  name,
  holder,
  log,
  ttlMs = 6_000,
  onAcquired,
}: LeaderLeaseOptions): LeaderLease {
  let current: { readonly lease: Lease; readonly lost: AbortController; readonly expiresAt: number } | null =
    null
  let isClosed = false

  let expiryTimer: NodeJS.Timeout | undefined

  function loseLease(reason: unknown): void {
    clearTimeout(expiryTimer)
    current?.lost.abort(reason)
    current = null
  }

  /** Acquires or renews the lease. Resolves to whether it is newly acquired. */
  async function acquireOrRenew(): Promise<boolean> {
    const requestedAt = performance.now()
    const lease = await journal.acquireLease(name, holder, ttlMs)
    if (lease === null || isClosed) {
      loseLease(new LeaseLost({ name, holder, token: 0 }))
      return false
    }
    const isNew = current?.lease.token !== lease.token
    if (isNew) loseLease(new LeaseLost(lease))
    current = { lease, lost: current?.lost ?? new AbortController(), expiresAt: requestedAt + ttlMs }
    clearTimeout(expiryTimer)
    // From then on another process may hold the lease, whether or not the store is available by then.
    expiryTimer = setTimeout(() => loseLease(new LeaseLost(lease)), current.expiresAt - performance.now())
    expiryTimer.unref()
    return isNew
  }

  let lastRenewal: Promise<unknown> = Promise.resolve()
  const renewalTimer = setInterval(() => {
    lastRenewal = acquireOrRenew().then(
      (isNew) => {
        if (isNew) onAcquired?.()
      },
      (error: unknown) => {
        // While the store is unavailable the lease stays this process's until it expires.
        if (current !== null && performance.now() > current.expiresAt) loseLease(error)
        log.debug({ err: error, name }, 'the lease could not be renewed')
      },
    )
  }, ttlMs / 3)
  renewalTimer.unref()

  return {
    async runAsLeader(signal, job) {
      if (current === null) await acquireOrRenew()
      if (current === null) return null
      const { lease, lost } = current
      return await job({
        signal: AbortSignal.any([signal, lost.signal]),
        token: lease.token,
        isHeld: () => !lost.signal.aborted && current !== null && performance.now() < current.expiresAt,
        append: (entries) => journal.append(entries, lease),
        putValue: (key, value) => journal.putValue(key, value, foreverMs, lease),
      })
    },
    async close() {
      isClosed = true
      clearInterval(renewalTimer)
      await lastRenewal
      const lease = current?.lease
      loseLease(new Error('The process stops.'))
      // If the store is unavailable, the lease expires by itself.
      if (lease !== undefined) await journal.releaseLease(lease).catch(() => undefined)
    },
  }
}
