import { toError } from '../../model/to-error.ts'
import type { CollectionState } from './collection-state.ts'
import type { Freshness } from './freshness.ts'
import { isRecentFailure } from './freshness-policy.ts'
import type { LoadStart } from './row-index.ts'

/** Fetches single rows from Seam. */
export type RowSource<Id, T> = {
  /** Fetches rows; those that do not exist are missing in the result. */
  readonly fetch: (ids: readonly Id[]) => Promise<readonly T[]>
  /** Maximum number of ids of one fetch, all by default. Each fetch fails by itself. */
  readonly maxIdsPerFetch?: number
}

/** The running fetches of single rows. */
export type RowLoads<Id> = {
  /** Starts to fetch the rows that are not being fetched, or whose running fetch is too old. */
  start(ids: readonly Id[]): void
  /** Returns the running fetch of a row; rejects if Seam fails. */
  running(id: Id): Promise<void> | undefined
  /** Whether the last fetch of any row failed recently. */
  hasRecentFailure(): boolean
}

type RunningLoad = LoadStart & { readonly done: Promise<void> }

export function createRowLoads<Id extends string, Partition extends string, T>(
  { fetch, maxIdsPerFetch }: RowSource<Id, T>,
  state: CollectionState<Id, Partition, T>,
  freshness: Freshness<Id, Partition, T>,
  now: () => number,
): RowLoads<Id> {
  const loads = new Map<Id, RunningLoad>()
  let failedAt: number | null = null

  const isSlow = (id: Id): boolean => {
    const load = loads.get(id)
    return load !== undefined && !freshness.isWithinMaxAge(load.fetchedAt)
  }

  function startFetch(ids: readonly Id[]): void {
    const load = state.startLoad()
    const done = fetch(ids)
      .then((fetchedRows) => {
        state.storeFetched(ids, fetchedRows, load)
        failedAt = null
      })
      .catch((thrown: unknown) => {
        failedAt = now()
        throw toError(thrown)
      })
      .finally(() => {
        for (const id of ids) if (loads.get(id)?.done === done) loads.delete(id)
      })
    for (const id of ids) loads.set(id, { ...load, done })
  }

  return {
    start(ids) {
      const due = ids.filter(
        (id) => (loads.get(id)?.version ?? -1) < state.invalidationVersionOf(id) || isSlow(id),
      )
      // A slow fetch must not overwrite the newer one by arriving last.
      if (due.some(isSlow)) state.invalidations.nextVersion()
      const size = maxIdsPerFetch ?? due.length
      for (let start = 0; start < due.length; start += size) startFetch(due.slice(start, start + size))
    },
    running: (id) => loads.get(id)?.done,
    hasRecentFailure: () => isRecentFailure(failedAt, now()),
  }
}
