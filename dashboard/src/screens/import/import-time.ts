import { parseDate, parseDateTime, toZoned } from '@internationalized/date'
import { parseDateTime as parseExactTime } from '../../../../src/model/time.ts'
import { texts } from '../../texts.ts'

const localTimePattern = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?))?$/

/**
 * Reads a start or an end: a time with an offset, or a date or a time without one, in the building's zone. A date is the start of the day as
 * `startsAt`, and its last second as `endsAt`. Throws an `Error` with a message for the user.
 */
export function readImportTime(column: 'startsAt' | 'endsAt', text: string, timeZone: string | null): string {
  const exact = parseExactTime(text)
  if (exact !== null) return exact
  const [, date, time] = localTimePattern.exec(text) ?? []
  if (date === undefined) throw new Error(texts.importResidents.notATime(text))
  if (timeZone === null) throw new Error(texts.importResidents.noZone(text))
  try {
    if (time !== undefined) return toZoned(parseDateTime(`${date}T${time}`), timeZone).toAbsoluteString()
    const day = parseDate(date)
    if (column === 'startsAt') return toZoned(day, timeZone).toAbsoluteString()
    return toZoned(day.add({ days: 1 }), timeZone)
      .subtract({ seconds: 1 })
      .toAbsoluteString()
  } catch {
    throw new Error(texts.importResidents.notATime(text))
  }
}
