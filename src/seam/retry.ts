import type { SeamError, SeamErrorCode } from './errors.ts'

/** What a call does at Seam: nothing; something that is as good once as twice; or something more each time. */
export type Effect = 'reads' | 'sets' | 'creates'

/** How long is waited. */
export type RetryOptions = {
  /** From 0 to 1; steers the jitter. */
  readonly random?: () => number
  /** Upper bound of the first wait; doubles with each attempt. */
  readonly firstDelayMs?: number
}

/** The attempt that failed. */
export type Attempt = {
  /** From 1. */
  readonly number: number
  readonly effect: Effect
  /** In ms since the epoch. */
  readonly deadline: number
  readonly now: number
}

const attemptsAtMost = 4
const longestDelayMs = 5_000
const worthRepeating = new Set<SeamErrorCode>(['UNAVAILABLE', 'TIMEOUT', 'RATE_LIMITED', 'BAD_RESPONSE'])

/**
 * How long to wait before the next attempt, in ms; `null` is not to try again. Seam has no idempotency keys, so what creates is
 * repeated only if nothing can have been done: when it was never sent, or when Seam said 429. Waits grow exponentially with full
 * jitter, and are never shorter than Seam asked for; one that would outlast the deadline isn't begun.
 */
export function retryDelay(error: SeamError, attempt: Attempt, options: RetryOptions): number | null {
  if (attempt.number >= attemptsAtMost || !worthRepeating.has(error.code)) return null
  const isNothingDone = error.outcome === 'not_sent' || error.code === 'RATE_LIMITED'
  if (attempt.effect === 'creates' && !isNothingDone) return null
  const ceiling = Math.min(longestDelayMs, (options.firstDelayMs ?? 200) * 2 ** (attempt.number - 1))
  const jittered = (options.random ?? Math.random)() * ceiling
  const delayMs = Math.max(jittered, error.retryAfterMs ?? 0)
  return attempt.now + delayMs < attempt.deadline ? delayMs : null
}
