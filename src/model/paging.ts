/** A place in an ordered list: the sort key of a row and its id, so that it holds when rows come and go. */
type Place = readonly [key: string, id: string]

export type PageRequest = {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

export type Order<T> = {
  /** What the keys are, such as `name`: a cursor of one order is none of another. */
  readonly by: string
  readonly idOf: (row: T) => string
  /** Rows with the same key are ordered by id. */
  readonly keyOf: (row: T) => string
  readonly isDescending?: boolean
}

/** One page of a list, with the whole list's count. */
export type Page<T> = {
  readonly rows: readonly T[]
  readonly total: number
  readonly hasNext: boolean
  readonly hasPrevious: boolean
  readonly cursorOf: (row: T) => string
}

/** A request for a page that can't be met; `argument` is at fault. */
export class BadPage extends Error {
  override readonly name = 'BadPage'
  readonly argument: string

  constructor(argument: string, message: string) {
    super(message)
    this.argument = argument
  }
}

export const defaultPageSize = 20
export const largestPageSize = 100

/** How many rows are asked for, and from which end. Throws `BadPage`. */
export function pageSize({ first, last }: PageRequest): { size: number; isBackward: boolean } {
  if (first != null && last != null) throw new BadPage('last', 'Give first or last, not both.')
  const argument = last == null ? 'first' : 'last'
  const size = last ?? first ?? defaultPageSize
  if (size >= 1 && size <= largestPageSize) return { size, isBackward: last != null }
  throw new BadPage(
    argument,
    `${argument} must be from 1 to ${largestPageSize}; it is ${size}. Go on with pageInfo's cursors for more.`,
  )
}

/** Orders rows and cuts a page out of them. Throws `BadPage` for sizes out of bounds and cursors that are none. */
export function paginate<T>(rows: readonly T[], order: Order<T>, request: PageRequest): Page<T> {
  const { size, isBackward } = pageSize(request)
  const direction = order.isDescending === true ? -1 : 1
  const placed = rows.map((row) => ({ row, place: [order.keyOf(row), order.idOf(row)] as Place }))
  placed.sort((a, b) => direction * compare(a.place, b.place))
  const after = request.after == null ? null : readPlace('after', request.after, order.by)
  const before = request.before == null ? null : readPlace('before', request.before, order.by)
  const from = after === null ? 0 : countWhile(placed, ({ place }) => direction * compare(place, after) <= 0)
  const to =
    before === null
      ? placed.length
      : countWhile(placed, ({ place }) => direction * compare(place, before) < 0)
  const start = isBackward ? Math.max(from, to - size) : from
  const end = isBackward ? to : Math.min(to, from + size)
  return {
    rows: placed.slice(start, Math.max(start, end)).map(({ row }) => row),
    total: rows.length,
    hasNext: end < placed.length,
    hasPrevious: start > 0,
    cursorOf: (row) => writePlace([order.keyOf(row), order.idOf(row)], order.by),
  }
}

function compare(a: Place, b: Place): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1
  if (a[1] === b[1]) return 0
  return a[1] < b[1] ? -1 : 1
}

/** How many rows at the start of an ordered list fit, by halving. */
function countWhile<T>(rows: readonly T[], fits: (row: T) => boolean): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (fits(rows[middle] as T)) low = middle + 1
    else high = middle
  }
  return low
}

function writePlace([key, id]: Place, by: string): string {
  return Buffer.from(JSON.stringify([by, key, id])).toString('base64url')
}

function readPlace(argument: string, cursor: string, by: string): Place {
  const [given, key, id, ...rest] = textsOf(cursor)
  if (given === by && key !== undefined && id !== undefined && rest.length === 0) return [key, id]
  throw new BadPage(
    argument,
    `${argument} is not a cursor of this list in this order. Take it from pageInfo or an edge.`,
  )
}

/** The list of texts that a cursor is; empty where it is none. */
function textsOf(cursor: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : []
  } catch {
    return []
  }
}
