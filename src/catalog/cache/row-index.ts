/** A row, with the version and the time at which it was requested. */
export type CachedRow<T> = {
  readonly row: T
  readonly version: number
  readonly fetchedAt: number
  /** True if the row was restored from a snapshot and not loaded from Seam since. */
  readonly isRestored?: boolean
}

/** Functions that identify and group rows. */
export type RowKeys<Id, Partition, T> = {
  readonly idOf: (row: T) => Id
  readonly partitionOf: (row: T) => Partition
  readonly ownerOf?: (row: T) => string | null
}

/** Rows by id, by partition and by owner. */
export type RowIndex<Id, Partition, T> = {
  get(id: Id): CachedRow<T> | undefined
  has(id: Id): boolean
  set(entry: CachedRow<T>): void
  delete(id: Id): void
  idsIn(partition: Partition): readonly Id[]
  rowsIn(partition: Partition): readonly T[]
  ownedBy(owner: string): readonly T[]
  /** Lists the partitions that have a row. */
  partitions(): Iterable<Partition>
  /** Counts the changes of a partition. */
  revision(partition: Partition): number
  /** Counts a change of a partition that is not a change of a row. */
  bumpRevision(partition: Partition): void
  deleteRevision(partition: Partition): void
  readonly size: number
}

export function createRowIndex<Id extends string, Partition extends string, T>({
  idOf,
  partitionOf,
  ownerOf,
}: RowKeys<Id, Partition, T>): RowIndex<Id, Partition, T> {
  const entries = new Map<Id, CachedRow<T>>()
  const idsByPartition = new Map<Partition, Set<Id>>()
  const idsByOwner = new Map<string, Set<Id>>()
  const revisions = new Map<Partition, number>()

  const bumpRevision = (partition: Partition): void =>
    void revisions.set(partition, (revisions.get(partition) ?? 0) + 1)

  function unlink(id: Id, row: T): void {
    removeFromIndex(idsByPartition, partitionOf(row), id)
    const owner = ownerOf?.(row) ?? null
    if (owner !== null) removeFromIndex(idsByOwner, owner, id)
  }

  function rowsOf(ids: ReadonlySet<Id> | undefined): readonly T[] {
    const rows: T[] = []
    for (const id of ids ?? []) {
      const entry = entries.get(id)
      if (entry !== undefined) rows.push(entry.row)
    }
    return rows
  }

  return {
    get: (id) => entries.get(id),
    has: (id) => entries.has(id),
    set(entry) {
      const { row } = entry
      const id = idOf(row)
      const before = entries.get(id)
      if (before !== undefined) unlink(id, before.row)
      entries.set(id, entry)
      addToIndex(idsByPartition, partitionOf(row), id)
      const owner = ownerOf?.(row) ?? null
      if (owner !== null) addToIndex(idsByOwner, owner, id)
      bumpRevision(partitionOf(row))
    },
    delete(id) {
      const entry = entries.get(id)
      if (entry === undefined) return
      unlink(id, entry.row)
      entries.delete(id)
      bumpRevision(partitionOf(entry.row))
    },
    idsIn: (partition) => [...(idsByPartition.get(partition) ?? [])],
    rowsIn: (partition) => rowsOf(idsByPartition.get(partition)),
    ownedBy: (owner) => rowsOf(idsByOwner.get(owner)),
    partitions: () => idsByPartition.keys(),
    revision: (partition) => revisions.get(partition) ?? 0,
    bumpRevision,
    deleteRevision: (partition) => void revisions.delete(partition),
    get size() {
      return entries.size
    },
  }
}

function addToIndex<K, Id>(index: Map<K, Set<Id>>, key: K, id: Id): void {
  const ids = index.get(key)
  if (ids === undefined) index.set(key, new Set([id]))
  else ids.add(id)
}

function removeFromIndex<K, Id>(index: Map<K, Set<Id>>, key: K, id: Id): void {
  const ids = index.get(key)
  ids?.delete(id)
  if (ids?.size === 0) index.delete(key)
}
