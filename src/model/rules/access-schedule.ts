import { isBefore } from '../time.ts'
import type { UserError } from '../user-error.ts'

/** Requested start and end of access. An absent or `null` time means that there is no start or no end. */
export type ScheduleInput = {
  readonly startsAt?: string | null | undefined
  readonly endsAt?: string | null | undefined
}

/**
 * Validates a schedule: the end must be in the future and after the start. A start in the past is valid: Seam changes it to the current time
 * and reports this with the warning `schedule_modified`. `path` is the path of the object that contains both fields.
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

/** Returns the start if it is in the future, otherwise `null`: Seam treats an absent start as the current time. */
export function futureStart(startsAt: string | null, now: string): string | null {
  return startsAt !== null && isBefore(now, startsAt) ? startsAt : null
}
