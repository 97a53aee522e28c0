import { toError } from '../../model/to-error.ts'
import { groupInTurns } from '../../runtime/event-loop.ts'
import type { CollectionState } from './collection-state.ts'
import type { Freshness } from './freshness.ts'
import type { LoadStart } from './row-index.ts'

/** Loads lists from Seam. */
export type ListSource<Partition, T> = {
  readonly partitionOf: (row: T) => Partition
  readonly listPartition: (partition: Partition) => Promise<readonly T[]>
  /** Lists all partitions with one call, if Seam has it. Resolves to `null` if they must be listed one by one. */
  readonly listPartitions?: (partitions: readonly Partition[]) => Promise<readonly T[] | null>
}

/** The running loads of lists: one per partition at a time. */
export type ListLoads<Partition, T> = {
  /** Starts to load the lists that are not being loaded. `isEverything`: `partitions` are all that exist. */
  start(partitions: readonly Partition[], isEverything: boolean): void
  /** Returns the running load of a partition's list; rejects if Seam fails. */
  running(partition: Partition): Promise<void> | undefined
  /** Error of the last load of a partition's list; `null` if it succeeded. */
  failureOf(partition: Partition): Error | null
  clearFailure(partition: Partition): void
  /** Shares a list of all partitions that is being read; see `Collection.sharePendingList`. */
  share(list: Promise<readonly T[] | null>, prioritize: () => void): () => void
}

type PendingList<Partition, T> = {
  readonly load: LoadStart
  /** Groups the rows when the first reader needs them. */
  readonly byPartition: () => Promise<ReadonlyMap<Partition, readonly T[]> | null>
  readonly prioritize: () => void
}

export function createListLoads<Id extends string, Partition extends string, T>(
  { partitionOf, listPartition, listPartitions }: ListSource<Partition, T>,
  state: CollectionState<Id, Partition, T>,
  freshness: Freshness<Id, Partition, T>,
): ListLoads<Partition, T> {
  const loads = new Map<Partition, Promise<void>>()
  const failures = new Map<Partition, Error>()
  let pendingList: PendingList<Partition, T> | null = null

  function loadList(
    partition: Partition,
    readList: () => Promise<readonly T[]>,
    load = state.startLoad(),
  ): void {
    const done = readList()
      .then(
        (list) => {
          failures.delete(partition)
          const rowsOfPartition = list.filter((row) => partitionOf(row) === partition)
          return state.storeList(partition, rowsOfPartition, load)
        },
        (thrown: unknown) => {
          const error = toError(thrown)
          failures.set(partition, error)
          throw error
        },
      )
      .finally(() => {
        if (loads.get(partition) === done) loads.delete(partition)
      })
    loads.set(partition, done)
  }

  function joinPendingList(
    partition: Partition,
    { byPartition, prioritize, load }: PendingList<Partition, T>,
  ): void {
    prioritize()
    const readList = async () => {
      const lists = await byPartition()
      return lists === null ? listPartition(partition) : (lists.get(partition) ?? [])
    }
    loadList(partition, readList, load)
  }

  /**
   * Whether the shared list is newer than the partition's, and not older than its invalidation. Each partition uses the shared list once:
   * a reader that it does not satisfy loads the list again, instead of joining the same list in an endless loop.
   */
  function isUseful({ load }: PendingList<Partition, T>, partition: Partition): boolean {
    const list = state.loadedList(partition)
    const isAlreadyStored =
      list !== undefined &&
      (list.version > load.version || (list.version === load.version && list.fetchedAt >= load.fetchedAt))
    return (
      !isAlreadyStored &&
      freshness.isWithinMaxAge(load.fetchedAt) &&
      state.invalidations.versionOfPartition(partition) <= load.version
    )
  }

  return {
    start(partitions, isEverything) {
      for (const partition of partitions)
        if (pendingList !== null && !loads.has(partition) && isUseful(pendingList, partition))
          joinPendingList(partition, pendingList)
      const idle = partitions.filter((partition) => !loads.has(partition))
      const canListTogether = isEverything && idle.length > 1 && idle.length === partitions.length
      if (listPartitions === undefined || !canListTogether) {
        for (const partition of idle) loadList(partition, () => listPartition(partition))
        return
      }
      const lists = listPartitions(idle).then((list) => list && groupInTurns(list, partitionOf))
      for (const partition of idle)
        loadList(partition, async () => {
          const byPartition = await lists
          return byPartition === null ? listPartition(partition) : (byPartition.get(partition) ?? [])
        })
    },
    running: (partition) => loads.get(partition),
    failureOf: (partition) => failures.get(partition) ?? null,
    clearFailure: (partition) => void failures.delete(partition),
    share(list, prioritize) {
      let byPartition: ReturnType<PendingList<Partition, T>['byPartition']> | null = null
      const pending: PendingList<Partition, T> = {
        load: state.startLoad(),
        byPartition: () => (byPartition ??= list.then((rows) => rows && groupInTurns(rows, partitionOf))),
        prioritize,
      }
      pendingList = pending
      const stopSharing = (): void => {
        if (pendingList === pending) pendingList = null
      }
      // After a failure, the next reader lists by itself.
      list.catch(stopSharing)
      return stopSharing
    },
  }
}
