/** Rows by ID, found by index without a scan. Rows are immutable: a change replaces the row. */
export type Table<Row, Index extends string> = {
  get(id: string): Row | undefined
  put(row: Row): void
  /** Replaces some fields of a row. Returns the new row, or `undefined` if no row has the ID. */
  patch(id: string, changes: Partial<Row>): Row | undefined
  delete(id: string): void
  /** All rows, oldest first. */
  all(): Row[]
  /** The rows with this key in this index, oldest first. */
  by(index: Index, key: string): Row[]
  countBy(index: Index, key: string): number
  /** Sequence number of the row: increasing in the order of insertion, and constant for a row. */
  sequence(row: Row): number
  readonly size: number
}

/** Creates a table whose rows have their ID in `idKey`. Each index returns the keys under which a row is found. */
export function createTable<Row extends object, Index extends string>(
  idKey: keyof Row,
  indexes: Record<Index, (row: Row) => readonly (string | null | undefined)[]>,
): Table<Row, Index> {
  const rows = new Map<string, Row>()
  const sequences = new Map<string, number>()
  const found = new Map<string, Map<string, Set<string>>>()
  const named = Object.entries(indexes) as [Index, (row: Row) => readonly (string | null | undefined)[]][]
  for (const [index] of named) found.set(index, new Map())
  let arrived = 0

  const idOf = (row: Row): string => String(row[idKey])
  const sequence = (row: Row): number => sequences.get(idOf(row)) ?? 0

  function enter(row: Row): void {
    for (const [index, keysOf] of named) {
      for (const key of keysOf(row)) if (key) idsAt(index, key).add(idOf(row))
    }
  }

  function leave(row: Row): void {
    for (const [index, keysOf] of named) {
      for (const key of keysOf(row)) {
        if (!key) continue
        const ids = idsAt(index, key)
        ids.delete(idOf(row))
        if (ids.size === 0) found.get(index)?.delete(key)
      }
    }
  }

  function idsAt(index: Index, key: string): Set<string> {
    const keys = found.get(index) ?? new Map<string, Set<string>>()
    const ids = keys.get(key) ?? new Set()
    keys.set(key, ids)
    return ids
  }

  function put(row: Row): void {
    const id = idOf(row)
    const before = rows.get(id)
    if (before === undefined) sequences.set(id, ++arrived)
    else leave(before)
    rows.set(id, row)
    enter(row)
  }

  function by(index: Index, key: string): Row[] {
    const ids = found.get(index)?.get(key) ?? []
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
      leave(row)
      rows.delete(id)
      sequences.delete(id)
    },
    all: () => [...rows.values()],
    by,
    countBy: (index, key) => found.get(index)?.get(key)?.size ?? 0,
    sequence,
    get size() {
      return rows.size
    },
  }
}
