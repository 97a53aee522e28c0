const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** Waits between tries, from the first failure on; the last of them repeats. */
const waitsMs = [
  5_000,
  30_000,
  2 * minuteMs,
  10 * minuteMs,
  30 * minuteMs,
  hourMs,
  2 * hourMs,
  4 * hourMs,
] as const
const longestMs = 4 * hourMs

/** A receiver that has failed for this long without a break is given up. */
export const giveUpMs = 72 * hourMs

/**
 * How long to wait after so many failures in a row, in ms: longer each time, up to a fifth more by chance (`random` is 0 to 1), so
 * that not all come back at once. A receiver that names a time is not asked before it, nor later than in four hours.
 */
export function waitAfter(failures: number, retryAfterMs: number | null, random: number): number {
  const wait = waitsMs[Math.min(failures, waitsMs.length) - 1] ?? waitsMs[0]
  const spread = wait * (1 + random / 5)
  return Math.max(spread, Math.min(retryAfterMs ?? 0, longestMs))
}

/** Reads a `retry-after` header (RFC 9110, 10.2.3): seconds, or a date. Answers ms from now; `null` for none that can be read. */
export function readRetryAfter(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}
