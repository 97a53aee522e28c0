import { describe, expect, it } from 'vitest'
import { formatLocalTime, isTimeZone, readTime, readTimeOfDay } from '../../../src/cli/import/local-time.ts'

const newYork = { timeZone: 'America/New_York', timeOfDay: null }

describe('the times in a file', () => {
  it.each([
    ['startsAt', '2026-12-01', '2026-12-01T05:00:00Z'],
    ['endsAt', '2026-12-31', '2027-01-01T04:59:59Z'],
    ['startsAt', '2026-12-01T15:00', '2026-12-01T20:00:00Z'],
    ['startsAt', '2026-07-01 15:00:30', '2026-07-01T19:00:30Z'],
    ['endsAt', '2026-12-01T15:00:00+01:00', '2026-12-01T14:00:00Z'],
    // A local time that New York skips, and one that it repeats.
    ['startsAt', '2026-03-08T02:30', '2026-03-08T07:30:00Z'],
    ['startsAt', '2026-11-01T01:30', '2026-11-01T05:30:00Z'],
    ['endsAt', '2026-11-01', '2026-11-02T04:59:59Z'],
  ] as const)('should be in the building’s time zone: %s %s', (column, text, instant) => {
    expect(readTime(column, text, newYork)).toBe(instant)
  })

  it('should begin at the start of the day if that is not midnight', () => {
    const santiago = { timeZone: 'America/Santiago', timeOfDay: null }
    expect(readTime('startsAt', '2026-09-06', santiago)).toBe('2026-09-06T04:00:00Z')
    expect(readTime('endsAt', '2026-09-05', santiago)).toBe('2026-09-06T03:59:59Z')
  })

  it('should have the time of day of --time if they have none', () => {
    const clock = { ...newYork, timeOfDay: readTimeOfDay('15:00') }
    expect(readTime('startsAt', '2026-12-01', clock)).toBe('2026-12-01T20:00:00Z')
    expect(readTime('endsAt', '2026-12-31', clock)).toBe('2026-12-31T20:00:00Z')
    expect(readTime('endsAt', '2026-12-31T11:00', clock)).toBe('2026-12-31T16:00:00Z')
    expect(readTimeOfDay(undefined)).toBeNull()
    for (const text of ['', '24:00', '3pm', '15', '15:00:00'])
      expect(() => readTimeOfDay(text), text).toThrow(/is not a time of day, such as 15:00/)
  })

  it.each([
    '12/01/2026',
    '2026-02-30',
    '2026-13-01',
    '01.12.2026',
    '2026-12-01T25:00',
    '2026-12-01T15:00+25:00',
    'tomorrow',
    '',
  ])('should be rejected with an example if they are invalid: %j', (text) => {
    expect(() => readTime('startsAt', text, newYork)).toThrow(/^startsAt .*(2026-12-01|time of day)/)
  })

  it('should need an offset if the building’s time zone is unknown', () => {
    const clock = { timeZone: null, timeOfDay: null }
    expect(() => readTime('startsAt', '2026-12-01', clock)).toThrow(/time zone of this building isn't known/)
    expect(readTime('startsAt', '2026-12-01T15:00:00Z', clock)).toBe('2026-12-01T15:00:00Z')
    expect([isTimeZone('America/New_York'), isTimeZone('Mars/Olympus')]).toEqual([true, false])
  })

  it('should be printed in the building’s time zone', () => {
    expect(formatLocalTime('2026-12-01T05:00:00Z', 'America/New_York')).toBe('2026-12-01 00:00')
    expect(formatLocalTime('2027-01-01T04:59:59Z', 'America/New_York')).toBe('2026-12-31 23:59')
    expect(formatLocalTime('2026-12-01T05:00:00Z', null)).toBe('2026-12-01 05:00')
  })
})
