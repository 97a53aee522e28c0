/** Doubts about one row that no load has settled: the first of them and the last. */
type Doubt = { readonly since: number; readonly last: number }

/** What news has cast doubt on: rows, parts, or everything. Every doubt has a mark; a load settles doubts up to its own. */
export type Doubts<Id, Part> = {
  readonly mark: number
  /** A new mark, which nothing before it reaches. */
  next(): number
  /** Casts doubt on a row. Past a bound everything is in doubt instead. */
  cast(id: Id): void
  castPart(part: Part): void
  castAll(): void
  has(id: Id): boolean
  /** Rows in doubt since before a mark. */
  since(mark: number): Iterable<Id>
  readonly rows: Iterable<Id>
  /** The mark of the last doubt about a row by itself, a part, or about a part that isn't known; 0 for none. */
  ofRow(id: Id): number
  ofPart(part: Part): number
  readonly ofAnyPart: number
  settle(id: Id, mark: number): void
  settlePart(part: Part, mark: number): void
  forget(id: Id): void
}

/** Doubts that are remembered one by one; past them everything is doubtful. */
const keptAtMost = 1_000

export function createDoubts<Id extends string, Part extends string>(): Doubts<Id, Part> {
  const rows = new Map<Id, Doubt>()
  const parts = new Map<Part, number>()
  let mark = 0
  let all = 0
  /** The last doubt about a part or about everything: a row that isn't known may be of any part. */
  let wide = 0

  return {
    get mark() {
      return mark
    },
    next: () => ++mark,
    cast(id) {
      rows.set(id, { since: rows.get(id)?.since ?? mark, last: mark })
      if (rows.size <= keptAtMost) return
      all = mark
      wide = mark
      rows.clear()
    },
    castPart(part) {
      wide = ++mark
      parts.set(part, mark)
    },
    castAll() {
      all = ++mark
      wide = mark
    },
    has: (id) => rows.has(id),
    *since(before) {
      for (const [id, { since }] of rows) if (since <= before) yield id
    },
    get rows() {
      return rows.keys()
    },
    ofRow: (id) => rows.get(id)?.last ?? 0,
    ofPart: (part) => Math.max(parts.get(part) ?? 0, all),
    get ofAnyPart() {
      return wide
    },
    settle(id, upTo) {
      const doubt = rows.get(id)
      if (doubt === undefined) return
      if (doubt.last <= upTo) rows.delete(id)
      else if (doubt.since <= upTo) rows.set(id, { since: upTo + 1, last: doubt.last })
    },
    settlePart(part, upTo) {
      if ((parts.get(part) ?? 0) <= upTo) parts.delete(part)
    },
    forget: (id) => void rows.delete(id),
  }
}
