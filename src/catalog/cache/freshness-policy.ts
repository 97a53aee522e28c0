/** Ages and waiting times that decide between serving cached data and loading it from Seam. */
export type FreshnessPolicy = {
  /** Age after which cached data is loaded again: Seam has no event for many changes (docs/seam.md). */
  readonly maxAgeMs: number
  /** Maximum age of data that is served while Seam fails. */
  readonly maxStaleAgeMs: number
  /** Time that a reader waits for Seam before it is served stale data. */
  readonly maxWaitMs: number
  readonly now: () => number
}

/** Minimum time between a failure and the next load for readers that can be served stale data. */
const retryAfterFailureMs = 1_000

/** Whether a failure is so recent that a reader is served stale data without another load. */
export function isRecentFailure(failedAt: number | null, now: number): boolean {
  return failedAt !== null && now - failedAt < retryAfterFailureMs
}

/** Waits for work, but not longer than `timeoutMs`. Resolves to whether it succeeded in time; never rejects. */
export function succeedsWithin(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, timeoutMs, false)
  timer.unref()
  work.then(
    () => resolve(true),
    () => resolve(false),
  )
  return promise.finally(() => clearTimeout(timer))
}
