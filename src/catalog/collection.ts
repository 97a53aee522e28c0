import { createBehind } from './behind.ts'
import { asError, dropOldest } from './bounds.ts'
import { createDoubts } from './doubts.ts'
import { doneWithin, isRecent, type Patience } from './patience.ts'
import { createRows, type Entry, type RowKeys } from './rows.ts'
import type { Answer } from './view.ts'

/** Where a collection's rows come from and how they are told apart. `Part` is what lists are made of: a system, as a rule. */
export type CollectionSource<Id extends string, Part extends string, T> = RowKeys<Id, Part, T> & {
  readonly listPart: (part: Part) => Promise<readonly T[]>
  /** One call for every part at once, where Seam has it; `null` when its answer is no good and the parts must be listed one by one. */
  readonly listAll?: (parts: readonly Part[]) => Promise<readonly T[] | null>
  readonly fetch: (ids: readonly Id[]) => Promise<readonly T[]>
  /** How many ids one fetch takes; each fetch fails by itself. */
  readonly fetchAtMost?: number
  /** Called with each row that wasn't there before. */
  readonly onAdded?: (row: T) => void
}

type Listed = { readonly mark: number; readonly at: number }
/** A part as it can be kept: its rows, how old they are at most, and those that news has cast doubt on since. */
export type Dump<Id, T> = {
  readonly at: number
  readonly rows: readonly T[]
  readonly doubts: readonly Id[]
  /** Whether the rows are all there are. */
  readonly isWhole: boolean
}
/** What must be loaded before a reader can be served. */
type Open<Id, Part> = { readonly lists: readonly Part[]; readonly ids: readonly Id[] }
type Load = { readonly mark: number; readonly at: number; readonly done: Promise<void> }

/** Deleted ids that are remembered, so that a list which is late can't bring them back. */
const tombstonesKept = 100_000
/** Past this many doubtful rows a list is cheaper than asking one by one. */
const refetchAtMost = 20
/** Ids without a row that are remembered: anybody may ask for any id. */
const absentKept = 10_000

/**
 * Rows of one kind, kept in memory. A row that news casts doubt on is fetched again before anybody reads it.
 *
 * Every doubt gets a mark from a counter. A load remembers the mark at which it started and settles only doubts up to there: what
 * became doubtful while it ran stays so. An answer from Seam thus never overwrites newer knowledge, whichever arrives last.
 *
 * What has merely grown old is served all the same while Seam can't be asked, up to a limit. What news has cast doubt on is not:
 * whoever was told of a change must not be shown what stood there before.
 */
export type Collection<Id extends string, Part extends string, T> = {
  /**
   * Makes the lists of these parts complete; at once when they are. `isEverything`: these are all the parts there are.
   * Answers for each part `null`, or why Seam failed to give it.
   */
  ensure(parts: readonly Part[], isEverything: boolean): Answer<readonly (Error | null)[]>
  /** Whether a part's list is complete and nothing in it doubtful. */
  isComplete(part: Part): boolean
  /** The rows of a part, as far as they are known. */
  rows(part: Part): readonly T[]
  ownedBy(owner: string): readonly T[]
  /** The row as it is known, doubtful or not. */
  peek(id: Id): T | undefined
  /** The row as readers saw it last; `undefined` for one in doubt, which nobody has seen since. */
  served(id: Id): T | undefined
  /** The row when memory can tell: `null` for "there is none", `undefined` for "must be asked". */
  known(id: Id): T | null | undefined
  /** Fetches rows that memory can't tell; those that don't exist are `null`, and those that Seam failed to give are its error. */
  getMany(ids: readonly Id[]): Promise<readonly (T | null | Error)[]>
  /** Takes rows that came along with another answer, asked for at `mark`. */
  put(rows: readonly T[], mark: number): void
  doubt(id: Id): void
  doubtPart(part: Part): void
  doubtAll(): void
  remove(id: Id): void
  /** Ends a tombstone: the thing is back. */
  revive(id: Id): void
  /** Forgets a row, or all of a part, as if they had never been loaded. */
  forget(id: Id): void
  forgetPart(part: Part): void
  listedAt(part: Part): number | null
  isLoading(part: Part): boolean
  /** Why a part's list could not be loaded; `null` since it could. */
  failureOf(part: Part): Error | null
  /** Whether a part's list may be served though it can't be loaded. */
  isServable(part: Part): boolean
  /** A part as it can be kept; `null` where nothing sure is known of it. */
  dump(part: Part): Dump<Id, T> | null
  /** Takes a part up as it was kept. It's served at once, and read from Seam again behind whoever reads it. */
  restore(part: Part, dump: Dump<Id, T>): void
  /** Reads a part's list from Seam, whether it's needed or not. Rejects where Seam fails. */
  renew(part: Part): Promise<void>
  /** Counts what has become different of a part. */
  revision(part: Part): number
  /** The parts of which any row is known. */
  parts(): Iterable<Part>
  readonly mark: number
  readonly size: number
}

