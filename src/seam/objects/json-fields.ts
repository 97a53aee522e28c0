import { Secret } from '../../model/secret.ts'

/** Thrown for a row in which a required field is missing. */
export class MalformedRow extends Error {
  override readonly name = 'MalformedRow'
}

/** A JSON object from Seam, not validated yet. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Reads a required text. Throws `MalformedRow` if it is missing. */
export function readRequiredText(row: JsonObject, key: string): string {
  const value = readText(row, key)
  if (value === null) throw new MalformedRow(`${key} is missing`)
  return value
}

/** Reads a required id in lower case. Throws `MalformedRow` if it is missing. */
export function readId<Id extends string>(row: JsonObject, key: string): Id {
  return readRequiredText(row, key).toLowerCase() as Id
}

/** Reads an optional id in lower case; returns `null` if it is missing. */
export function readOptionalId<Id extends string>(row: JsonObject, key: string): Id | null {
  return readText(row, key) === null ? null : readId<Id>(row, key)
}

/** Reads an optional text; returns `null` if it is missing or empty. */
export function readText(row: JsonObject, key: string): string | null {
  const value = row[key]
  return typeof value === 'string' && value !== '' ? shareText(value) : null
}

/** Reads an optional confidential text; returns `null` if it is missing or empty. */
export function readSecret(row: JsonObject, key: string): Secret | null {
  const value = row[key]
  return typeof value === 'string' && value !== '' ? new Secret(value) : null
}

/** Reads a required confidential text. Throws `MalformedRow` if it is missing. */
export function readRequiredSecret(row: JsonObject, key: string): Secret {
  const value = readSecret(row, key)
  if (value === null) throw new MalformedRow(`${key} is missing`)
  return value
}

/**
 * Recently read texts, each at the index that `slotOf` computes from some of its characters. `JSON.parse` creates a new string for each text,
 * although rows repeat ids, names and times of the rows before. An array, since a `Map` of so many changing texts takes more time than the rest
 * of the conversion.
 */
const recentTexts: string[] = Array(4_096).fill('')

/** Returns the same string for equal texts that are read shortly one after the other, so that rows share their memory. */
function shareText(text: string): string {
  const slot = slotOf(text)
  const recent = recentTexts[slot]
  if (recent === text) return recent
  recentTexts[slot] = text
  return text
}

function slotOf(text: string): number {
  const { length } = text
  let slot = length
  for (const index of [1, length >> 1, length - 6, length - 4, length - 2])
    slot = (slot * 31 + (text.charCodeAt(index) || 0)) & 4_095
  return slot
}

/** Reads an optional boolean; returns `null` if it is missing. */
export function readBoolean(row: JsonObject, key: string): boolean | null {
  const value = row[key]
  return typeof value === 'boolean' ? value : null
}

/** Reads a nested object; returns `null` if it is missing. */
export function readObject(row: JsonObject, key: string): JsonObject | null {
  const value = row[key]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

/** Reads a list of nested objects; returns an empty list if it is missing. */
export function readObjects(row: JsonObject, key: string): readonly JsonObject[] {
  const value = row[key]
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : []
}
