import type { SeamError } from './errors.ts'

export type RetryOptions = {
  /** From 0 to 1; steers the jitter. */
  readonly random?: () => number
  /** Upper bound of the first wait; doubles with each attempt. */
  readonly firstDelayMs?: number
}

export type Attempt = {
  readonly number: number
  readonly repeatable: boolean
  /** In ms since the epoch. */
  readonly deadline: number
}

const attemptsAtMost = 4
const longestDelayMs = 5_000

/**
 * How long to wait before the next attempt; `null` is not to try again. Seam has no idempotency keys, so what can't be repeated
 * safely is repeated only if nothing can have been done: when it was never sent, or when Seam said 429.
 */
export function retryDelay(error: SeamError, attempt: Attempt, options: RetryOptions): number | null {
  if (attempt.number >= attemptsAtMost || !isWorthwhile(error)) return null
  const nothingDone = error.outcome === 'not_sent' || error.code === 'RATE_LIMITED'
  if (!attempt.repeatable && !nothingDone) return null
  const ceiling = Math.min(longestDelayMs, (options.firstDelayMs ?? 200) * 2 ** (attempt.number - 1))
  const jittered = (options.random ?? Math.random)() * ceiling
  const delayMs = Math.max(jittered, error.retryAfterMs ?? 0)
  return Date.now() + delayMs < attempt.deadline ? delayMs : null
}

function isWorthwhile(error: SeamError): boolean {
  return ['UNAVAILABLE', 'TIMEOUT', 'RATE_LIMITED', 'BAD_RESPONSE'].includes(error.code)
}
