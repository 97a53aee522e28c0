/** A row that lacks what makes it that row. */
export class Misshapen extends Error {
  override readonly name = 'Misshapen'
}

/** One object of Seam's, unread. */
export type Json = Readonly<Record<string, unknown>>

/** A text that has to be there. Throws `Misshapen`. */
export function required(row: Json, key: string): string {
  const value = text(row, key)
  if (value === null) throw new Misshapen(`${key} is missing`)
  return value
}

/** An id that has to be there, in lower case. Throws `Misshapen`. */
export function idOf<Id extends string>(row: Json, key: string): Id {
  return required(row, key).toLowerCase() as Id
}

/** An id, if there is one. */
export function optionalId<Id extends string>(row: Json, key: string): Id | null {
  return text(row, key) === null ? null : idOf<Id>(row, key)
}

/** A text, if there is one; an empty one says nothing. */
export function text(row: Json, key: string): string | null {
  const value = row[key]
  return typeof value === 'string' && value !== '' ? value : null
}

/** A boolean, or `null` where Seam doesn't know. */
export function tri(row: Json, key: string): boolean | null {
  const value = row[key]
  return typeof value === 'boolean' ? value : null
}

/** An object in the row, if there is one. */
export function object(row: Json, key: string): Json | null {
  const value = row[key]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null
}

/** The objects of a list in the row; none where there is no list. */
export function rows(row: Json, key: string): readonly Json[] {
  const value = row[key]
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : []
}
