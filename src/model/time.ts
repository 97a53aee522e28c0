/**
 * Seam's times are ISO 8601 texts with up to nine fraction digits, of which a `Date` keeps only three. Therefore times are stored and compared
 * as texts: `toUtcTime` converts a time to UTC, and the texts of `timeSortKey` sort in the order of the times.
 */
const timePattern =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))[T ]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d{2}:?\d{2})?$/i

type TimeParts = { readonly second: string; readonly fraction: string }

/** Returns the UTC second and the fraction digits, or `null` if the text is not a time. A time without an offset is in UTC, as in Seam. */
function parseTime(text: string): TimeParts | null {
  const match = timePattern.exec(text.trim())
  if (match === null) return null
  const [, date = '', clock = '', fraction = '', zone = 'Z'] = match
  if (!isCalendarDay(date)) return null
  // Nearly all of Seam's times are in UTC already. One response contains thousands of times, and a `Date` for each would be slow.
  const isUtc = zone === 'Z' || zone === 'z'
  const second = isUtc ? `${date}T${clock}` : toIsoString(`${date}T${clock}${zone}`)?.slice(0, 19)
  return second === undefined ? null : { second, fraction }
}

/** Converts a time to UTC. Returns `null` if the text is not a time, or if the year does not have four digits. */
function toIsoString(text: string): string | null {
  const ms = Date.parse(text)
  const iso = Number.isNaN(ms) ? '' : new Date(ms).toISOString()
  return iso.length === 24 ? iso : null
}

/** Whether the day exists in the calendar. A `Date` would convert 30 February to 2 March. */
function isCalendarDay(date: string): boolean {
  return Number(date.slice(8)) <= 28 || toIsoString(`${date}T00:00:00Z`)?.slice(0, 10) === date
}

/** Converts a time to UTC, as RFC 3339 with all fraction digits. Returns a text that is not a time unchanged. */
export function toUtcTime(text: string): string {
  const parts = parseTime(text)
  if (parts === null) return text
  return parts.fraction === '' ? `${parts.second}Z` : `${parts.second}.${parts.fraction}Z`
}

/** Returns a text whose sort order is the order of the times. */
export function timeSortKey(text: string): string {
  const parts = parseTime(text)
  return parts === null ? text : `${parts.second}.${parts.fraction.padEnd(9, '0')}`
}

/** Whether `a` is before `b`, compared with all fraction digits. */
export function isBefore(a: string, b: string): boolean {
  return timeSortKey(a) < timeSortKey(b)
}

/** Whether two times are the same instant, whatever their offset and number of fraction digits. `null` equals only `null`. */
export function isSameTime(a: string | null, b: string | null): boolean {
  return a === null || b === null ? a === b : timeSortKey(a) === timeSortKey(b)
}

/** Reads a client's time, which must be RFC 3339 with an offset. Returns `null` for any other text. */
export function parseDateTime(text: string): string | null {
  return /(Z|[+-]\d{2}:\d{2})$/i.test(text) && text[10]?.toUpperCase() === 'T' && parseTime(text) !== null
    ? toUtcTime(text)
    : null
}

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs
