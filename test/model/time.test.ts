import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBefore, parseDateTime, timeSortKey, toUtcTime } from '../../src/model/time.ts'

/** Generates times: the microseconds since 1970, and a notation of the time with any UTC offset. */
const generatedTime = fc
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
  it('should be compared with all fraction digits, regardless of their UTC offset', () => {
    fc.assert(
      fc.property(generatedTime, generatedTime, (a, b) => {
        expect(isBefore(a.text, b.text)).toBe(a.micros < b.micros)
        expect(timeSortKey(a.text) === timeSortKey(b.text)).toBe(a.micros === b.micros)
      }),
    )
  })

  it('should be the same instant after conversion to UTC', () => {
    fc.assert(
      fc.property(generatedTime, ({ text, micros }) => {
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
  ])('should be read from clients: %s becomes %s', (text, utc) => {
    expect(parseDateTime(text)).toBe(utc)
  })

  it.each([
    ['have no offset', '2025-06-16T16:54:17'],
    ['have no time of day', '2025-06-16'],
    ['have no T', '2025-06-16 16:54:17Z'],
    ['have an invalid month', '2025-13-01T00:00:00Z'],
    ['have an invalid day', '2025-02-30T00:00:00Z'],
    ['are 29 February of a common year', '2025-02-29T00:00:00Z'],
    ['have an invalid hour', '2025-01-01T24:00:00Z'],
    ['have an invalid offset', '2025-01-01T00:00:00+25:00'],
    ['have a year with more than four digits in UTC', '9999-12-31T23:00:00-10:00'],
    ['are words', 'tomorrow'],
    ['are empty', ''],
  ])('should be refused from clients if they %s', (_reason, text) => {
    expect(parseDateTime(text)).toBeNull()
  })

  it('should be in UTC if Seam writes them without an offset', () => {
    expect(toUtcTime('2025-06-16T16:54:17.5')).toBe('2025-06-16T16:54:17.5Z')
  })
})
