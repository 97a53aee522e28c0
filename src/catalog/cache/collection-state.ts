import { evictOldest } from '../../model/evict-oldest.ts'
import { forEachInTurns } from '../../runtime/event-loop.ts'
import { createInvalidations, type Invalidations } from './invalidations.ts'
import { createRowIndex, type LoadStart, type RowIndex, type RowKeys } from './row-index.ts'

/** A partition in a snapshot: its rows, the time of the oldest, and the ids of those that were invalidated (`doubts`). */
export type CollectionDump<Id, T> = {
  readonly at: number
  readonly rows: readonly T[]
  readonly doubts: readonly Id[]
  /** Whether the rows are the complete list. */
  readonly isWhole: boolean
}

export type CollectionStateOptions<Id, Partition, T> = RowKeys<Id, Partition, T> & {
  /** Called with each row that was not cached before. */
  readonly onAdded?: (row: T) => void
  readonly now: () => number
}

/**
 * The cached rows of a collection, and what is known of their lists, their absence and their invalidation. Never calls Seam.
 *
 * Every invalidation gets a version from a counter. A load has the version at its start, and here is the only place that compares the
 * two: a load replaces only what older loads have stored, and clears only invalidations up to its own version. So a response that was
 * in flight when a row was invalidated never passes for the newest state, whichever arrives last.
 */
export type CollectionState<Id extends string, Partition extends string, T> = {
  readonly rows: Pick<RowIndex<Id, Partition, T>, 'get' | 'rowsIn' | 'ownedBy' | 'revision' | 'size'>
  readonly invalidations: Pick<
    Invalidations<Id, Partition>,
    'version' | 'nextVersion' | 'hasRow' | 'versionOfPartition' | 'versionOfAnyPartition'
  >
  /** Returns the start of the load of a partition's list; `undefined` if the list is not cached. */
  loadedList(partition: Partition): LoadStart | undefined
  /** Whether a partition's list was restored from a snapshot and not loaded since. */
  isRestored(partition: Partition): boolean
  isDeleted(id: Id): boolean
  /** Returns the start of the load that did not find a row; `undefined` if there was none. */
  absence(id: Id): LoadStart | undefined
  /** Version of the last invalidation that affects a row. */
  invalidationVersionOf(id: Id): number
  /** Lists the rows that may be in a partition and were first invalidated at `version` or before. */
  invalidatedIdsIn(partition: Partition, version: number): readonly Id[]
  /** Partitions of which a row or the list is cached. */
  cachedPartitions(): Iterable<Partition>

  /** Returns the current version and time. */
  startLoad(): LoadStart
  /** Stores rows of a response that was requested at `load`. */
  storeRows(list: readonly T[], load: LoadStart): Promise<void>
  /** Stores the rows that were fetched for `ids`; those without a row do not exist. */
  storeFetched(ids: readonly Id[], fetchedRows: readonly T[], load: LoadStart): void
  /** Replaces the rows of a partition by its list, unless a newer list is cached or the partition is evicted meanwhile. */
  storeList(partition: Partition, list: readonly T[], load: LoadStart): Promise<void>

  invalidate(id: Id): void
  invalidateOwnedBy(owner: string): void
  invalidatePartition(partition: Partition): void
  invalidateAll(): void
  remove(id: Id): void
  clearTombstone(id: Id): void
  evict(id: Id): void
  evictPartition(partition: Partition): void
  dump(partition: Partition): CollectionDump<Id, T> | null
  restore(partition: Partition, dump: CollectionDump<Id, T>): Promise<void>
}

/** Maximum number of deleted ids, and of invalidated owners, that are remembered so that a late response cannot bring them back. */
const maxTombstones = 100_000
/** Maximum number of ids whose absence is cached: a client may request any id. */
const maxAbsentIds = 10_000
/** Rows that are stored in one turn of the event loop. */
const rowsPerTurn = 1_000

