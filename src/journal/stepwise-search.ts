import type { Change } from '../model/change.ts'
import { type ChangeCriteria, canMeetCriteria, isMetByEveryChange } from '../model/change-filter.ts'
import { waitForTurn } from '../runtime/event-loop.ts'

/** A range of a journal: the changes with `after < offset <= upTo`. */
export type OffsetRange = { readonly after: number; readonly upTo: number }

export type SearchRange = OffsetRange & {
  readonly limit: number
  /** Finds the last `limit` changes instead of the first. The result is in ascending order in both cases. */
  readonly isBackward?: boolean
}

/** The result of a search. `isComplete` is `false` if changes of the scanned range have been trimmed. */
export type SearchResult = { readonly changes: readonly Change[]; readonly isComplete: boolean }

/** The result of one step, and how many changes it scanned, matching or not. */
export type SearchStep<T> = { readonly result: T; readonly scannedCount: number }

/** A store's search over at most `stepSize` changes. One step takes about ten milliseconds of CPU time at most. */
export type StepwiseSearch = {
  readonly stepSize: number
  find(criteria: ChangeCriteria, range: SearchRange): Promise<SearchStep<readonly Change[]>>
  count(criteria: ChangeCriteria, range: OffsetRange): Promise<SearchStep<number>>
}

/** Searches a range step by step, each step in a turn of the event loop of its own. */
export async function searchInSteps(
  search: StepwiseSearch,
  criteria: ChangeCriteria,
  { after, upTo, limit, isBackward = false }: SearchRange,
): Promise<SearchResult> {
  const parts: (readonly Change[])[] = []
  if (!canMeetCriteria(criteria)) return { changes: [], isComplete: true }
  let [from, to, remaining, isComplete] = [after, upTo, limit, true]
  while (from < to && remaining > 0) {
    await waitForTurn()
    const range = isBackward
      ? { after: Math.max(from, to - search.stepSize), upTo: to }
      : { after: from, upTo: Math.min(to, from + search.stepSize) }
    const { result, scannedCount } = await search.find(criteria, { ...range, limit: remaining, isBackward })
    isComplete &&= scannedCount === range.upTo - range.after
    remaining -= result.length
    parts.push(result)
    if (isBackward) to = range.after
    else from = range.upTo
  }
  return { changes: (isBackward ? parts.reverse() : parts).flat(), isComplete }
}

/** Counts the changes that meet the criteria, step by step. Criteria that every change meets need no scan, since offsets are dense. */
export async function countInSteps(
  search: StepwiseSearch,
  criteria: ChangeCriteria,
  { after, upTo }: OffsetRange,
): Promise<number> {
  if (!canMeetCriteria(criteria)) return 0
  if (isMetByEveryChange(criteria)) return Math.max(0, upTo - after)
  let total = 0
  for (let from = after; from < upTo; from += search.stepSize) {
    await waitForTurn()
    const { result } = await search.count(criteria, {
      after: from,
      upTo: Math.min(upTo, from + search.stepSize),
    })
    total += result
  }
  return total
}
