import { type NewChange, objectIdsOf } from '../../model/change.ts'
import { maxConditionChanges, type UntouchedCondition } from '../journal.ts'

/**
 * Creates a check of one call's conditions against the journal before the call. `head` is its newest offset; `read` returns the contents of
 * the changes after an offset, up to `head`. A condition fails if it spans trimmed changes or more than `maxConditionChanges`.
 */
export function createConditionChecker(
  head: number,
  read: (after: number) => readonly string[],
): (condition: UntouchedCondition) => boolean {
  const touchedByOffset = new Map<number, ReadonlySet<string> | null>()

  function readTouchedAfter(after: number): ReadonlySet<string> | null {
    const count = head - after
    if (count <= 0) return new Set()
    if (count > maxConditionChanges) return null
    const contents = read(after)
    if (contents.length < count) return null
    return new Set(contents.flatMap((content) => objectIdsOf(JSON.parse(content) as NewChange)))
  }

  return ({ after, ids }) => {
    if (!touchedByOffset.has(after)) touchedByOffset.set(after, readTouchedAfter(after))
    const touched = touchedByOffset.get(after) ?? null
    return touched !== null && !ids.some((id) => touched.has(id))
  }
}