export function createCollection<Id extends string, Part extends string, T>(
  source: CollectionSource<Id, Part, T>,
  options: Patience,
): Collection<Id, Part, T> {
  const rows = createRows(source)
  const doubts = createDoubts<Id, Part>()
  const behind = createBehind(renew)
  const listed = new Map<Part, Listed>()
  const loads = new Map<Part, Load>()
  const rowLoads = new Map<Id, Load>()
  const absent = new Map<Id, Listed>()
  const tombstones = new Set<Id>()
  const failures = new Map<Part, Error>()
  /** When the last known state of a part was served though Seam had been asked. */
  const excusedAt = new Map<Part, number>()
  /** Parts whose list was taken up from where it was kept, and has not been read from Seam since. */
  const keptParts = new Set<Part>()
  let rowsFailedAt: number | null = null

  const isYoung = (at: number): boolean => options.now() - at < options.maxAgeMs
  const isBearable = (at: number): boolean => options.now() - at < options.staleMs

  function store(row: T, mark: number, at: number): void {
    const id = source.idOf(row)
    const before = rows.get(id)
    if (tombstones.has(id) || (before !== undefined && before.mark > mark)) return
    rows.set({ row, mark, at })
    absent.delete(id)
    if (before === undefined) source.onAdded?.(row)
  }

  /** Replaces a part's rows by a list that was asked for at `mark`. */
  function replacePart(part: Part, list: readonly T[], mark: number, at: number): void {
    const listedIds = new Set(list.map(source.idOf))
    for (const id of rows.idsOf(part)) {
      if (!listedIds.has(id) && (rows.get(id)?.mark ?? 0) <= mark) rows.drop(id)
      doubts.settle(id, mark)
    }
    for (const row of list) {
      store(row, mark, at)
      doubts.settle(source.idOf(row), mark)
    }
    keptParts.delete(part)
    rows.touch(part)
    if ((listed.get(part)?.mark ?? -1) <= mark) listed.set(part, { mark, at })
    doubts.settlePart(part, mark)
  }

  function doubtOf(id: Id): number {
    const entry = rows.get(id)
    const wide = entry === undefined ? doubts.ofAnyPart : doubts.ofPart(source.partOf(entry.row))
    return Math.max(doubts.ofRow(id), wide)
  }

  /** A list serves a reader if nothing is wrong with it, or if it was asked for after the reader came. */
  function isListed(part: Part, needed: number): boolean {
    const list = listed.get(part)
    if (list === undefined || keptParts.has(part)) return false
    return list.mark >= needed || (isYoung(list.at) && doubts.ofPart(part) <= list.mark)
  }

  /** A doubtful id that isn't known yet may belong to any part. */
  function isOf(id: Id, part: Part): boolean {
    const entry = rows.get(id)
    return entry === undefined || source.partOf(entry.row) === part
  }

  const doubtful = (part: Part, needed: number): Id[] =>
    [...doubts.since(needed)].filter((id) => isOf(id, part))

  function load(part: Part, ask: () => Promise<readonly T[]>): void {
    const { mark } = doubts
    const at = options.now()
    const done = ask()
      .then(
        (list) => {
          failures.delete(part)
          const own = list.filter((row) => source.partOf(row) === part)
          replacePart(part, own, mark, at)
        },
        (thrown: unknown) => {
          const error = asError(thrown)
          failures.set(part, error)
          throw error
        },
      )
      .finally(() => {
        if (loads.get(part)?.done === done) loads.delete(part)
      })
    loads.set(part, { mark, at, done })
  }

  function startLoads(parts: readonly Part[], isEverything: boolean): void {
    const idle = parts.filter((part) => !loads.has(part))
    const { listAll, listPart } = source
    if (listAll !== undefined && isEverything && idle.length > 1 && idle.length === parts.length) {
      const whole = listAll(idle).then((list) => list && Map.groupBy(list, source.partOf))
      for (const part of idle)
        load(part, async () => {
          const byPart = await whole
          return byPart === null ? listPart(part) : (byPart.get(part) ?? [])
        })
    } else {
      for (const part of idle) load(part, () => listPart(part))
    }
  }

  function unsettled(parts: readonly Part[], needed: number): Open<Id, Part> {
    const lists: Part[] = []
    const ids = new Set<Id>()
    for (const part of parts) {
      const here = isListed(part, needed) ? doubtful(part, needed) : null
      if (here === null || here.length > refetchAtMost) lists.push(part)
      else for (const id of here) ids.add(id)
    }
    return { lists, ids: [...ids] }
  }

  /** Whether nothing is wrong with a part's list but its age, and that can be borne. */
  function isServable(part: Part, needed: number): boolean {
    const list = listed.get(part)
    if (list === undefined || !isBearable(list.at)) return false
    return doubts.ofPart(part) <= list.mark && doubtful(part, needed).length === 0
  }

  /**
   * Waits until a part is at least as new as it was asked for: one load that runs already, and one more, at most. Where Seam fails or
   * takes long, and age is all that is wrong, the last known state stands.
   */
  async function settle(part: Part, needed: number): Promise<void> {
    for (let open = unsettled([part], needed); isAny(open); open = unsettled([part], needed)) {
      startLoads(open.lists, false)
      const done = Promise.all([loads.get(part)?.done, refetch(open.ids)])
      // News may come while it waits: then the last known state is no answer any more.
      const canServe = () => isServable(part, needed)
      if (canServe() && !(await doneWithin(done, options.patienceMs)) && canServe()) {
        excusedAt.set(part, options.now())
        return
      }
      await done
    }
  }

  /** Whether Seam could not tell a moment ago, and the last known state of the part can be served. */
  function isExcused(part: Part, needed: number): boolean {
    const isExcused = keptParts.has(part) || isRecent(excusedAt.get(part) ?? null, options.now())
    return isExcused && isServable(part, needed)
  }

  /** Reads again what was served as it was kept. What fails is tried again for a later reader. */
  function renew(parts: readonly Part[], ids: readonly Id[], isEverything: boolean): void {
    const isFailing = (part: Part): boolean => isRecent(excusedAt.get(part) ?? null, options.now())
    const due = parts.filter((part) => keptParts.has(part) && !loads.has(part) && !isFailing(part))
    startLoads(due, isEverything)
    for (const part of due) loads.get(part)?.done.catch(() => excusedAt.set(part, options.now()))
    if (isRecent(rowsFailedAt, options.now())) return
    const old = ids.filter((id) => rows.get(id)?.isKept === true && !rowLoads.has(id))
    startFetches(old)
    for (const id of old) rowLoads.get(id)?.done.catch(() => undefined)
  }

  /** Completes parts together; each fails by itself. */
  function settleEach(parts: readonly Part[], isEverything: boolean): Promise<(Error | null)[]> {
    const needed = doubts.next()
    const { lists, ids } = unsettled(parts, needed)
    startLoads(lists, isEverything && lists.length === parts.length)
    startFetches(ids)
    return Promise.all(parts.map((part) => settle(part, needed).then(() => null, asError)))
  }

  async function refetch(ids: readonly Id[]): Promise<void> {
    startFetches(ids)
    await Promise.all(ids.map((id) => rowLoads.get(id)?.done))
  }

  function startFetches(ids: readonly Id[]): void {
    const loadOf = (id: Id): Load | undefined => rowLoads.get(id)
    const isSlow = (load: Load | undefined): boolean => load !== undefined && !isYoung(load.at)
    const idle = ids.filter((id) => (loadOf(id)?.mark ?? -1) < doubtOf(id) || isSlow(loadOf(id)))
    // What is overtaken must not win by arriving last.
    if (idle.some((id) => isSlow(loadOf(id)))) doubts.next()
    const size = source.fetchAtMost ?? idle.length
    for (let start = 0; start < idle.length; start += size) startFetch(idle.slice(start, start + size))
  }

  function startFetch(ids: readonly Id[]): void {
    const { mark } = doubts
    const at = options.now()
    const done = source
      .fetch(ids)
      .then((answer) => {
        const found = new Set(answer.map(source.idOf))
        for (const row of answer) store(row, mark, at)
        for (const id of ids) {
          if (!found.has(id)) setAbsent(id, mark, at)
          doubts.settle(id, mark)
        }
        rowsFailedAt = null
      })
      .catch((thrown: unknown) => {
        rowsFailedAt = options.now()
        throw asError(thrown)
      })
      .finally(() => {
        for (const id of ids) if (rowLoads.get(id)?.done === done) rowLoads.delete(id)
      })
    for (const id of ids) rowLoads.set(id, { mark, at, done })
  }

  function setAbsent(id: Id, mark: number, at: number): void {
    if ((rows.get(id)?.mark ?? 0) <= mark) rows.drop(id)
    absent.set(id, { mark, at })
    dropOldest(absent, absentKept)
  }

  /** The row as it was last known, if no news has cast doubt on it. */
  function undoubted(id: Id): T | undefined {
    const entry = rows.get(id)
    if (entry === undefined || doubts.has(id)) return undefined
    const part = source.partOf(entry.row)
    return doubts.ofPart(part) <= Math.max(entry.mark, listed.get(part)?.mark ?? 0) ? entry.row : undefined
  }

  /** The same, if its age can be borne. */
  function lastKnown(id: Id): T | undefined {
    const row = undoubted(id)
    if (row === undefined) return undefined
    const at = Math.max(rows.get(id)?.at ?? 0, listed.get(source.partOf(row))?.at ?? 0)
    return isBearable(at) ? row : undefined
  }

  async function loaded(id: Id): Promise<T | null | Error> {
    const done = rowLoads.get(id)?.done ?? Promise.resolve()
    const isOld = lastKnown(id) !== undefined
    if (isOld) await doneWithin(done, options.patienceMs)
    const row = isOld ? lastKnown(id) : undefined
    if (row !== undefined) return row
    const error = await done.then(() => null, asError)
    if (error !== null) return error
    return tombstones.has(id) ? null : (rows.get(id)?.row ?? null)
  }

  /** A row that is served as it was kept, and read from Seam again behind. */
  function asKept(id: Id, { row }: Entry<T>): T | undefined {
    if (lastKnown(id) === undefined) return undefined
    const part = source.partOf(row)
    if (keptParts.has(part)) behind.add([part], [], false)
    else behind.add([], [id], false)
    return row
  }

  function known(id: Id): T | null | undefined {
    if (tombstones.has(id)) return null
    if (doubts.has(id)) return undefined
    const entry = rows.get(id)
    if (entry?.isKept === true) return asKept(id, entry)
    if (entry !== undefined) {
      const list = listed.get(source.partOf(entry.row))
      const at = Math.max(entry.at, list?.at ?? 0)
      const seen = Math.max(entry.mark, list?.mark ?? 0)
      return isYoung(at) && doubts.ofPart(source.partOf(entry.row)) <= seen ? entry.row : undefined
    }
    const missing = absent.get(id)
    return missing !== undefined && isYoung(missing.at) && doubts.ofAnyPart <= missing.mark ? null : undefined
  }

  return {
    ensure(parts, isEverything) {
      const wanting = parts.filter(
        (part) => isAny(unsettled([part], doubts.mark + 1)) && !isExcused(part, doubts.mark + 1),
      )
      const kept = parts.filter((part) => keptParts.has(part) && !wanting.includes(part))
      if (kept.length > 0) behind.add(kept, [], isEverything && kept.length === parts.length)
      if (wanting.length === 0) return allWell(parts)
      const isAll = isEverything && wanting.length === parts.length
      return settleEach(wanting, isAll).then((errors) => {
        const byPart = new Map(wanting.map((part, index) => [part, errors[index] ?? null]))
        return parts.map((part) => byPart.get(part) ?? null)
      })
    },
    isComplete: (part) => !isAny(unsettled([part], doubts.mark + 1)),
    rows: rows.ofPart,
    ownedBy: rows.ownedBy,
    peek: (id) => rows.get(id)?.row,
    served: undoubted,
    known,
    getMany(ids) {
      const asked = [...new Set(ids)].filter((id) => known(id) === undefined)
      const isFailing = isRecent(rowsFailedAt, options.now())
      startFetches(isFailing ? asked.filter((id) => lastKnown(id) === undefined) : asked)
      return Promise.all(ids.map(loaded))
    },
    put(some, mark) {
      const at = options.now()
      for (const row of some) store(row, mark, at)
    },
    doubt(id) {
      doubts.next()
      absent.delete(id)
      const entry = rows.get(id)
      if (entry !== undefined) rows.touch(source.partOf(entry.row))
      // Nobody can have seen, or be about to see, what isn't known and isn't being asked for.
      if (entry !== undefined || listed.size + loads.size + rowLoads.size > 0) doubts.cast(id)
    },
    doubtPart: doubts.castPart,
    doubtAll() {
      doubts.castAll()
      absent.clear()
    },
    remove(id) {
      doubts.next()
      rows.drop(id)
      doubts.forget(id)
      tombstones.add(id)
      dropOldest(tombstones, tombstonesKept)
    },
    revive(id) {
      tombstones.delete(id)
    },
    forget: rows.drop,
    forgetPart(part) {
      // Doubts stay: a load that runs may still bring what they are about.
      for (const id of rows.idsOf(part)) rows.drop(id)
      for (const known of [listed, excusedAt, failures, keptParts]) known.delete(part)
      rows.forgetRevision(part)
    },
    listedAt: (part) => listed.get(part)?.at ?? null,
    isLoading: (part) => loads.has(part),
    failureOf: (part) => failures.get(part) ?? null,
    isServable: (part) => isServable(part, doubts.mark + 1),
    dump(part) {
      const list = listed.get(part)
      const some = rows.ofPart(part)
      const isSure = list === undefined ? doubts.ofPart(part) === 0 : doubts.ofPart(part) <= list.mark
      if (!isSure || (list === undefined && some.length === 0)) return null
      const at = list?.at ?? Math.min(...some.map((row) => rows.get(source.idOf(row))?.at ?? 0))
      const doubted = [...doubts.rows].filter((id) => isOf(id, part))
      return { at, rows: some, doubts: doubted, isWhole: list !== undefined }
    },
    restore(part, dump) {
      const { at } = dump
      const { mark } = doubts
      for (const row of dump.rows) rows.set({ row, mark, at, isKept: true })
      if (dump.isWhole) {
        listed.set(part, { mark, at })
        keptParts.add(part)
      }
      for (const id of dump.doubts) {
        doubts.next()
        doubts.cast(id)
      }
    },
    async renew(part) {
      startLoads([part], false)
      await loads.get(part)?.done
    },
    revision: rows.revision,
    parts: rows.parts,
    get mark() {
      return doubts.mark
    },
    get size() {
      return rows.size
    },
  }
}

const isAny = ({ lists, ids }: Open<unknown, unknown>): boolean => lists.length + ids.length > 0
const allWell = (parts: readonly unknown[]): readonly null[] => parts.map(() => null)
