import { toError } from '../../model/to-error.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { createBackgroundRefresh } from './background-refresh.ts'
import { type CollectionDump, createCollectionState } from './collection-state.ts'
import { createFreshness, isAnyRequired } from './freshness.ts'
import { type FreshnessPolicy, isRecentFailure, succeedsWithin } from './freshness-policy.ts'
import { createListLoads, type ListSource } from './list-loads.ts'
import type { CachedRow, RowKeys } from './row-index.ts'
import { createRowLoads, type RowSource } from './row-loads.ts'

/** Identifies the rows of a collection, and loads them from Seam. */
export type CollectionSource<Id extends string, Partition extends string, T> = RowKeys<Id, Partition, T> &
  ListSource<Partition, T> &
  RowSource<Id, T> & {
    /** Called with each row that was not cached before. */
    readonly onAdded?: (row: T) => void
  }

/**
 * The cached rows of one kind, in partitions (by ACS system, as a rule). An invalidated row is loaded again before it is served. Rows that
 * are only old are served while Seam fails, up to `maxStaleAgeMs`; invalidated rows are not, since a client that received a change must
 * not be shown the state before it.
 *
 * `CollectionState` explains versions.
 */
export type Collection<Id extends string, Partition extends string, T> = {
  /**
   * Loads the lists of partitions, unless they are fresh. `isEverything`: these are all partitions that exist. Returns for each partition
   * `null`, or the error of its load; without a promise if nothing must be loaded.
   */
  ensureLoaded(
    partitions: readonly Partition[],
    isEverything: boolean,
  ): MaybePromise<readonly (Error | null)[]>
  /** Whether a partition's list is complete, not too old, and has no invalidated row. */
  isFresh(partition: Partition): boolean
  /** Lists the cached rows of a partition. */
  rowsIn(partition: Partition): readonly T[]
  ownedBy(owner: string): readonly T[]
  /** Returns a cached row, also an invalidated one. */
  peek(id: Id): T | undefined
  /** Returns the row that readers were served last; `undefined` if it was invalidated since. */
  lastServed(id: Id): T | undefined
  /** Returns a fresh row from memory, `null` if it does not exist, or `undefined` if it must be loaded. */
  getFresh(id: Id): T | null | undefined
  /** Loads the rows that are not fresh. Resolves to `null` for a row that does not exist, and to the error for one that failed. */
  loadMany(ids: readonly Id[]): Promise<readonly (T | null | Error)[]>
  /** Stores rows of the response to another request, made at `version`. */
  put(rows: readonly T[], version: number): Promise<void>
  /** Stores a partition's list that was requested at `version` and `fetchedAt`, unless a newer one is cached. */
  putList(partition: Partition, list: readonly T[], version: number, fetchedAt: number): Promise<void>
  /**
   * Shares a list of all partitions that is being read. Readers that need a list wait for it, unless theirs was invalidated since, and
   * `prioritize` is called. If it resolves to `null`, each partition is listed by itself. Returns a function that ends the sharing.
   */
  sharePendingList(list: Promise<readonly T[] | null>, prioritize: () => void): () => void
  invalidate(id: Id): void
  /** Invalidates every row of an owner, also rows that are stored later by a load that started before. */
  invalidateOwnedBy(owner: string): void
  invalidatePartition(partition: Partition): void
  invalidateAll(): void
  /** Deletes a row, and remembers its id in a tombstone so that a load that started before cannot bring it back. */
  remove(id: Id): void
  /** Deletes a tombstone, for an object that exists again. */
  clearTombstone(id: Id): void
  /** Evicts a row, or its absence, as if it had not been loaded. */
  evict(id: Id): void
  /** Evicts the list and the rows of a partition, as if they had not been loaded. */
  evictPartition(partition: Partition): void
  /** Time at which a partition's list was requested, in ms since the epoch; `null` if it is not cached. */
  listedAt(partition: Partition): number | null
  isLoading(partition: Partition): boolean
  /** Error of the last load of a partition's list; `null` if it succeeded. */
  failureOf(partition: Partition): Error | null
  /** Whether a partition's list may be served if it cannot be loaded. */
  canServeStale(partition: Partition): boolean
  /** Returns a partition for a snapshot; `null` if nothing valid is cached. */
  dump(partition: Partition): CollectionDump<Id, T> | null
  /** Restores a partition from a snapshot. It is served at once, and the first read refreshes it in the background. */
  restore(partition: Partition, dump: CollectionDump<Id, T>): Promise<void>
  /** Loads a partition's list from Seam, also if it is fresh. Rejects if Seam fails. */
  reload(partition: Partition): Promise<void>
  /** Counts the changes of a partition. */
  revision(partition: Partition): number
  /** Partitions of which a row or the list is cached. */
  cachedPartitions(): Iterable<Partition>
  readonly version: number
  readonly size: number
}

