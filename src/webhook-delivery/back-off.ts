const minuteSeconds = 60
const hourSeconds = 60 * minuteSeconds

/** Delays between attempts in seconds, from the first failure on; the last one repeats. */
const backOffSeconds = [
  5,
  30,
  2 * minuteSeconds,
  10 * minuteSeconds,
  30 * minuteSeconds,
  hourSeconds,
  2 * hourSeconds,
  4 * hourSeconds,
]
const maxRetryAfterMs = 4 * hourSeconds * 1000

/** An endpoint is stopped after it has failed for this long without interruption. */
export const giveUpAfterMs = 72 * hourSeconds * 1000

/**
 * Returns the delay in ms after a number of consecutive failures: growing, with jitter of up to a fifth (`random` is 0 to 1). A `retry-after`
 * of the receiver is respected up to four hours. `secondMs` is the length of a second.
 */
export function getBackOffMs(
  failures: number,
  retryAfterMs: number | null,
  random: number,
  secondMs = 1000,
): number {
  const wait = backOffSeconds[Math.min(failures, backOffSeconds.length) - 1] ?? 0
  const withJitter = wait * secondMs * (1 + random / 5)
  return Math.max(withJitter, Math.min(retryAfterMs ?? 0, maxRetryAfterMs))
}

/** Reads a `retry-after` header (RFC 9110, 10.2.3): seconds or a date. Returns ms from now, or `null` if it is missing or malformed. */
export function parseRetryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}
