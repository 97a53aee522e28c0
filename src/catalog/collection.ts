import type { Answer } from './view.ts'

/** Where a collection's rows come from and how they are told apart. `Part` is what lists are made of: a system, as a rule. */
export type CollectionSource<Id extends string, Part extends string, T> = {
  readonly idOf: (row: T) => Id
  readonly partOf: (row: T) => Part
  /** A second key that rows are found by, such as a credential's user. */
  readonly ownerOf?: (row: T) => string | null
  readonly listPart: (part: Part) => Promise<readonly T[]>
  /** One call for every part at once, where Seam has it. */
  readonly listAll?: () => Promise<readonly T[]>
  readonly fetch: (ids: readonly Id[]) => Promise<readonly T[]>
  /** Called with each row that wasn't there before. */
  readonly onAdded?: (row: T) => void
}

export type CollectionOptions = { readonly maxAgeMs: number; readonly now: () => number }

type Entry<T> = { readonly row: T; readonly mark: number; readonly at: number }
type Listed = { readonly mark: number; readonly at: number }
/** Doubts about one row that no load has settled: the first of them and the last. */
type Doubt = { readonly since: number; readonly last: number }
type Load = { readonly mark: number; readonly done: Promise<void> }

/** Deleted ids that are remembered, so that a list which is late can't bring them back. */
const tombstonesKept = 100_000
/** Past this many doubtful rows a list is cheaper than asking one by one. */
const refetchAtMost = 20
/** Doubts that are remembered one by one; past them everything is doubtful. */
const doubtsKept = 1_000

/**
 * Rows of one kind, kept in memory. A row that news casts doubt on is fetched again before anybody reads it.
 *
 * Every doubt gets a mark from a counter. A load remembers the mark at which it started and settles only doubts up to there: what
 * became doubtful while it ran stays so. An answer from Seam thus never overwrites newer knowledge, whichever arrives last.
 */
export type Collection<Id extends string, Part extends string, T> = {
  /** Makes the lists of these parts complete; at once when they are. `isEverything`: these are all the parts there are. */
  ensure(parts: readonly Part[], isEverything: boolean): Answer<void>
  /** Whether a part's list is complete and nothing in it doubtful. */
  isComplete(part: Part): boolean
  /** The rows of a part, as far as they are known. */
  rows(part: Part): readonly T[]
  ownedBy(owner: string): readonly T[]
  /** The row as it is known, doubtful or not. */
  peek(id: Id): T | undefined
  /** The row when memory can tell: `null` for "there is none", `undefined` for "must be asked". */
  known(id: Id): T | null | undefined
  /** Fetches rows that memory can't tell; those that don't exist are `null`. */
  getMany(ids: readonly Id[]): Promise<readonly (T | null)[]>
  /** Takes rows that came along with another answer, asked for at `mark`. */
  put(rows: readonly T[], mark: number): void
  doubt(id: Id): void
  doubtPart(part: Part): void
  doubtAll(): void
  remove(id: Id): void
  /** Ends a tombstone: the thing is back. */
  revive(id: Id): void
  dropPart(part: Part): void
  listedAt(part: Part): number | null
  isLoading(part: Part): boolean
  readonly mark: number
  readonly size: number
}

