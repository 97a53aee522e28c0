/** Rows by id, with indexes that find rows without a scan. Rows are immutable: a change replaces the row. */
export type Table<Row, Index extends string> = {
  get(id: string): Row | undefined
  put(row: Row): void
  /** Replaces some fields of a row. Returns the new row, or `undefined` if there is no row with this id. */
  patch(id: string, changes: Partial<Row>): Row | undefined
  delete(id: string): void
  /** Returns all rows, oldest first. */
  all(): Row[]
  /** Returns the rows with this key in this index, oldest first. */
  by(index: Index, key: string): Row[]
  countBy(index: Index, key: string): number
  /** Returns the row's sequence number, which increases from row to row and stays the same when the row changes. */
  sequence(row: Row): number
  readonly size: number
}

/** Creates an empty table. `idKey` is the field with the id of a row; each index returns the keys of a row. */
export function createTable<Row extends object, Index extends string>(
  idKey: keyof Row,
  indexes: Record<Index, (row: Row) => readonly (string | null | undefined)[]>,
): Table<Row, Index> {
  const rows = new Map<string, Row>()
  const sequences = new Map<string, number>()
  const idsByIndex = new Map<string, Map<string, Set<string>>>()
  const indexEntries = Object.entries(indexes) as [
    Index,
    (row: Row) => readonly (string | null | undefined)[],
  ][]
  for (const [index] of indexEntries) idsByIndex.set(index, new Map())
  let lastSequence = 0

  const idOf = (row: Row): string => String(row[idKey])
  const sequence = (row: Row): number => sequences.get(idOf(row)) ?? 0

  function addToIndexes(row: Row): void {
    for (const [index, keysOf] of indexEntries) {
      for (const key of keysOf(row)) if (key) idsAt(index, key).add(idOf(row))
    }
  }

  function removeFromIndexes(row: Row): void {
    for (const [index, keysOf] of indexEntries) {
      for (const key of keysOf(row)) {
        if (!key) continue
        const ids = idsAt(index, key)
        ids.delete(idOf(row))
        if (ids.size === 0) idsByIndex.get(index)?.delete(key)
      }
    }
  }

  function idsAt(index: Index, key: string): Set<string> {
    const keys = idsByIndex.get(index) ?? new Map<string, Set<string>>()
    const ids = keys.get(key) ?? new Set()
    keys.set(key, ids)
    return ids
  }

  function put(row: Row): void {
    const id = idOf(row)
    const before = rows.get(id)
    if (before === undefined) sequences.set(id, ++lastSequence)
    else removeFromIndexes(before)
    rows.set(id, row)
    addToIndexes(row)
  }

  function by(index: Index, key: string): Row[] {
    const ids = idsByIndex.get(index)?.get(key) ?? []
    const hits = [...ids].flatMap((id) => rows.get(id) ?? [])
    return hits.sort((one, other) => sequence(one) - sequence(other))
  }

  return {
    get: (id) => rows.get(id),
    put,
    patch(id, changes) {
      const before = rows.get(id)
      if (before === undefined) return undefined
      const after = { ...before, ...changes }
      put(after)
      return after
    },
    delete(id) {
      const row = rows.get(id)
      if (row === undefined) return
      removeFromIndexes(row)
      rows.delete(id)
      sequences.delete(id)
    },
    all: () => [...rows.values()],
    by,
    countBy: (index, key) => idsByIndex.get(index)?.get(key)?.size ?? 0,
    sequence,
    get size() {
      return rows.size
    },
  }
}
