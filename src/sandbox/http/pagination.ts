import { createHash } from 'node:crypto'
import { createInvalidInputError, SandboxApiError } from './api-error.ts'
import type { ApiAnswer, ApiCall } from './route.ts'

/** A list that is returned in pages, with the order and the view of its rows. */
export type Listing<Row> = {
  readonly key: string
  readonly rows: readonly Row[]
  /** Whether a row is in the list. Default: every row is. */
  readonly isWanted?: (row: Row) => boolean
  /** The sort key, which increases from row to row. */
  readonly sequence: (row: Row) => number
  readonly view: (row: Row) => unknown
}

type PageParams = { limit: number; page_cursor?: string | null | undefined }

/**
 * Returns one page of a list with Seam's pagination object. A cursor is valid only with the parameters that it was created for. Visits only
 * the rows of the page and those before the next one, so that a list of many pages takes time in proportion to its rows.
 */
export function createPage<Row>(listing: Listing<Row>, params: PageParams, call: ApiCall): ApiAnswer {
  const { page_cursor, ...filters } = params
  const print = createHash('sha256')
    .update(JSON.stringify([call.path, filters]))
    .digest('base64url')
    .slice(0, 16)
  const after = page_cursor ? readCursor(page_cursor, print) : 0
  const shown: Row[] = []
  let has_next_page = false
  for (let index = findStart(listing, after); index < listing.rows.length && !has_next_page; index += 1) {
    const row = listing.rows[index] as Row
    if (listing.isWanted?.(row) === false) continue
    if (shown.length === params.limit) has_next_page = true
    else shown.push(row)
  }
  const last = shown.at(-1)
  const next_page_cursor =
    has_next_page && last !== undefined ? writeCursor(listing.sequence(last), print) : null
  const next_page_url = next_page_cursor === null ? null : nextUrl(call, filters, next_page_cursor)
  return {
    [listing.key]: shown.map(listing.view),
    pagination: { next_page_cursor, has_next_page, next_page_url },
  }
}

/** Returns the index of the first row after a sequence number, with a binary search. */
function findStart<Row>({ rows, sequence }: Listing<Row>, after: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sequence(rows[middle] as Row) > after) high = middle
    else low = middle + 1
  }
  return low
}

function writeCursor(after: number, print: string): string {
  return Buffer.from(JSON.stringify({ after, print })).toString('base64url')
}

function readCursor(cursor: string, print: string): number {
  const read = parse(Buffer.from(cursor, 'base64url').toString())
  if (typeof read?.after !== 'number')
    throw createInvalidInputError('page_cursor', 'This is no cursor of this API.')
  if (read.print === print) return read.after
  throw new SandboxApiError(
    400,
    'mismatched_page_parameters',
    'A page cursor goes with the parameters it was made for.',
  )
}

function parse(text: string): { after?: unknown; print?: unknown } | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function nextUrl(call: ApiCall, filters: object, cursor: string): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(filters)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) query.append(key, String(one))
  }
  query.set('page_cursor', cursor)
  return `${call.origin}${call.path}?${query}`
}

/** Whether one of the texts contains `search`, ignoring case. */
export function matchesSearch(search: string | undefined, ...texts: (string | null | undefined)[]): boolean {
  if (search === undefined) return true
  const wanted = search.toLowerCase()
  return texts.some((text) => text?.toLowerCase().includes(wanted))
}

/** Whether the row was created before the given time, or no time is given. */
export function isCreatedBefore(createdBefore: string | undefined, row: { created_at: string }): boolean {
  return createdBefore === undefined || Date.parse(row.created_at) < Date.parse(createdBefore)
}