export function createCollectionState<Id extends string, Partition extends string, T>(
  options: CollectionStateOptions<Id, Partition, T>,
): CollectionState<Id, Partition, T> {
  const { idOf, partitionOf, ownerOf, onAdded, now } = options
  const rows = createRowIndex(options)
  const invalidations = createInvalidations<Id, Partition>()
  const loadedLists = new Map<Partition, LoadStart>()
  const restoredPartitions = new Set<Partition>()
  const absentIds = new Map<Id, LoadStart>()
  const tombstones = new Set<Id>()
  /** Version of the last invalidation of an owner's rows: a list that was requested before may still contain some. */
  const invalidatedOwners = new Map<string, number>()
  /** The last of the lists that wait to be applied, by partition: they are applied one after the other. */
  const replacements = new Map<Partition, Promise<void>>()
  /** Identifies the list that is being applied; deleted when the partition is evicted. */
  const replacementTokens = new Map<Partition, symbol>()

  function storeRow(row: T, load: LoadStart): void {
    const { version } = load
    const id = idOf(row)
    const before = rows.get(id)
    if (tombstones.has(id) || (before !== undefined && before.load.version > version)) return
    rows.set(row, load)
    absentIds.delete(id)
    const owner = ownerOf?.(row) ?? null
    if (owner !== null && (invalidatedOwners.get(owner) ?? 0) > version) invalidations.invalidateRow(id)
    if (before === undefined) onAdded?.(row)
  }

  function storeAbsence(id: Id, load: LoadStart): void {
    if ((rows.get(id)?.load.version ?? 0) <= load.version) rows.delete(id)
    absentIds.set(id, load)
    evictOldest(absentIds, maxAbsentIds)
  }

  async function applyList(partition: Partition, list: readonly T[], load: LoadStart): Promise<void> {
    const { version } = load
    if ((loadedLists.get(partition)?.version ?? -1) > version) return
    const token = Symbol()
    replacementTokens.set(partition, token)
    const isCurrent = (): boolean => replacementTokens.get(partition) === token
    const listedIds = new Set<Id>()
    await forEachInTurns(list, rowsPerTurn, (row) => {
      listedIds.add(idOf(row))
      if (!isCurrent()) return
      storeRow(row, load)
      invalidations.clearRow(idOf(row), version)
    })
    await forEachInTurns(rows.idsIn(partition), rowsPerTurn, (id) => {
      if (!isCurrent()) return
      if (!listedIds.has(id) && (rows.get(id)?.load.version ?? 0) <= version) rows.delete(id)
      invalidations.clearRow(id, version)
    })
    if (!isCurrent()) return
    replacementTokens.delete(partition)
    restoredPartitions.delete(partition)
    rows.bumpRevision(partition)
    if ((loadedLists.get(partition)?.version ?? -1) <= version) loadedLists.set(partition, load)
    invalidations.clearPartition(partition, version)
  }

  /** An invalidated id that is not cached may be in any partition, except those whose list was requested since. */
  function canBelongTo(id: Id, partition: Partition): boolean {
    const entry = rows.get(id)
    if (entry !== undefined) return partitionOf(entry.row) === partition
    return invalidations.versionOfRow(id) > (loadedLists.get(partition)?.version ?? -1)
  }

  const invalidatedIdsIn = (partition: Partition, version: number): readonly Id[] =>
    [...invalidations.rowsInvalidatedBefore(version)].filter((id) => canBelongTo(id, partition))

  return {
    rows,
    invalidations,
    loadedList: (partition) => loadedLists.get(partition),
    isRestored: (partition) => restoredPartitions.has(partition),
    isDeleted: (id) => tombstones.has(id),
    absence: (id) => absentIds.get(id),
    invalidationVersionOf(id) {
      const entry = rows.get(id)
      const partitionVersion =
        entry === undefined
          ? invalidations.versionOfAnyPartition
          : invalidations.versionOfPartition(partitionOf(entry.row))
      return Math.max(invalidations.versionOfRow(id), partitionVersion)
    },
    invalidatedIdsIn,
    cachedPartitions: () => new Set([...rows.partitions(), ...loadedLists.keys()]),
    startLoad: () => ({ version: invalidations.version, fetchedAt: now() }),
    storeRows: (list, load) =>
      forEachInTurns(list, rowsPerTurn, (row) => {
        storeRow(row, load)
        invalidations.clearRow(idOf(row), load.version)
      }),
    storeFetched(ids, fetchedRows, load) {
      const fetchedIds = new Set(fetchedRows.map(idOf))
      for (const row of fetchedRows) storeRow(row, load)
      for (const id of ids) {
        if (!fetchedIds.has(id)) storeAbsence(id, load)
        invalidations.clearRow(id, load.version)
      }
    },
    storeList(partition, list, load) {
      const before = replacements.get(partition)
      const apply = (): Promise<void> => applyList(partition, list, load)
      const replacement = (before === undefined ? apply() : before.then(apply)).finally(() => {
        if (replacements.get(partition) === replacement) replacements.delete(partition)
      })
      replacements.set(partition, replacement)
      return replacement
    },
    invalidate(id) {
      invalidations.nextVersion()
      absentIds.delete(id)
      const entry = rows.get(id)
      if (entry !== undefined) rows.bumpRevision(partitionOf(entry.row))
      // Also if the row is not cached: a response that was requested before may contain it.
      invalidations.invalidateRow(id)
    },
    invalidateOwnedBy(owner) {
      const version = invalidations.nextVersion()
      invalidatedOwners.delete(owner)
      invalidatedOwners.set(owner, version)
      evictOldest(invalidatedOwners, maxTombstones)
      for (const row of rows.ownedBy(owner)) {
        invalidations.invalidateRow(idOf(row))
        rows.bumpRevision(partitionOf(row))
      }
    },
    invalidatePartition: invalidations.invalidatePartition,
    invalidateAll() {
      invalidations.invalidateAll()
      absentIds.clear()
      // Deleted objects may exist again. A load that started before brings them back invalidated, so they are not served.
      tombstones.clear()
    },
    remove(id) {
      invalidations.nextVersion()
      rows.delete(id)
      invalidations.deleteRow(id)
      tombstones.add(id)
      evictOldest(tombstones, maxTombstones)
    },
    clearTombstone: (id) => void tombstones.delete(id),
    evict(id) {
      rows.delete(id)
      absentIds.delete(id)
    },
    evictPartition(partition) {
      replacementTokens.delete(partition)
      // Invalidations stay: a running load may still bring the rows that they are about.
      for (const id of rows.idsIn(partition)) rows.delete(id)
      loadedLists.delete(partition)
      restoredPartitions.delete(partition)
      rows.deleteRevision(partition)
    },
    dump(partition) {
      const list = loadedLists.get(partition)
      const rowsOfPartition = rows.rowsIn(partition)
      const isReliable =
        list === undefined
          ? invalidations.versionOfPartition(partition) === 0
          : invalidations.versionOfPartition(partition) <= list.version
      if (!isReliable || (list === undefined && rowsOfPartition.length === 0)) return null
      const fetchedAt =
        list?.fetchedAt ??
        rowsOfPartition.reduce(
          (oldest, row) => Math.min(oldest, rows.get(idOf(row))?.load.fetchedAt ?? 0),
          now(),
        )
      const invalidatedIds = invalidatedIdsIn(partition, Number.POSITIVE_INFINITY)
      return { at: fetchedAt, rows: rowsOfPartition, doubts: invalidatedIds, isWhole: list !== undefined }
    },
    async restore(partition, { at: fetchedAt, rows: restoredRows, doubts, isWhole }) {
      const { version } = invalidations
      const load: LoadStart = { version, fetchedAt, isRestored: true }
      await forEachInTurns(restoredRows, rowsPerTurn, (row) => rows.set(row, load))
      if (isWhole) {
        loadedLists.set(partition, { version, fetchedAt })
        restoredPartitions.add(partition)
      }
      for (const id of doubts) {
        invalidations.nextVersion()
        invalidations.invalidateRow(id)
      }
    },
  }
}