export function createCollection<Id extends string, Part extends string, T>(
  source: CollectionSource<Id, Part, T>,
  options: CollectionOptions,
): Collection<Id, Part, T> {
  const entries = new Map<Id, Entry<T>>()
  const idsByPart = new Map<Part, Set<Id>>()
  const idsByOwner = new Map<string, Set<Id>>()
  const listed = new Map<Part, Listed>()
  const loads = new Map<Part, Load>()
  const rowLoads = new Map<Id, Load>()
  const doubts = new Map<Id, Doubt>()
  const partDoubts = new Map<Part, number>()
  const absent = new Map<Id, Listed>()
  const tombstones = new Set<Id>()
  let mark = 0
  let allDoubted = 0
  /** The last doubt about a part or about everything: a row that isn't known may be of any part. */
  let lastWideDoubt = 0

  const isYoung = (at: number): boolean => options.now() - at < options.maxAgeMs

  function store(row: T, rowMark: number, at: number): void {
    const id = source.idOf(row)
    const before = entries.get(id)
    if (tombstones.has(id) || (before !== undefined && before.mark > rowMark)) return
    if (before !== undefined) unlink(id, before.row)
    entries.set(id, { row, mark: rowMark, at })
    absent.delete(id)
    link(idsByPart, source.partOf(row), id)
    const owner = source.ownerOf?.(row)
    if (owner !== null && owner !== undefined) link(idsByOwner, owner, id)
    if (before === undefined) source.onAdded?.(row)
  }

  function unlink(id: Id, row: T): void {
    unlinkFrom(idsByPart, source.partOf(row), id)
    const owner = source.ownerOf?.(row)
    if (owner !== null && owner !== undefined) unlinkFrom(idsByOwner, owner, id)
  }

  function drop(id: Id): void {
    const entry = entries.get(id)
    if (entry === undefined) return
    unlink(id, entry.row)
    entries.delete(id)
  }

  function settleDoubt(id: Id, loadMark: number): void {
    const doubt = doubts.get(id)
    if (doubt === undefined) return
    if (doubt.last <= loadMark) doubts.delete(id)
    else if (doubt.since <= loadMark) doubts.set(id, { since: loadMark + 1, last: doubt.last })
  }

  /** Replaces a part's rows by a list that was asked for at `loadMark`. */
  function replacePart(part: Part, rows: readonly T[], loadMark: number, at: number): void {
    const listedIds = new Set(rows.map(source.idOf))
    for (const id of [...(idsByPart.get(part) ?? [])]) {
      const entry = entries.get(id)
      if (!listedIds.has(id) && entry !== undefined && entry.mark <= loadMark) drop(id)
      settleDoubt(id, loadMark)
    }
    for (const row of rows) {
      store(row, loadMark, at)
      settleDoubt(source.idOf(row), loadMark)
    }
    if ((listed.get(part)?.mark ?? -1) <= loadMark) listed.set(part, { mark: loadMark, at })
    if ((partDoubts.get(part) ?? 0) <= loadMark) partDoubts.delete(part)
  }

  const doubtOfPart = (part: Part): number => Math.max(partDoubts.get(part) ?? 0, allDoubted)

  function doubtOf(id: Id): number {
    const entry = entries.get(id)
    return Math.max(
      doubts.get(id)?.last ?? 0,
      entry === undefined ? lastWideDoubt : doubtOfPart(source.partOf(entry.row)),
    )
  }

  /** A list serves a reader if nothing is wrong with it, or if it was asked for after the reader came. */
  function isListed(part: Part, needed: number): boolean {
    const list = listed.get(part)
    if (list === undefined) return false
    return list.mark >= needed || (isYoung(list.at) && doubtOfPart(part) <= list.mark)
  }

  function doubtful(part: Part, needed: number): Id[] {
    if (doubts.size === 0) return []
    const here: Id[] = []
    for (const [id, doubt] of doubts) {
      if (doubt.since > needed) continue
      const entry = entries.get(id)
      // A doubtful id that isn't known yet may belong to any part.
      if (entry === undefined || source.partOf(entry.row) === part) here.push(id)
    }
    return here
  }

  function load(parts: readonly Part[], list: () => Promise<readonly T[]>): void {
    const loadMark = mark
    const at = options.now()
    const done = list()
      .then((rows) => {
        const byPart = Map.groupBy(rows, source.partOf)
        for (const part of parts) replacePart(part, byPart.get(part) ?? [], loadMark, at)
      })
      .finally(() => {
        for (const part of parts) if (loads.get(part)?.done === done) loads.delete(part)
      })
    for (const part of parts) loads.set(part, { mark: loadMark, done })
  }

  function startLoads(parts: readonly Part[], isEverything: boolean): void {
    const idle = parts.filter((part) => !loads.has(part))
    if (source.listAll !== undefined && isEverything && idle.length > 1 && idle.length === parts.length) {
      load(idle, source.listAll)
    } else {
      for (const part of idle) load([part], () => source.listPart(part))
    }
  }

  function unsettled(parts: readonly Part[], needed: number): { lists: Part[]; ids: Id[] } {
    const lists: Part[] = []
    const ids = new Set<Id>()
    for (const part of parts) {
      const here = isListed(part, needed) ? doubtful(part, needed) : null
      if (here === null || here.length > refetchAtMost) lists.push(part)
      else for (const id of here) ids.add(id)
    }
    return { lists, ids: [...ids] }
  }

  /** Waits until the parts are at least as new as they were asked for: one load that runs already, and one more, at most. */
  async function settle(
    parts: readonly Part[],
    isEverything: boolean,
    needed: number,
    first: { lists: Part[]; ids: Id[] },
  ): Promise<void> {
    for (let open = first; open.lists.length + open.ids.length > 0; open = unsettled(parts, needed)) {
      startLoads(open.lists, isEverything && open.lists.length === parts.length)
      await Promise.all([
        ...open.lists.map((part) => loads.get(part)?.done),
        open.ids.length > 0 ? refetch(open.ids) : undefined,
      ])
    }
  }

  async function refetch(ids: readonly Id[]): Promise<void> {
    const idle = ids.filter((id) => (rowLoads.get(id)?.mark ?? -1) < doubtOf(id))
    if (idle.length > 0) startFetch(idle)
    await Promise.all(ids.map((id) => rowLoads.get(id)?.done))
  }

  function startFetch(ids: readonly Id[]): void {
    const loadMark = mark
    const at = options.now()
    const done = source
      .fetch(ids)
      .then((rows) => {
        const found = new Set(rows.map(source.idOf))
        for (const row of rows) store(row, loadMark, at)
        for (const id of ids) {
          const entry = entries.get(id)
          if (!found.has(id)) {
            if (entry !== undefined && entry.mark <= loadMark) drop(id)
            absent.set(id, { mark: loadMark, at })
          }
          settleDoubt(id, loadMark)
        }
      })
      .finally(() => {
        for (const id of ids) if (rowLoads.get(id)?.done === done) rowLoads.delete(id)
      })
    for (const id of ids) rowLoads.set(id, { mark: loadMark, done })
  }

  function known(id: Id): T | null | undefined {
    if (tombstones.has(id)) return null
    if (doubts.has(id)) return undefined
    const entry = entries.get(id)
    if (entry !== undefined) {
      const list = listed.get(source.partOf(entry.row))
      const at = Math.max(entry.at, list?.at ?? 0)
      const seen = Math.max(entry.mark, list?.mark ?? 0)
      return isYoung(at) && doubtOfPart(source.partOf(entry.row)) <= seen ? entry.row : undefined
    }
    const missing = absent.get(id)
    return missing !== undefined && isYoung(missing.at) && lastWideDoubt <= missing.mark ? null : undefined
  }

  return {
    ensure(parts, isEverything) {
      const open = unsettled(parts, mark + 1)
      if (open.lists.length + open.ids.length === 0) return
      return settle(parts, isEverything, ++mark, open)
    },
    isComplete(part) {
      const open = unsettled([part], mark + 1)
      return open.lists.length + open.ids.length === 0
    },
    rows: (part) => rowsOf(entries, idsByPart.get(part)),
    ownedBy: (owner) => rowsOf(entries, idsByOwner.get(owner)),
    peek: (id) => entries.get(id)?.row,
    known,
    async getMany(ids) {
      const asked = [...new Set(ids)].filter((id) => known(id) === undefined)
      await refetch(asked)
      return ids.map((id) => (tombstones.has(id) ? null : (entries.get(id)?.row ?? null)))
    },
    put(rows, rowMark) {
      const at = options.now()
      for (const row of rows) store(row, rowMark, at)
    },
    doubt(id) {
      mark++
      absent.delete(id)
      if (entries.has(id) || listed.size + loads.size + rowLoads.size > 0)
        doubts.set(id, { since: doubts.get(id)?.since ?? mark, last: mark })
      if (doubts.size <= doubtsKept) return
      allDoubted = mark
      lastWideDoubt = mark
      doubts.clear()
    },
    doubtPart(part) {
      lastWideDoubt = ++mark
      partDoubts.set(part, mark)
    },
    doubtAll() {
      allDoubted = ++mark
      lastWideDoubt = mark
      absent.clear()
    },
    remove(id) {
      mark++
      drop(id)
      doubts.delete(id)
      tombstones.add(id)
      if (tombstones.size > tombstonesKept)
        for (const oldest of tombstones) return void tombstones.delete(oldest)
    },
    revive(id) {
      tombstones.delete(id)
    },
    dropPart(part) {
      for (const id of [...(idsByPart.get(part) ?? [])]) drop(id)
      listed.delete(part)
      partDoubts.delete(part)
    },
    listedAt: (part) => listed.get(part)?.at ?? null,
    isLoading: (part) => loads.has(part),
    get mark() {
      return mark
    },
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

function rowsOf<Id, T>(entries: ReadonlyMap<Id, Entry<T>>, ids: ReadonlySet<Id> | undefined): readonly T[] {
  const rows: T[] = []
  for (const id of ids ?? []) {
    const entry = entries.get(id)
    if (entry !== undefined) rows.push(entry.row)
  }
  return rows
}
