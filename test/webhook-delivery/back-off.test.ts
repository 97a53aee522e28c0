import { describe, expect, it } from 'vitest'
import { getBackOffMs, parseRetryAfterMs } from '../../src/webhook-delivery/back-off.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

describe('waits between tries', () => {
  it('should grow from seconds to hours, and stay there', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1_000].map((failures) => getBackOffMs(failures, null, 0))
    const minutes = [2, 10, 30].map((count) => count * minuteMs)
    const hours = [1, 2, 4, 4, 4].map((count) => count * hourMs)
    expect(waits).toEqual([5_000, 30_000, ...minutes, ...hours])
  })

  it('should spread by up to a fifth', () => {
    expect(getBackOffMs(1, null, 1)).toBe(6_000)
    expect(getBackOffMs(1, null, 0.5)).toBe(5_500)
  })

  it('should be as long as the receiver asks for, and no longer than four hours', () => {
    expect(getBackOffMs(1, 60_000, 0)).toBe(60_000)
    expect(getBackOffMs(1, 1_000, 0)).toBe(5_000)
    expect(getBackOffMs(1, 1e12, 0)).toBe(4 * hourMs)
  })

  it('should read what the receiver asks for as seconds or as a date', () => {
    const now = Date.parse('2026-11-23T10:00:00Z')
    expect(parseRetryAfterMs('120', now)).toBe(120_000)
    expect(parseRetryAfterMs('Mon, 23 Nov 2026 10:01:00 GMT', now)).toBe(60_000)
    expect(parseRetryAfterMs('Mon, 23 Nov 2026 09:00:00 GMT', now)).toBe(0)
    for (const unreadable of ['soon', '1e9', undefined]) expect(parseRetryAfterMs(unreadable, now)).toBeNull()
  })
})