export function createCollection<Id extends string, Partition extends string, T>(
  source: CollectionSource<Id, Partition, T>,
  policy: FreshnessPolicy,
): Collection<Id, Partition, T> {
  const state = createCollectionState<Id, Partition, T>({ ...source, now: policy.now })
  const { rows, invalidations } = state
  const freshness = createFreshness(state, source.partitionOf, policy)
  const { canServeStale, findServable, requiredLoads } = freshness
  const listLoads = createListLoads(source, state, freshness)
  const rowLoads = createRowLoads(source, state, freshness, policy.now)
  const backgroundRefresh = createBackgroundRefresh(refreshRestored)
  /** Time at which a partition was served stale because its load failed or was slow. */
  const servedStaleAt = new Map<Partition, number>()

  const hasRecentFailure = (partition: Partition): boolean =>
    isRecentFailure(servedStaleAt.get(partition) ?? null, policy.now())

  /** Whether a partition is served stale without another load: it is from a snapshot, or its last load failed recently. */
  function shouldServeStale(partition: Partition): boolean {
    const isLoadDeferred = state.isRestored(partition) || hasRecentFailure(partition)
    return isLoadDeferred && canServeStale(partition, freshness.currentVersion)
  }

  /** Loads what a partition needs; it waits for the running load and one more, at most. Serves it stale if Seam fails or is slow. */
  async function waitUntilFresh(partition: Partition, requiredVersion: number): Promise<void> {
    for (
      let required = requiredLoads([partition], requiredVersion);
      isAnyRequired(required);
      required = requiredLoads([partition], requiredVersion)
    ) {
      listLoads.start(required.lists, false)
      const done = Promise.all([listLoads.running(partition), refetch(required.ids)])
      // Checked again after waiting: the partition may have been invalidated meanwhile.
      const canServeNow = () => canServeStale(partition, requiredVersion)
      if (canServeNow() && !(await succeedsWithin(done, policy.maxWaitMs)) && canServeNow()) {
        servedStaleAt.set(partition, policy.now())
        return
      }
      await done
    }
  }

  async function refetch(ids: readonly Id[]): Promise<void> {
    rowLoads.start(ids)
    await Promise.all(ids.map(rowLoads.running))
  }

  /** Loads partitions together; each fails by itself. */
  function loadEach(partitions: readonly Partition[], isEverything: boolean): Promise<(Error | null)[]> {
    const requiredVersion = invalidations.nextVersion()
    const { lists, ids } = requiredLoads(partitions, requiredVersion)
    listLoads.start(lists, isEverything && lists.length === partitions.length)
    rowLoads.start(ids)
    return Promise.all(
      partitions.map((partition) => waitUntilFresh(partition, requiredVersion).then(() => null, toError)),
    )
  }

  /** Loads partitions and rows that were served from a snapshot. What fails is loaded again for a later reader. */
  function refreshRestored(
    partitions: readonly Partition[],
    ids: readonly Id[],
    isEverything: boolean,
  ): void {
    const due = partitions.filter(
      (partition) =>
        state.isRestored(partition) &&
        listLoads.running(partition) === undefined &&
        !hasRecentFailure(partition),
    )
    listLoads.start(due, isEverything)
    for (const partition of due)
      listLoads.running(partition)?.catch(() => servedStaleAt.set(partition, policy.now()))
    if (rowLoads.hasRecentFailure()) return
    const dueIds = ids.filter(
      (id) => rows.get(id)?.load.isRestored === true && rowLoads.running(id) === undefined,
    )
    rowLoads.start(dueIds)
    for (const id of dueIds) rowLoads.running(id)?.catch(() => undefined)
  }

  async function waitForRow(id: Id): Promise<T | null | Error> {
    const done = rowLoads.running(id) ?? Promise.resolve()
    const hasServable = findServable(id) !== undefined
    if (hasServable) await succeedsWithin(done, policy.maxWaitMs)
    const row = hasServable ? findServable(id) : undefined
    if (row !== undefined) return row
    const error = await done.then(() => null, toError)
    if (error !== null) return error
    return state.isDeleted(id) ? null : (rows.get(id)?.row ?? null)
  }

  /** Returns a row from a snapshot, and schedules its refresh. */
  function serveRestored(id: Id, { row }: CachedRow<T>): T | undefined {
    if (findServable(id) === undefined) return undefined
    const partition = source.partitionOf(row)
    if (state.isRestored(partition)) backgroundRefresh.schedule([partition], [], false)
    else backgroundRefresh.schedule([], [id], false)
    return row
  }

  function getFresh(id: Id): T | null | undefined {
    const entry = rows.get(id)
    const isRestored = entry?.load.isRestored === true && !state.isDeleted(id)
    return isRestored ? serveRestored(id, entry) : freshness.getFresh(id)
  }

  return {
    ensureLoaded(partitions, isEverything) {
      const unready = partitions.filter(
        (partition) => !freshness.isFresh(partition) && !shouldServeStale(partition),
      )
      const restored = partitions.filter(
        (partition) => state.isRestored(partition) && !unready.includes(partition),
      )
      if (restored.length > 0)
        backgroundRefresh.schedule(restored, [], isEverything && restored.length === partitions.length)
      if (unready.length === 0) return partitions.map(() => null)
      const isAll = isEverything && unready.length === partitions.length
      return loadEach(unready, isAll).then((errors) => {
        const byPartition = new Map<Partition, Error | null>(
          unready.map((partition, index) => [partition, errors[index] ?? null]),
        )
        return partitions.map((partition) => byPartition.get(partition) ?? null)
      })
    },
    isFresh: freshness.isFresh,
    rowsIn: rows.rowsIn,
    ownedBy: rows.ownedBy,
    peek: (id) => rows.get(id)?.row,
    lastServed: freshness.findValid,
    getFresh,
    loadMany(ids) {
      const unknownIds = [...new Set(ids)].filter((id) => getFresh(id) === undefined)
      const isFailing = rowLoads.hasRecentFailure()
      rowLoads.start(isFailing ? unknownIds.filter((id) => findServable(id) === undefined) : unknownIds)
      return Promise.all(ids.map(waitForRow))
    },
    put: (list, version) => state.storeRows(list, { version, fetchedAt: policy.now() }),
    async putList(partition, list, version, fetchedAt) {
      const cached = state.loadedList(partition)
      const isAlreadyStored = cached?.version === version && cached.fetchedAt === fetchedAt
      if (isAlreadyStored || (cached?.version ?? -1) > version) return
      listLoads.clearFailure(partition)
      await state.storeList(partition, list, { version, fetchedAt })
    },
    sharePendingList: listLoads.share,
    invalidate: state.invalidate,
    invalidateOwnedBy: state.invalidateOwnedBy,
    invalidatePartition: state.invalidatePartition,
    invalidateAll: state.invalidateAll,
    remove: state.remove,
    clearTombstone: state.clearTombstone,
    evict: state.evict,
    evictPartition(partition) {
      state.evictPartition(partition)
      listLoads.clearFailure(partition)
      servedStaleAt.delete(partition)
    },
    listedAt: (partition) => state.loadedList(partition)?.fetchedAt ?? null,
    isLoading: (partition) => listLoads.running(partition) !== undefined,
    failureOf: listLoads.failureOf,
    canServeStale: (partition) => canServeStale(partition, freshness.currentVersion),
    dump: state.dump,
    restore: state.restore,
    async reload(partition) {
      listLoads.start([partition], false)
      await listLoads.running(partition)
    },
    revision: rows.revision,
    cachedPartitions: state.cachedPartitions,
    get version() {
      return invalidations.version
    },
    get size() {
      return rows.size
    },
  }
}
