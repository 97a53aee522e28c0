import { refusedHere } from './errors.ts'

/** Ids that go into one request at most (facts on array size). */
const chunkSize = 100

/**
 * One required id as a parameter. Throws `SeamError` where it's empty: Seam could take that for "no filter" and answer with the
 * whole workspace.
 */
export function named(route: string, parameter: string, id: string): Record<string, string> {
  if (typeof id === 'string' && id.trim() !== '') return { [parameter]: id }
  throw refusedHere(route, parameter, 'is empty')
}

/** A filter from the ids that are given. Throws `SeamError` for an empty one. */
export function filterOf(
  route: string,
  ids: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const params: Record<string, string> = {}
  for (const [parameter, id] of Object.entries(ids))
    if (id !== undefined) Object.assign(params, named(route, parameter, id))
  return params
}

/** What is neither `undefined` nor `null`. */
export function given(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value != null))
}

/** Reads by ids, each once, as many at a time as one request takes. None: nothing is asked. Throws `SeamError` for an empty id. */
export async function inChunks<Id extends string, T>(
  route: string,
  parameter: string,
  ids: readonly Id[],
  read: (filter: Record<string, readonly Id[]>) => Promise<T[]>,
): Promise<T[]> {
  for (const id of ids) named(route, parameter, id)
  const distinct = [...new Set(ids)]
  const chunks: Promise<T[]>[] = []
  for (let start = 0; start < distinct.length; start += chunkSize)
    chunks.push(read({ [parameter]: distinct.slice(start, start + chunkSize) }))
  return (await Promise.all(chunks)).flat()
}
