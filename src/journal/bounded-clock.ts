/** Two clocks agree if they differ by at most this. */
export const clockSkewToleranceMs = 60_000

/** Whether this machine's clock agrees with Seam's. `aheadMs` is how far it is ahead of Seam's, or `null` while that is unknown. */
export function isClockTrusted(aheadMs: number | null): boolean {
  return aheadMs !== null && Math.abs(aheadMs) <= clockSkewToleranceMs
}

/**
 * Creates a clock (ms since 1970) for retention by age. It follows the wall clock, but never exceeds the start time plus the monotonic time
 * since then: a wall clock that steps forward by a year must not make a month of changes look old. A step back takes effect at once.
 */
export function createBoundedClock(
  wallMs: () => number = Date.now,
  elapsedMs: () => number = () => performance.now(),
): () => number {
  const startedAt = wallMs() - elapsedMs()
  return () => Math.min(wallMs(), startedAt + elapsedMs())
}
