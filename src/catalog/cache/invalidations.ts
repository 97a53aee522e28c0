/** Versions of the first and the last invalidation of a row that no load has cleared. */
type RowInvalidation = { readonly firstVersion: number; readonly lastVersion: number }

/** Invalidations of rows, partitions, or everything. Each has a version; a load clears those up to its own version. */
export type Invalidations<Id, Partition> = {
  /** The current version: a load that starts now clears every invalidation so far. */
  readonly version: number
  /** Increments the version, so that loads that started before do not clear what is invalidated from now on. */
  nextVersion(): number
  /** Invalidates a row at the current version. If there are more than `maxRows`, everything is invalidated instead. */
  invalidateRow(id: Id): void
  invalidatePartition(partition: Partition): void
  invalidateAll(): void
  hasRow(id: Id): boolean
  /** Lists the rows that were first invalidated at `version` or before. */
  rowsInvalidatedBefore(version: number): Iterable<Id>
  /** Version of the last invalidation of a row by itself; 0 for none. */
  versionOfRow(id: Id): number
  /** Version of the last invalidation of a partition or of everything; 0 for none. */
  versionOfPartition(partition: Partition): number
  /** Version of the last invalidation of any partition or of everything: a row that is not cached may be in any partition. */
  readonly versionOfAnyPartition: number
  /** Clears the invalidations of a row up to `version`. */
  clearRow(id: Id, version: number): void
  clearPartition(partition: Partition, version: number): void
  /** Clears all invalidations of a row, for one that is deleted. */
  deleteRow(id: Id): void
}

/** Maximum number of invalidated rows; with more, everything is invalidated. */
const maxRows = 1_000

export function createInvalidations<Id extends string, Partition extends string>(): Invalidations<
  Id,
  Partition
> {
  const rows = new Map<Id, RowInvalidation>()
  const partitionVersions = new Map<Partition, number>()
  let version = 0
  let versionOfAll = 0
  let versionOfAnyPartition = 0

  return {
    get version() {
      return version
    },
    nextVersion: () => ++version,
    invalidateRow(id) {
      rows.set(id, { firstVersion: rows.get(id)?.firstVersion ?? version, lastVersion: version })
      if (rows.size <= maxRows) return
      versionOfAll = version
      versionOfAnyPartition = version
      rows.clear()
    },
    invalidatePartition(partition) {
      versionOfAnyPartition = ++version
      partitionVersions.set(partition, version)
      if (partitionVersions.size <= maxRows) return
      versionOfAll = version
      partitionVersions.clear()
    },
    invalidateAll() {
      versionOfAll = ++version
      versionOfAnyPartition = version
    },
    hasRow: (id) => rows.has(id),
    *rowsInvalidatedBefore(beforeVersion) {
      for (const [id, { firstVersion }] of rows) if (firstVersion <= beforeVersion) yield id
    },
    versionOfRow: (id) => rows.get(id)?.lastVersion ?? 0,
    versionOfPartition: (partition) => Math.max(partitionVersions.get(partition) ?? 0, versionOfAll),
    get versionOfAnyPartition() {
      return versionOfAnyPartition
    },
    clearRow(id, upToVersion) {
      const invalidation = rows.get(id)
      if (invalidation === undefined) return
      if (invalidation.lastVersion <= upToVersion) rows.delete(id)
      else if (invalidation.firstVersion <= upToVersion)
        rows.set(id, { firstVersion: upToVersion + 1, lastVersion: invalidation.lastVersion })
    },
    clearPartition(partition, upToVersion) {
      if ((partitionVersions.get(partition) ?? 0) <= upToVersion) partitionVersions.delete(partition)
    },
    deleteRow: (id) => void rows.delete(id),
  }
}
