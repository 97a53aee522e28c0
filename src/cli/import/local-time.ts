import { parseDateTime } from '../../model/time.ts'
import { UsageError } from '../terminal.ts'
import { quote } from './printable-text.ts'

/** How the times in a file are interpreted. */
export type ImportTimeSettings = {
  /** The building's IANA time zone; `null` if it is unknown. */
  readonly timeZone: string | null
  /** The time of day for dates without a time, such as `15:00`. `null` means the start of the day for `startsAt`, and its last second for `endsAt`. */
  readonly timeOfDay: string | null
}

const localTimePattern = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?))?$/

/** Reads the option `--time`, the time of day for dates without a time. Throws `UsageError`. */
export function readTimeOfDay(text: string | undefined): string | null {
  if (text === undefined) return null
  if (/^([01]\d|2[0-3]):[0-5]\d$/.test(text)) return text
  throw new UsageError(`--time ${quote(text)} is not a time of day, such as 15:00.`)
}

/** Whether the time zone is known to the runtime. */
export function isTimeZone(timeZone: string): boolean {
  try {
    return Temporal.Now.zonedDateTimeISO(timeZone) !== null
  } catch {
    return false
  }
}

/**
 * Reads a start or an end: a time with an offset, or a date or a time without one, in the building's time zone. Returns RFC 3339. A
 * local time that the zone skips is moved forward by the gap; of a repeated local time, the first counts. Throws `UsageError`.
 */
export function readTime(
  column: 'startsAt' | 'endsAt',
  text: string,
  timeSettings: ImportTimeSettings,
): string {
  const exact = parseDateTime(text)
  if (exact !== null) return exact
  const [, date, time = timeSettings.timeOfDay] = localTimePattern.exec(text) ?? []
  const day = date === undefined ? null : parseDay(date)
  if (day === null)
    throw new UsageError(
      `${column} ${quote(text)} is neither a date such as 2026-12-01, nor a time such as 2026-12-01T15:00 or 2026-12-01T15:00:00-05:00.`,
    )
  const { timeZone } = timeSettings
  if (timeZone === null)
    throw new UsageError(
      `${column} ${quote(text)} has no offset, and the time zone of this building isn't known: write a time such as 2026-12-01T15:00:00-05:00.`,
    )
  return toInstant(column, text, { day, time, timeZone }).toString()
}

function parseDay(date: string): Temporal.PlainDate | null {
  try {
    return Temporal.PlainDate.from(date)
  } catch {
    return null
  }
}

type LocalTime = { readonly day: Temporal.PlainDate; readonly time: string | null; readonly timeZone: string }

function toInstant(
  column: 'startsAt' | 'endsAt',
  text: string,
  { day, time, timeZone }: LocalTime,
): Temporal.Instant {
  if (time === null) {
    // Not every day has 24 hours or begins at midnight.
    if (column === 'startsAt') return day.toZonedDateTime(timeZone).toInstant()
    return day.add({ days: 1 }).toZonedDateTime(timeZone).subtract({ seconds: 1 }).toInstant()
  }
  try {
    return day.toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from(time) }).toInstant()
  } catch {
    throw new UsageError(`${column} ${quote(text)} has an invalid time of day: use one such as 15:00.`)
  }
}

/** Formats an instant in the building's local time, or in UTC if its time zone is unknown. */
export function formatLocalTime(time: string, timeZone: string | null): string {
  const local = Temporal.Instant.from(time).toZonedDateTimeISO(timeZone ?? 'UTC')
  return local.toPlainDateTime().toString({ smallestUnit: 'minute' }).replace('T', ' ')
}
