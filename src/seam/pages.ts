import type { Caller, CallOptions } from './call.ts'
import { SeamError, unreadable } from './errors.ts'
import { type Json, Misshapen } from './json.ts'

/** Where an answer has the object or the list, and how a row of it is read. */
export type Shape<T> = { readonly one: string; readonly many: string; convert(row: Json): T }

/** Reads the one object of an answer. */
export async function readOne<T>(
  caller: Caller,
  route: string,
  params: object,
  shape: Shape<T>,
  options?: CallOptions,
): Promise<T> {
  return pick(route, await caller.call(route, params, 'reads', options), shape)
}

/** The one object of an answer. */
export function pick<T>(route: string, answer: Json, { one, convert }: Shape<T>): T {
  return converted(route, one, answer[one], convert)
}

/** As `readOne`, with `null` for what isn't there. */
export async function readOneOrNone<T>(...args: Parameters<typeof readOne<T>>): Promise<T | null> {
  try {
    return await readOne(...args)
  } catch (error) {
    if (error instanceof SeamError && error.code === 'NOT_FOUND') return null
    throw error
  }
}

/**
 * Reads a list to its end: page after page where Seam pages, with the same parameters each time. A cursor that comes twice ends it
 * with an error, since the list would be cut short without anybody knowing. What may be cut short although Seam doesn't say so is
 * told to `onCut`: a page that has no next one though there is one, and a list without pages that has exactly as many rows as one of
 * Seam's pages.
 */
export async function readAll<T>(
  caller: Caller,
  route: string,
  params: object,
  { many, convert }: Pick<Shape<T>, 'many' | 'convert'>,
  options?: CallOptions,
): Promise<T[]> {
  const found: T[] = []
  const seen = new Set<string>()
  for (let cursor: string | null = null; ; ) {
    const page = cursor === null ? params : { ...params, page_cursor: cursor }
    const answer = await caller.call(route, page, 'reads', options)
    const rows = answer[many]
    if (!Array.isArray(rows)) throw unreadable(route, `${many} is no list`)
    for (const row of rows) found.push(converted(route, many, row, convert))
    cursor = nextCursor(answer)
    if (cursor === null) {
      const why = cutOf(route, answer, rows.length)
      if (why !== null) options?.onCut?.(why)
      return found
    }
    if (seen.has(cursor)) throw unreadable(route, 'the same page cursor came twice')
    seen.add(cursor)
  }
}

/** Seam's default pages (facts §5): a list of exactly so many rows may have been ended there. */
const pageSizes = new Set([500, 900, 11_000])

function cutOf(route: string, answer: Json, rows: number): string | null {
  const { has_next_page: hasNext } = (answer.pagination ?? {}) as Json
  if (hasNext === true) return `Seam's list ${route} has more rows than it gives.`
  if (hasNext === false || !pageSizes.has(rows)) return null
  return `Seam's list ${route} ended after exactly ${rows} rows, where it may have been cut short.`
}

function nextCursor(answer: Json): string | null {
  const { has_next_page: hasNext, next_page_cursor: next } = (answer.pagination ?? {}) as Json
  return hasNext === false || typeof next !== 'string' || next === '' ? null : next
}

function converted<T>(route: string, key: string, row: unknown, convert: (row: Json) => T): T {
  try {
    if (typeof row !== 'object' || row === null) throw new Misshapen(`${key} has no object`)
    return convert(row as Json)
  } catch (error) {
    if (error instanceof Misshapen) throw unreadable(route, error.message)
    throw error
  }
}
