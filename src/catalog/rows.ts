/** A row, the mark and the time as of which it is known. */
export type Entry<T> = {
  readonly row: T
  readonly mark: number
  readonly at: number
  /** It was taken up from where it was kept, and Seam has not been asked since. */
  readonly isKept?: boolean
}

/** How rows are told apart and grouped. */
export type RowKeys<Id, Part, T> = {
  readonly idOf: (row: T) => Id
  readonly partOf: (row: T) => Part
  readonly ownerOf?: (row: T) => string | null
}

/** Rows by id, by part and by owner. */
export type Rows<Id, Part, T> = {
  get(id: Id): Entry<T> | undefined
  has(id: Id): boolean
  set(entry: Entry<T>): void
  drop(id: Id): void
  idsOf(part: Part): readonly Id[]
  ofPart(part: Part): readonly T[]
  ownedBy(owner: string): readonly T[]
  /** The parts of which there is any row. */
  parts(): Iterable<Part>
  /** Counts what has become different of a part; `touch` counts something that isn't a row. */
  revision(part: Part): number
  touch(part: Part): void
  forgetRevision(part: Part): void
  readonly size: number
}

export function createRows<Id extends string, Part extends string, T>({
  idOf,
  partOf,
  ownerOf,
}: RowKeys<Id, Part, T>): Rows<Id, Part, T> {
  const entries = new Map<Id, Entry<T>>()
  const idsByPart = new Map<Part, Set<Id>>()
  const idsByOwner = new Map<string, Set<Id>>()
  const revisions = new Map<Part, number>()

  const touch = (part: Part): void => void revisions.set(part, (revisions.get(part) ?? 0) + 1)

  function unlink(id: Id, row: T): void {
    unlinkFrom(idsByPart, partOf(row), id)
    const owner = ownerOf?.(row) ?? null
    if (owner !== null) unlinkFrom(idsByOwner, owner, id)
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
      link(idsByPart, partOf(row), id)
      const owner = ownerOf?.(row) ?? null
      if (owner !== null) link(idsByOwner, owner, id)
      touch(partOf(row))
    },
    drop(id) {
      const entry = entries.get(id)
      if (entry === undefined) return
      unlink(id, entry.row)
      entries.delete(id)
      touch(partOf(entry.row))
    },
    idsOf: (part) => [...(idsByPart.get(part) ?? [])],
    ofPart: (part) => rowsOf(idsByPart.get(part)),
    ownedBy: (owner) => rowsOf(idsByOwner.get(owner)),
    parts: () => idsByPart.keys(),
    revision: (part) => revisions.get(part) ?? 0,
    touch,
    forgetRevision: (part) => void revisions.delete(part),
    get size() {
      return entries.size
    },
  }
}

function link<K, Id>(index: Map<K, Set<Id>>, key: K, id: Id): void {
  const ids = index.get(key)
  if (ids === undefined) index.set(key, new Set([id]))
  else ids.add(id)
}

function unlinkFrom<K, Id>(index: Map<K, Set<Id>>, key: K, id: Id): void {
  const ids = index.get(key)
  ids?.delete(id)
  if (ids?.size === 0) index.delete(key)
}
