import type { ChangeKind, ChangeOrigin, ChangeSubject } from '../../src/model/change.ts'
import type { ChangeFilter } from '../../src/model/change-filter.ts'
import { readOptionalIdArgument } from '../id-arguments.ts'

/** Any change filter input of the graph. */
export type ChangeFilterInput = {
  readonly acsSystemId?: string | null | undefined
  readonly acsUserId?: string | null | undefined
  readonly acsEntranceId?: string | null | undefined
  readonly subjects?: readonly ChangeSubject[] | null | undefined
  readonly kinds?: readonly ChangeKind[] | null | undefined
  readonly origins?: readonly ChangeOrigin[] | null | undefined
}

/**
 * Converts a filter input. Throws a `GraphQLError` (`BAD_USER_INPUT`) for invalid IDs. `argumentPath` is the path
 * of the filter in the arguments.
 */
export function toChangeFilter(
  filter: ChangeFilterInput | null | undefined,
  argumentPath = 'filter',
): ChangeFilter {
  const input = filter ?? {}
  return {
    acsSystemId: readOptionalIdArgument('AcsSystem', `${argumentPath}.acsSystemId`, input.acsSystemId),
    acsUserId: readOptionalIdArgument('AcsUser', `${argumentPath}.acsUserId`, input.acsUserId),
    acsEntranceId: readOptionalIdArgument(
      'AcsEntrance',
      `${argumentPath}.acsEntranceId`,
      input.acsEntranceId,
    ),
    subjects: withoutRepeats(input.subjects),
    kinds: withoutRepeats(input.kinds),
    origins: withoutRepeats(input.origins),
  }
}

/** A list of an argument may repeat a value any number of times. */
function withoutRepeats<T>(values: readonly T[] | null | undefined): readonly T[] | null {
  return values == null ? null : [...new Set(values)]
}
