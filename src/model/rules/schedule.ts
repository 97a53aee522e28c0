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
  at: readonly string[] = [],
): UserError[] {
  if (endsAt == null) return []
  const object = (message: string): UserError[] => [
    { field: [...at, 'endsAt'], code: 'SCHEDULE_INVALID', message },
  ]
  if (!isBefore(now, endsAt)) return object('The end must be in the future.')
  if (startsAt != null && !isBefore(startsAt, endsAt)) return object('The end must be after the start.')
  return []
}

/** A start that lies behind is left away: Seam takes none for now. */
export function upcoming(startsAt: string | null, now: string): string | null {
  return startsAt !== null && isBefore(now, startsAt) ? startsAt : null
}
