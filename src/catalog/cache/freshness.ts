import type { CollectionState } from './collection-state.ts'
import type { FreshnessPolicy } from './freshness-policy.ts'
import type { CachedRow } from './row-index.ts'

/** Lists and rows that must be loaded before a reader can be served. */
export type RequiredLoads<Id, Partition> = {
  readonly lists: readonly Partition[]
  readonly ids: readonly Id[]
}

/**
 * Decides what of a collection can be served, and what must be loaded before. A reader requires a version: of invalidations up to it, none
 * may be uncleared; and a load that started at it or later is fresh, whatever was invalidated since.
 */
export type Freshness<Id, Partition, T> = {
  /** The version that a reader requires who comes now: above the version of every load so far. */
  readonly currentVersion: number
  isFresh(partition: Partition): boolean
  requiredLoads(partitions: readonly Partition[], requiredVersion: number): RequiredLoads<Id, Partition>
  /** Whether a partition is at most stale: complete, not invalidated, and within the maximum stale age. */
  canServeStale(partition: Partition, requiredVersion: number): boolean
  /** Returns a fresh row, `null` if it does not exist, or `undefined` if it must be loaded. */
  getFresh(id: Id): T | null | undefined
  /** Returns a row that is not invalidated, at any age. */
  findValid(id: Id): T | undefined
  /** Returns a row that is not invalidated and within the maximum stale age. */
  findServable(id: Id): T | undefined
  isWithinMaxAge(fetchedAt: number): boolean
}

/** Maximum number of invalidated rows that are fetched by id; with more, the list is cheaper. */
const maxRefetches = 20

export function createFreshness<Id extends string, Partition extends string, T>(
  state: CollectionState<Id, Partition, T>,
  partitionOf: (row: T) => Partition,
  policy: FreshnessPolicy,
): Freshness<Id, Partition, T> {
  const { rows, invalidations } = state
  const isWithinMaxAge = (fetchedAt: number): boolean => policy.now() - fetchedAt < policy.maxAgeMs
  const isWithinMaxStaleAge = (fetchedAt: number): boolean => policy.now() - fetchedAt < policy.maxStaleAgeMs

  function isListFresh(partition: Partition, requiredVersion: number): boolean {
    const list = state.loadedList(partition)
    if (list === undefined || state.isRestored(partition)) return false
    return (
      list.version >= requiredVersion ||
      (isWithinMaxAge(list.fetchedAt) && invalidations.versionOfPartition(partition) <= list.version)
    )
  }

  function requiredLoads(
    partitions: readonly Partition[],
    requiredVersion: number,
  ): RequiredLoads<Id, Partition> {
    const lists: Partition[] = []
    const ids = new Set<Id>()
    for (const partition of partitions) {
      const invalidatedIds = isListFresh(partition, requiredVersion)
        ? state.invalidatedIdsIn(partition, requiredVersion)
        : null
      if (invalidatedIds === null || invalidatedIds.length > maxRefetches) lists.push(partition)
      else for (const id of invalidatedIds) ids.add(id)
    }
    return { lists, ids: [...ids] }
  }

  // A row is as new as its own load or the load of its list, whichever is newer.
  const versionOf = ({ row, load }: CachedRow<T>): number =>
    Math.max(load.version, state.loadedList(partitionOf(row))?.version ?? 0)
  const fetchedAtOf = ({ row, load }: CachedRow<T>): number =>
    Math.max(load.fetchedAt, state.loadedList(partitionOf(row))?.fetchedAt ?? 0)

  function findValidEntry(id: Id): CachedRow<T> | undefined {
    const entry = rows.get(id)
    if (entry === undefined || invalidations.hasRow(id)) return undefined
    const isValid = invalidations.versionOfPartition(partitionOf(entry.row)) <= versionOf(entry)
    return isValid ? entry : undefined
  }

  return {
    get currentVersion() {
      return invalidations.version + 1
    },
    isFresh: (partition) => !isAnyRequired(requiredLoads([partition], invalidations.version + 1)),
    requiredLoads,
    canServeStale(partition, requiredVersion) {
      const list = state.loadedList(partition)
      if (list === undefined || !isWithinMaxStaleAge(list.fetchedAt)) return false
      return (
        invalidations.versionOfPartition(partition) <= list.version &&
        state.invalidatedIdsIn(partition, requiredVersion).length === 0
      )
    },
    getFresh(id) {
      if (state.isDeleted(id)) return null
      if (invalidations.hasRow(id)) return undefined
      if (rows.get(id) !== undefined) {
        const entry = findValidEntry(id)
        return entry !== undefined && isWithinMaxAge(fetchedAtOf(entry)) ? entry.row : undefined
      }
      const absence = state.absence(id)
      const isAbsent =
        absence !== undefined &&
        isWithinMaxAge(absence.fetchedAt) &&
        invalidations.versionOfAnyPartition <= absence.version
      return isAbsent ? null : undefined
    },
    findValid: (id) => findValidEntry(id)?.row,
    findServable(id) {
      const entry = findValidEntry(id)
      return entry !== undefined && isWithinMaxStaleAge(fetchedAtOf(entry)) ? entry.row : undefined
    },
    isWithinMaxAge,
  }
}

export function isAnyRequired({ lists, ids }: RequiredLoads<unknown, unknown>): boolean {
  return lists.length + ids.length > 0
}
