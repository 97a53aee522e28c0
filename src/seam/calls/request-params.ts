import { createInvalidParameterError } from '../errors.ts'

/** Maximum number of ids in one request (docs/seam.md). */
const chunkSize = 100

/**
 * Creates the parameter for a required id. Throws `SeamError` if the id is empty: Seam could interpret it as "no filter" and return the
 * whole workspace.
 */
export function createIdParam(route: string, parameter: string, id: string): Record<string, string> {
  if (typeof id === 'string' && id.trim() !== '') return { [parameter]: id }
  throw createInvalidParameterError(route, parameter, 'is empty')
}

/** Creates a filter from the defined ids. Throws `SeamError` if one of them is empty. */
export function createIdFilter(
  route: string,
  ids: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const params: Record<string, string> = {}
  for (const [parameter, id] of Object.entries(ids))
    if (id !== undefined) Object.assign(params, createIdParam(route, parameter, id))
  return params
}

/** Returns the parameters that are neither `undefined` nor `null`. */
export function omitNullish(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value != null))
}

/** Reads objects by ids in chunks of `chunkSize`, without duplicates. Sends no request for an empty list. Rejects with `SeamError` if an id is empty. */
export async function readInChunks<Id extends string, T>(
  route: string,
  parameter: string,
  ids: readonly Id[],
  read: (filter: Record<string, readonly Id[]>) => Promise<T[]>,
): Promise<T[]> {
  for (const id of ids) createIdParam(route, parameter, id)
  const distinct = [...new Set(ids)]
  const chunks: Promise<T[]>[] = []
  for (let start = 0; start < distinct.length; start += chunkSize)
    chunks.push(read({ [parameter]: distinct.slice(start, start + chunkSize) }))
  return (await Promise.all(chunks)).flat()
}
