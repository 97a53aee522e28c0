import type { Caller, CallOptions } from './call.ts'
import { type Json, Misshapen } from './convert.ts'
import { SeamError } from './errors.ts'

/** Reads one object under `key` of an answer. */
export async function readOne<T>(
  caller: Caller,
  route: string,
  params: object,
  key: string,
  convert: (row: Json) => T,
  options?: CallOptions,
): Promise<T> {
  return pick(route, await caller.call(route, params, true, options), key, convert)
}

/** The object under `key` of an answer. */
export function pick<T>(route: string, answer: Json, key: string, convert: (row: Json) => T): T {
  return converted(route, () => convert(objectUnder(answer, key)))
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
 * with an error, since the list would be cut short without anybody knowing.
 */
export async function readAll<T>(
  caller: Caller,
  route: string,
  params: object,
  key: string,
  convert: (row: Json) => T,
  options?: CallOptions,
): Promise<T[]> {
  const found: T[] = []
  const seen = new Set<string>()
  for (let cursor: string | null = null; ; ) {
    const page = cursor === null ? params : { ...params, page_cursor: cursor }
    const answer = await caller.call(route, page, true, options)
    const rows = answer[key]
    if (!Array.isArray(rows)) throw unreadable(route, `${key} is no list`)
    for (const row of rows) found.push(converted(route, () => convert(row as Json)))
    const { has_next_page: hasNext, next_page_cursor: next } = (answer.pagination ?? {}) as Json
    if (hasNext !== true || typeof next !== 'string') return found
    if (seen.has(next)) throw unreadable(route, 'the same page cursor came twice')
    seen.add(next)
    cursor = next
  }
}

function objectUnder(answer: Json, key: string): Json {
  const row = answer[key]
  if (typeof row === 'object' && row !== null) return row as Json
  throw new Misshapen(`${key} is missing`)
}

function converted<T>(route: string, convert: () => T): T {
  try {
    return convert()
  } catch (error) {
    if (error instanceof Misshapen) throw unreadable(route, error.message)
    throw error
  }
}

export function unreadable(route: string, why: string): SeamError {
  return new SeamError({
    code: 'BAD_RESPONSE',
    message: `Seam's answer to ${route} could not be read: ${why}.`,
    route,
    outcome: 'unknown',
  })
}
