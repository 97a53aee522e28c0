import { z } from 'zod'
import { SandboxApiError, type ValidationErrors } from './api-error.ts'

/** An id in Seam's format. */
export const idSchema = () =>
  z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, 'Invalid uuid')

/** A time: ISO 8601 with an offset. */
export const dateTimeSchema = () => z.iso.datetime({ offset: true, error: 'Invalid datetime' })

/** A phone number in E.164 format. */
export const phoneNumberSchema = () => z.string().regex(/^\+[1-9]\d{6,14}$/, 'Invalid phone number')

/** A search text. */
export const searchSchema = () => z.string().min(1)

/** The parameters of every paginated list. */
export const createPageSchema = (defaultLimit: number) => ({
  limit: z.number().int().positive().default(defaultLimit),
  page_cursor: z.string().nullish(),
})

/** The parameters of a query string as text: repeated names are lists, dots separate levels, an empty value is `null`. */
export type QueryText = { [key: string]: null | string | string[] | QueryText }

/** Parses a query string as Seam's SDKs write it. Ignores `_strict`, which only marks that format. */
export function readQuery(query: URLSearchParams): QueryText {
  const text: QueryText = Object.create(null)
  for (const key of new Set(query.keys())) {
    if (key === '_strict') continue
    const values = query.getAll(key)
    const [only = ''] = values
    place(text, key.split('.'), values.length > 1 ? values : only === '' ? null : only)
  }
  return text
}

function place(text: QueryText, path: string[], value: null | string | string[]): void {
  const [key = '', ...rest] = path
  if (rest.length === 0) {
    text[key] = value
    return
  }
  const inner = text[key]
  const nested: QueryText =
    inner !== null && typeof inner === 'object' && !Array.isArray(inner) ? inner : Object.create(null)
  text[key] = nested
  place(nested, rest, value)
}

/** Converts the texts of a query to the types of `shape`. A value that can't be converted stays text and fails the validation. */
export function convertQueryValues(shape: z.ZodObject, text: QueryText): Record<string, unknown> {
  const known = Object.entries(text).filter(([key]) => key in shape.shape)
  return Object.fromEntries(known.map(([key, value]) => [key, typedValue(shape.shape[key], value)]))
}

function typedValue(kind: unknown, value: QueryText[string]): unknown {
  const bare = unwrapped(kind)
  if (bare instanceof z.ZodArray) return value === null ? [] : Array.isArray(value) ? value : [value]
  if (bare instanceof z.ZodNumber) return typeof value === 'string' ? Number(value) : value
  if (bare instanceof z.ZodBoolean) return value === 'true' ? true : value === 'false' ? false : value
  if (value === null || typeof value === 'string' || Array.isArray(value)) return value
  if (bare instanceof z.ZodObject) return convertQueryValues(bare, value)
  if (bare instanceof z.ZodRecord) return Object.fromEntries(Object.entries(value).map(asFlag))
  return value
}

function asFlag([key, value]: [string, unknown]): [string, unknown] {
  return [key, value === 'true' ? true : value === 'false' ? false : value]
}

function unwrapped(kind: unknown): unknown {
  let bare = kind
  while (bare instanceof z.ZodOptional || bare instanceof z.ZodNullable || bare instanceof z.ZodDefault) {
    bare = bare.unwrap()
  }
  return bare
}

/** Validates the parameters. Throws Seam's `invalid_input` with the errors of each parameter. */
export function parseParams<Shape extends z.ZodObject>(shape: Shape, raw: unknown): z.output<Shape> {
  const result = shape.safeParse(raw, {
    error: (issue) => (issue.input === undefined ? 'Required' : undefined),
  })
  if (result.success) return result.data
  const [first] = result.error.issues
  const where =
    first === undefined || first.path.length === 0 ? 'the parameters' : `"${first.path.join('.')}"`
  const message = `Invalid value for ${where}: ${first?.message ?? 'unknown'}`
  throw new SandboxApiError(400, 'invalid_input', message, treeOf(result.error.issues))
}

function treeOf(issues: readonly { path: PropertyKey[]; message: string }[]): ValidationErrors {
  const tree: ValidationErrors = { _errors: [] }
  for (const { path, message } of issues) {
    let branch = tree
    for (const key of path) {
      const known = branch[String(key)]
      const next: ValidationErrors = known === undefined || Array.isArray(known) ? { _errors: [] } : known
      branch[String(key)] = next
      branch = next
    }
    branch._errors.push(message)
  }
  return tree
}
