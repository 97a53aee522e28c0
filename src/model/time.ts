/**
 * Seam's times are ISO 8601 texts with up to nine digits after the second, which a `Date` would cut to three. They are kept and
 * compared as texts: `toUtcTime` writes them all in UTC, `timeSortKey` so that the order of texts is the order of times.
 */
const timePattern =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))[T ]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d{2}:?\d{2})?$/i

type TimeParts = { readonly second: string; readonly fraction: string }

/** The UTC second and the digits after it; `null` for what is no time. A time without an offset is taken as UTC, as Seam writes it. */
function parseTime(text: string): TimeParts | null {
  const match = timePattern.exec(text.trim())
  if (match === null) return null
  const [, date = '', clock = '', fraction = '', zone = 'Z'] = match
  if (!isCalendarDay(date)) return null
  // Nearly all of Seam's times are in UTC already; thousands of them stand in one answer, and a Date for each would be felt.
  const isUtc = zone === 'Z' || zone === 'z'
  const second = isUtc ? `${date}T${clock}` : toIsoString(`${date}T${clock}${zone}`)?.slice(0, 19)
  return second === undefined ? null : { second, fraction }
}

/** In UTC; `null` for what is no time, and for years that four digits can't tell. */
function toIsoString(text: string): string | null {
  const ms = Date.parse(text)
  const iso = Number.isNaN(ms) ? '' : new Date(ms).toISOString()
  return iso.length === 24 ? iso : null
}

/** Whether the calendar has that day: a `Date` takes 30 February for 2 March. */
function isCalendarDay(date: string): boolean {
  return Number(date.slice(8)) <= 28 || toIsoString(`${date}T00:00:00Z`)?.slice(0, 10) === date
}

/** The same instant in UTC, as RFC 3339 with all its digits; a text that is no time comes back as it was. */
export function toUtcTime(text: string): string {
  const parts = parseTime(text)
  if (parts === null) return text
  return parts.fraction === '' ? `${parts.second}Z` : `${parts.second}.${parts.fraction}Z`
}

/** A text that sorts as the time does. */
export function timeSortKey(text: string): string {
  const parts = parseTime(text)
  return parts === null ? text : `${parts.second}.${parts.fraction.padEnd(9, '0')}`
}

/** Whether `a` is before `b`, to the last digit. */
export function isBefore(a: string, b: string): boolean {
  return timeSortKey(a) < timeSortKey(b)
}

/** Whether two texts are the same instant, however they are written; `null` is the same as `null` only. */
export function isSameTime(a: string | null, b: string | null): boolean {
  return a === null || b === null ? a === b : timeSortKey(a) === timeSortKey(b)
}

/** Reads a time that a client gives: RFC 3339 with an offset. `null` for anything else. */
export function parseDateTime(text: string): string | null {
  return /(Z|[+-]\d{2}:\d{2})$/i.test(text) && text[10]?.toUpperCase() === 'T' && parseTime(text) !== null
    ? toUtcTime(text)
    : null
}

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs
