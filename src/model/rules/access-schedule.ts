import { isBefore } from '../time.ts'
import type { UserError } from '../user-error.ts'

/** When something is to begin and to end; absent and `null` are both open. */
export type ScheduleInput = {
  readonly startsAt?: string | null | undefined
  readonly endsAt?: string | null | undefined
}

/**
 * What is wrong with a schedule: an end is in the future and after the start. A start in the past is no mistake: Seam moves it to now
 * and says so in a warning (`schedule_modified`). `at` is the path of the object that holds the two fields.
 */
export function scheduleErrors(
  { startsAt, endsAt }: ScheduleInput,
  now: string,
  path: readonly string[] = [],
): UserError[] {
  if (endsAt == null) return []
  const createError = (message: string): UserError[] => [
    { field: [...path, 'endsAt'], code: 'SCHEDULE_INVALID', message },
  ]
  if (!isBefore(now, endsAt)) return createError('The end time must be in the future.')
  if (startsAt != null && !isBefore(startsAt, endsAt))
    return createError('The end time must be after the start time.')
  return []
}

/** A start that lies behind is left away: Seam takes none for now. */
export function futureStart(startsAt: string | null, now: string): string | null {
  return startsAt !== null && isBefore(now, startsAt) ? startsAt : null
}
