import type { SeamError, SeamErrorCode } from '../errors.ts'

/** Effect of a call at Seam: none, idempotent, or one more object per call. */
export type CallEffect = 'reads' | 'sets' | 'creates'

/** Options of the back-off. */
export type RetryOptions = {
  /** Returns a number from 0 to 1 for the jitter. */
  readonly random?: () => number
  /** Upper bound of the first delay in ms; doubles with each attempt. */
  readonly firstDelayMs?: number
}

/** A failed attempt. */
export type FailedAttempt = {
  /** From 1. */
  readonly number: number
  readonly effect: CallEffect
  /** In ms since the epoch. */
  readonly deadline: number
  readonly now: number
}

const maxAttempts = 4
const maxDelayMs = 5_000
const retryableCodes = new Set<SeamErrorCode>(['UNAVAILABLE', 'TIMEOUT', 'RATE_LIMITED', 'BAD_RESPONSE'])

/**
 * Returns the delay before the next attempt in ms, or `null` if the call must not be retried. Seam has no idempotency keys, so a create is
 * retried only if it was not sent or if Seam responded with 429. Delays grow exponentially with full jitter, are at least as long as
 * `retry-after`, and never exceed the deadline.
 */
export function computeRetryDelayMs(
  error: SeamError,
  attempt: FailedAttempt,
  options: RetryOptions,
): number | null {
  if (attempt.number >= maxAttempts || !retryableCodes.has(error.code)) return null
  const isNothingDone = error.outcome === 'not_sent' || error.code === 'RATE_LIMITED'
  if (attempt.effect === 'creates' && !isNothingDone) return null
  const ceiling = Math.min(maxDelayMs, (options.firstDelayMs ?? 200) * 2 ** (attempt.number - 1))
  const jittered = (options.random ?? Math.random)() * ceiling
  const delayMs = Math.max(jittered, error.retryAfterMs ?? 0)
  return attempt.now + delayMs < attempt.deadline ? delayMs : null
}
