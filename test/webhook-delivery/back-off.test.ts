import { describe, expect, it } from 'vitest'
import { getBackOffMs, parseRetryAfterMs } from '../../src/webhook-delivery/back-off.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

describe('the delay between attempts', () => {
  it('should grow from 5 seconds to 4 hours', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1_000].map((failures) => getBackOffMs(failures, null, 0))
    const minutes = [2, 10, 30].map((count) => count * minuteMs)
    const hours = [1, 2, 4, 4, 4].map((count) => count * hourMs)
    expect(waits).toEqual([5_000, 30_000, ...minutes, ...hours])
  })

  it('should have a jitter of up to 20%', () => {
    expect(getBackOffMs(1, null, 1)).toBe(6_000)
    expect(getBackOffMs(1, null, 0.5)).toBe(5_500)
  })

  it('should be at least retry-after, and at most 4 hours', () => {
    expect(getBackOffMs(1, 60_000, 0)).toBe(60_000)
    expect(getBackOffMs(1, 1_000, 0)).toBe(5_000)
    expect(getBackOffMs(1, 1e12, 0)).toBe(4 * hourMs)
  })

  it('should accept retry-after in seconds or as a date', () => {
    const now = Date.parse('2026-11-23T10:00:00Z')
    expect(parseRetryAfterMs('120', now)).toBe(120_000)
    expect(parseRetryAfterMs('Mon, 23 Nov 2026 10:01:00 GMT', now)).toBe(60_000)
    expect(parseRetryAfterMs('Mon, 23 Nov 2026 09:00:00 GMT', now)).toBe(0)
    for (const unreadable of ['soon', '1e9', undefined]) expect(parseRetryAfterMs(unreadable, now)).toBeNull()
  })
})
