/**
 * Seam's times are ISO 8601 texts with up to nine digits after the second, which a `Date` would cut to three. They are kept and
 * compared as texts: `utcTime` writes them all in UTC, `timeKey` so that the order of texts is the order of times.
 */
const shape = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?(Z|[+-]\d{2}:?\d{2})?$/i

type Parts = { readonly second: string; readonly fraction: string }

/** The UTC second and the digits after it; `null` for what is no time. A time without an offset is taken as UTC, as Seam writes it. */
function partsOf(text: string): Parts | null {
  const match = shape.exec(text.trim())
  if (match === null) return null
  const [, date, clock, fraction = '', zone = 'Z'] = match
  const ms = Date.parse(`${date}T${clock}${zone.toUpperCase()}`)
  return Number.isNaN(ms) ? null : { second: new Date(ms).toISOString().slice(0, 19), fraction }
}

/** The same instant in UTC, as RFC 3339 with all its digits; a text that is no time comes back as it was. */
export function utcTime(text: string): string {
  const parts = partsOf(text)
  if (parts === null) return text
  return parts.fraction === '' ? `${parts.second}Z` : `${parts.second}.${parts.fraction}Z`
}

/** A text that sorts as the time does. */
export function timeKey(text: string): string {
  const parts = partsOf(text)
  return parts === null ? text : `${parts.second}.${parts.fraction.padEnd(9, '0')}`
}

/** Whether `a` is before `b`, to the last digit. */
export function isBefore(a: string, b: string): boolean {
  return timeKey(a) < timeKey(b)
}

/** Reads a time that a client gives: RFC 3339 with an offset. `null` for anything else. */
export function parseDateTime(text: string): string | null {
  return /(Z|[+-]\d{2}:\d{2})$/i.test(text) && text[10]?.toUpperCase() === 'T' && partsOf(text) !== null
    ? utcTime(text)
    : null
}
