/** How long Seam may fail, or be slow, before something else is done about it. */
export type Patience = {
  /** What is older is read from Seam again: many changes have no event (facts §4.2). */
  readonly maxAgeMs: number
  /** While Seam can't be asked, what is older than this isn't served any more. */
  readonly staleMs: number
  /** How long a reader waits for Seam where the last known state could be served. */
  readonly patienceMs: number
  readonly now: () => number
}

/** After a failure Seam is asked again at most this often by readers who can be served without it. */
const probeEveryMs = 1_000

/** Whether a failure is so recent that asking again is left to a later reader. */
export function isRecent(failedAt: number | null, now: number): boolean {
  return failedAt !== null && now - failedAt < probeEveryMs
}

/** Waits for work, but no longer than `ms`: true when it was done well by then, false when it failed or takes longer. Never rejects. */
export function doneWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, ms, false)
  timer.unref()
  work.then(
    () => resolve(true),
    () => resolve(false),
  )
  return promise.finally(() => clearTimeout(timer))
}
