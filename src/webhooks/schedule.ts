const minute = 60
const hour = 60 * minute

/** Waits between tries in seconds, from the first failure on; the last of them repeats. */
const waits = [5, 30, 2 * minute, 10 * minute, 30 * minute, hour, 2 * hour, 4 * hour]
const longestMs = 4 * hour * 1000

/** A receiver that has failed for this long without a break is given up. */
export const giveUpMs = 72 * hour * 1000

/**
 * How long to wait after so many failures in a row, in ms: longer each time, up to a fifth more by chance (`random` is 0 to 1), so
 * that not all come back at once. A receiver that names a time is not asked before it, nor later than in four hours. `secondMs` is the
 * length of a second.
 */
export function waitAfter(
  failures: number,
  retryAfterMs: number | null,
  random: number,
  secondMs = 1000,
): number {
  const wait = waits[Math.min(failures, waits.length) - 1] ?? 0
  const spread = wait * secondMs * (1 + random / 5)
  return Math.max(spread, Math.min(retryAfterMs ?? 0, longestMs))
}

/** Reads a `retry-after` header (RFC 9110, 10.2.3): seconds, or a date. Answers ms from now; `null` for none that can be read. */
export function readRetryAfter(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}
