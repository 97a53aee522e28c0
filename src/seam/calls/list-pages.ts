import { waitForTurn } from '../../runtime/event-loop.ts'
import { createUnreadableError, SeamError } from '../errors.ts'
import { type JsonObject, MalformedRow } from '../objects/json-fields.ts'
import type { CallOptions, SeamCaller } from './seam-caller.ts'

/** Fields of a response that contain the object or the list, and the conversion of a row. */
export type ResponseShape<T> = {
  readonly objectKey: string
  readonly listKey: string
  convert(row: JsonObject): T
}

/** Sends a request and converts the single object of the response. */
export async function readOne<T>(
  caller: SeamCaller,
  route: string,
  params: object,
  shape: ResponseShape<T>,
  options?: CallOptions,
): Promise<T> {
  return convertOne(route, await caller.call(route, params, 'reads', options), shape)
}

/** Converts the single object of a response. */
export function convertOne<T>(
  route: string,
  answer: JsonObject,
  { objectKey, convert }: ResponseShape<T>,
): T {
  return convertRow(route, objectKey, answer[objectKey], convert)
}

/** As `readOne`, but resolves to `null` if the object does not exist. */
export async function readOneOrNone<T>(...args: Parameters<typeof readOne<T>>): Promise<T | null> {
  try {
    return await readOne(...args)
  } catch (error) {
    if (error instanceof SeamError && error.code === 'NOT_FOUND') return null
    throw error
  }
}

/**
 * Reads all pages of a list with the same parameters. Rejects if a cursor repeats, since the list would otherwise be silently truncated. Calls
 * `onTruncated` if the list may be truncated although Seam does not say so: if a page announces a next page without a cursor, or if a list
 * without pagination has exactly as many rows as one of Seam's default pages.
 */
export async function readAll<T>(
  caller: SeamCaller,
  route: string,
  params: object,
  { listKey, convert }: Pick<ResponseShape<T>, 'listKey' | 'convert'>,
  options?: CallOptions,
): Promise<T[]> {
  const found: T[] = []
  const seenCursors = new Set<string>()
  for (let cursor: string | null = null; ; ) {
    const page = cursor === null ? params : { ...params, page_cursor: cursor }
    const answer = await caller.call(route, page, 'reads', options)
    const rows = answer[listKey]
    if (!Array.isArray(rows)) throw createUnreadableError(route, `${listKey} is not a list`)
    for (let start = 0; start < rows.length; start += rowsPerTurn) {
      for (const row of rows.slice(start, start + rowsPerTurn))
        found.push(convertRow(route, listKey, row, convert))
      // A list without pagination may have ten thousand rows.
      if (rows.length > rowsPerTurn) await waitForTurn()
    }
    cursor = readNextCursor(answer)
    if (cursor === null) {
      const reason = findTruncation(route, answer, rows.length)
      if (reason !== null) options?.onTruncated?.(reason)
      return found
    }
    if (seenCursors.has(cursor)) throw createUnreadableError(route, 'a page cursor is repeated')
    seenCursors.add(cursor)
  }
}

/** Number of rows converted in one turn of the event loop. */
const rowsPerTurn = 1_000

/** Seam's default page sizes (docs/seam.md): a list of exactly this length may be truncated. */
const suspiciousRowCounts = new Set([500, 900, 11_000])

function findTruncation(route: string, answer: JsonObject, rows: number): string | null {
  const { has_next_page: hasNext } = (answer.pagination ?? {}) as JsonObject
  if (hasNext === true) return `Seam's list ${route} has more rows than Seam returned.`
  if (hasNext === false || !suspiciousRowCounts.has(rows)) return null
  return `Seam's list ${route} ended after exactly ${rows} rows. Seam may have truncated it.`
}

function readNextCursor(answer: JsonObject): string | null {
  const { has_next_page: hasNext, next_page_cursor: next } = (answer.pagination ?? {}) as JsonObject
  return hasNext === false || typeof next !== 'string' || next === '' ? null : next
}

function convertRow<T>(route: string, key: string, row: unknown, convert: (row: JsonObject) => T): T {
  try {
    if (typeof row !== 'object' || row === null) throw new MalformedRow(`${key} has no object`)
    return convert(row as JsonObject)
  } catch (error) {
    if (error instanceof MalformedRow) throw createUnreadableError(route, error.message)
    throw error
  }
}
