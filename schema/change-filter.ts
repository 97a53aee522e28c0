import type { Change, ChangeKind, ChangeOrigin, ChangeSubject } from '../src/model/change.ts'
import { type ChangeFilter, passesFilter } from '../src/model/change-filter.ts'
import { readOptionalId } from './ids.ts'

/** Any of the graph's filters of changes. */
export type ChangeFilterInput = {
  readonly acsSystemId?: string | null | undefined
  readonly acsUserId?: string | null | undefined
  readonly acsEntranceId?: string | null | undefined
  readonly subjects?: readonly ChangeSubject[] | null | undefined
  readonly kinds?: readonly ChangeKind[] | null | undefined
  readonly origins?: readonly ChangeOrigin[] | null | undefined
}

/** Reads a filter as it's given. Throws a `GraphQLError` for ids that are none; `place` is where they stand. */
export function readChangeFilter(
  filter: ChangeFilterInput | null | undefined,
  place = 'filter',
): ChangeFilter {
  const given = filter ?? {}
  return {
    acsSystemId: readOptionalId('AcsSystem', `${place}.acsSystemId`, given.acsSystemId),
    acsUserId: readOptionalId('AcsUser', `${place}.acsUserId`, given.acsUserId),
    acsEntranceId: readOptionalId('AcsEntrance', `${place}.acsEntranceId`, given.acsEntranceId),
    subjects: given.subjects ?? null,
    kinds: given.kinds ?? null,
    origins: given.origins ?? null,
  }
}

/** What a filter lets through. Throws a `GraphQLError` for ids that are none. */
export function changeMatcher(filter: ChangeFilterInput | null | undefined): (change: Change) => boolean {
  const read = readChangeFilter(filter)
  return (change) => passesFilter(read, change)
}
