import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBefore, parseDateTime, timeSortKey, toUtcTime } from '../../src/model/time.ts'

/** Microseconds since 1970, and one of the ways to write that time. */
const written = fc
  .record({
    micros: fc.bigInt({ min: 0n, max: 4_000_000_000_000_000n }),
    offsetMinutes: fc.integer({ min: -14 * 60, max: 14 * 60 }),
  })
  .map(({ micros, offsetMinutes }) => {
    const local = new Date(Number(micros / 1000n) + offsetMinutes * 60_000).toISOString().slice(0, 19)
    const fraction = String(micros % 1_000_000n).padStart(6, '0')
    const pad = (value: number) => String(value).padStart(2, '0')
    const minutes = Math.abs(offsetMinutes)
    const zone = `${offsetMinutes < 0 ? '-' : '+'}${pad(Math.trunc(minutes / 60))}:${pad(minutes % 60)}`
    return { micros, text: `${local}.${fraction}${zone}` }
  })

describe('times', () => {
  it('should compare to the last digit, however they are written', () => {
    fc.assert(
      fc.property(written, written, (a, b) => {
        expect(isBefore(a.text, b.text)).toBe(a.micros < b.micros)
        expect(timeSortKey(a.text) === timeSortKey(b.text)).toBe(a.micros === b.micros)
      }),
    )
  })

  it('should mean the same instant in UTC', () => {
    fc.assert(
      fc.property(written, ({ text, micros }) => {
        const utc = toUtcTime(text)
        expect(utc).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
        expect(Date.parse(utc)).toBe(Number(micros / 1000n))
        expect(timeSortKey(utc)).toBe(timeSortKey(text))
      }),
    )
  })

  it.each([
    ['2025-06-16T16:54:17.946512Z', '2025-06-16T16:54:17.946512Z'],
    ['2025-06-16T16:54:17.9Z', '2025-06-16T16:54:17.9Z'],
    ['2025-06-16T23:54:17+02:00', '2025-06-16T21:54:17Z'],
    ['2025-06-16t23:54:17z', '2025-06-16T23:54:17Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
  ])("should read a client's %s as %s", (given, utc) => {
    expect(parseDateTime(given)).toBe(utc)
  })

  it.each([
    ['no offset', '2025-06-16T16:54:17'],
    ['a day alone', '2025-06-16'],
    ['no T', '2025-06-16 16:54:17Z'],
    ['a month that is none', '2025-13-01T00:00:00Z'],
    ['a day that is none', '2025-02-30T00:00:00Z'],
    ['29 February of a common year', '2025-02-29T00:00:00Z'],
    ['an hour that is none', '2025-01-01T24:00:00Z'],
    ['an offset that is none', '2025-01-01T00:00:00+25:00'],
    ['a year with more than four digits in UTC', '9999-12-31T23:00:00-10:00'],
    ['words', 'tomorrow'],
    ['nothing', ''],
  ])('should refuse %s', (_why, text) => {
    expect(parseDateTime(text)).toBeNull()
  })

  it("should take a time of Seam's without an offset as UTC", () => {
    expect(toUtcTime('2025-06-16T16:54:17.5')).toBe('2025-06-16T16:54:17.5Z')
  })
})
