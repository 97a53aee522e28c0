/** A position in an ordered list: the sort key and id of a row. It stays valid when rows are added or removed. */
type RowPosition = readonly [key: string, id: string]

export type PageRequest = {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

export type Order<T> = {
  /** Name of the sort key, such as `name`. A cursor of one order is invalid in another order. */
  readonly name: string
  readonly idOf: (row: T) => string
  /** Rows with the same key are ordered by id. */
  readonly keyOf: (row: T) => string
  readonly isDescending?: boolean
}

/** One page of a list, with the number of rows in the whole list. */
export type Page<T> = {
  readonly rows: readonly T[]
  readonly totalCount: number
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly cursorOf: (row: T) => string
}

/** A page was requested with an invalid argument. `argument` is the name of the argument. */
export class InvalidPageRequest extends Error {
  override readonly name = 'InvalidPageRequest'
  readonly argument: string

  constructor(argument: string, message: string) {
    super(message)
    this.argument = argument
  }
}

export const defaultPageSize = 20
export const maxPageSize = 100

/** Reads how many rows are requested, and from which end of the list. Throws `InvalidPageRequest`. */
export function readPageSize({ first, last }: PageRequest): { size: number; isBackward: boolean } {
  if (first != null && last != null)
    throw new InvalidPageRequest('last', '`first` and `last` cannot be combined. Pass only one of them.')
  const argument = last == null ? 'first' : 'last'
  const size = last ?? first ?? defaultPageSize
  if (size >= 1 && size <= maxPageSize) return { size, isBackward: last != null }
  throw new InvalidPageRequest(
    argument,
    `\`${argument}\` must be from 1 to ${maxPageSize}; it is ${size}. For more items, request further pages with the cursors in pageInfo.`,
  )
}

/** Number of rows that are visited between two yields of `paginateInSteps`. */
const rowsPerStep = 2_000

/**
 * Sorts the rows that match and returns one page of them. Throws `InvalidPageRequest` if the page size is out of range or a cursor is invalid.
 * Visits each row once: rows of the page are inserted in order, and all other rows are only counted.
 */
export function paginate<T>(
  rows: readonly T[],
  order: Order<T>,
  request: PageRequest,
  isMatch?: (row: T) => boolean,
): Page<T> {
  const builder = createPageBuilder(order, request, isMatch)
  for (const row of rows) builder.visit(row)
  return builder.build()
}

/** Returns a page as `paginate` does. Yields regularly, so that the caller can let other work run during the visit of many rows. */
export function* paginateInSteps<T>(
  rows: readonly T[],
  order: Order<T>,
  request: PageRequest,
  isMatch?: (row: T) => boolean,
): Generator<void, Page<T>> {
  const builder = createPageBuilder(order, request, isMatch)
  let visitedCount = 0
  for (const row of rows) {
    if (++visitedCount % rowsPerStep === 0) yield
    builder.visit(row)
  }
  return builder.build()
}

function createPageBuilder<T>(
  order: Order<T>,
  request: PageRequest,
  isMatch: (row: T) => boolean = () => true,
): { visit(row: T): void; build(): Page<T> } {
  const { size, isBackward } = readPageSize(request)
  const direction = order.isDescending === true ? -1 : 1
  const after = readPageCursor('after', request.after, order.name)
  const before = readPageCursor('before', request.before, order.name)
  const picked = createFirstRows<T>(size, (key, id, other) => {
    return (isBackward ? -direction : direction) * comparePosition(key, id, other)
  })
  let totalCount = 0
  let countUpToAfter = 0
  let countUntilBefore = 0

  function visit(row: T): void {
    if (!isMatch(row)) return
    totalCount++
    const key = order.keyOf(row)
    const id = order.idOf(row)
    const isAfter = after === null || direction * comparePosition(key, id, after) > 0
    const isBefore = before === null || direction * comparePosition(key, id, before) < 0
    if (!isAfter) countUpToAfter++
    if (isBefore) countUntilBefore++
    if (isAfter && isBefore) picked.offer(row, key, id)
  }
  function build(): Page<T> {
    const start = isBackward ? Math.max(countUpToAfter, countUntilBefore - size) : countUpToAfter
    const end = isBackward ? countUntilBefore : Math.min(countUntilBefore, countUpToAfter + size)
    return {
      rows: isBackward ? picked.rows().reverse() : picked.rows(),
      totalCount,
      hasNextPage: end < totalCount,
      hasPreviousPage: start > 0,
      cursorOf: (row) => writePageCursor([order.keyOf(row), order.idOf(row)], order.name),
    }
  }

  return { visit, build }
}

type PositionedRow<T> = { readonly row: T; readonly position: RowPosition }

/** Creates a collection that keeps the first `size` offered rows in the given order. Allocates nothing for the other rows. */
function createFirstRows<T>(size: number, order: (key: string, id: string, other: RowPosition) => number) {
  const all: PositionedRow<T>[] = []
  return {
    rows: (): T[] => all.map(({ row }) => row),
    offer(row: T, key: string, id: string): void {
      const last = all.at(-1)
      if (all.length === size && last !== undefined && order(key, id, last.position) >= 0) return
      const index = countLeading(all, ({ position }) => order(key, id, position) >= 0)
      all.splice(index, 0, { row, position: [key, id] })
      if (all.length > size) all.pop()
    },
  }
}

function comparePosition(key: string, id: string, other: RowPosition): number {
  if (key !== other[0]) return key < other[0] ? -1 : 1
  if (id === other[1]) return 0
  return id < other[1] ? -1 : 1
}

/** Returns the number of leading rows that match, with a binary search. All matching rows must be at the start of the list. */
function countLeading<T>(rows: readonly T[], isLeading: (row: T) => boolean): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isLeading(rows[middle] as T)) low = middle + 1
    else high = middle
  }
  return low
}

function writePageCursor([key, id]: RowPosition, orderName: string): string {
  return Buffer.from(JSON.stringify([orderName, key, id])).toString('base64url')
}

/** Reads a cursor. Treats an empty cursor as absent, because clients send it for the first page. */
function readPageCursor(
  argument: string,
  cursor: string | null | undefined,
  orderName: string,
): RowPosition | null {
  if (cursor == null || cursor === '') return null
  const [cursorOrderName, key, id, ...rest] = parseTexts(cursor)
  if (cursorOrderName === orderName && key !== undefined && id !== undefined && rest.length === 0)
    return [key, id]
  throw new InvalidPageRequest(
    argument,
    `\`${argument}\` is not a cursor of this list in this order. Use a cursor from \`pageInfo\` or \`edges\`.`,
  )
}

/** Decodes a cursor to its list of texts. Returns an empty list if the cursor is malformed. */
function parseTexts(cursor: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : []
  } catch {
    return []
  }
}
