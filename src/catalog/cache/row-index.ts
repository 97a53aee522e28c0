/** The start of a load: its version, and its time in ms since the epoch. */
export type LoadStart = {
  readonly version: number
  readonly fetchedAt: number
  /** True if the rows were restored from a snapshot and not loaded from Seam since. */
  readonly isRestored?: true
}

/** A row, and the start of the load that it is from. All rows of a load share that object, which saves memory. */
export type CachedRow<T> = { readonly row: T; readonly load: LoadStart }

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
  set(row: T, load: LoadStart): void
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
  const cells = new Map<Id, Cell<T>>()
  const cellsByPartition = new Map<Partition, Cell<T>[]>()
  const cellsByOwner = new Map<string, OwnedCells<T>>()
  const revisions = new Map<Partition, number>()

  const bumpRevision = (partition: Partition): void =>
    void revisions.set(partition, (revisions.get(partition) ?? 0) + 1)

  function link(cell: Cell<T>): void {
    const partition = partitionOf(cell.row)
    const inPartition = cellsByPartition.get(partition)
    cell.index = inPartition?.length ?? 0
    if (inPartition === undefined) cellsByPartition.set(partition, [cell])
    else inPartition.push(cell)
    const owner = ownerOf?.(cell.row) ?? null
    if (owner !== null) addToOwner(cellsByOwner, owner, cell)
  }

  function unlink(cell: Cell<T>): void {
    const partition = partitionOf(cell.row)
    const inPartition = cellsByPartition.get(partition)
    const last = inPartition?.pop()
    if (inPartition !== undefined && last !== undefined && last !== cell) {
      inPartition[cell.index] = last
      last.index = cell.index
    }
    if (inPartition?.length === 0) cellsByPartition.delete(partition)
    const owner = ownerOf?.(cell.row) ?? null
    if (owner !== null) removeFromOwner(cellsByOwner, owner, cell)
  }

  const isLinkedAlike = (left: T, right: T): boolean =>
    partitionOf(left) === partitionOf(right) && ownerOf?.(left) === ownerOf?.(right)

  function setRow(row: T, load: LoadStart): void {
    const id = idOf(row)
    const cell = cells.get(id)
    if (cell === undefined || !isLinkedAlike(cell.row, row)) {
      if (cell !== undefined) unlink(cell)
      const added = { row, load, index: 0 }
      cells.set(id, added)
      link(added)
    } else {
      cell.row = row
      cell.load = load
    }
  }

  return {
    get: (id) => cells.get(id),
    has: (id) => cells.has(id),
    set(row, load) {
      setRow(row, load)
      bumpRevision(partitionOf(row))
    },
    delete(id) {
      const cell = cells.get(id)
      if (cell === undefined) return
      unlink(cell)
      cells.delete(id)
      bumpRevision(partitionOf(cell.row))
    },
    idsIn: (partition) => (cellsByPartition.get(partition) ?? []).map(({ row }) => idOf(row)),
    rowsIn: (partition) => (cellsByPartition.get(partition) ?? []).map(({ row }) => row),
    ownedBy(owner) {
      const owned = cellsByOwner.get(owner) ?? []
      return Array.isArray(owned) ? owned.map(({ row }) => row) : [owned.row]
    },
    partitions: () => cellsByPartition.keys(),
    revision: (partition) => revisions.get(partition) ?? 0,
    bumpRevision,
    deleteRevision: (partition) => void revisions.delete(partition),
    get size() {
      return cells.size
    },
  }
}

/**
 * A row in the index. The indexes contain the cell, so that only the cell changes when the row is replaced. `index` is its position in its
 * partition, where the last cell replaces a removed one.
 */
type Cell<T> = { row: T; load: LoadStart; index: number }

/** The cells of an owner: a single one by itself, since most owners have one or two rows and a `Set` takes more memory than both. */
type OwnedCells<T> = Cell<T> | Cell<T>[]

function addToOwner<T>(index: Map<string, OwnedCells<T>>, owner: string, cell: Cell<T>): void {
  const owned = index.get(owner)
  if (owned === undefined) index.set(owner, cell)
  else if (Array.isArray(owned)) owned.push(cell)
  else index.set(owner, [owned, cell])
}

function removeFromOwner<T>(index: Map<string, OwnedCells<T>>, owner: string, cell: Cell<T>): void {
  const owned = index.get(owner)
  if (Array.isArray(owned) && owned.length > 1) owned.splice(owned.indexOf(cell), 1)
  else index.delete(owner)
}
