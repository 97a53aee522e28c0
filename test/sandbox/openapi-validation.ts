import { readFileSync } from 'node:fs'

type Schema = {
  $ref?: string
  type?: string
  nullable?: boolean
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema | boolean
  items?: Schema
  enum?: unknown[]
  oneOf?: Schema[]
  allOf?: Schema[]
  anyOf?: Schema[]
  format?: string
  minLength?: number
  minimum?: number
}

const formats: Record<string, RegExp> = {
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z$/,
  email: /^[^@\s]+@[^@\s]+$/,
  uri: /^https?:\/\//,
}

/** Extract of Seam's OpenAPI document. `answers` has the schema of a successful answer by route and method. */
const { answers, schemas } = JSON.parse(
  readFileSync(new URL('seam-openapi.json', import.meta.url), 'utf8'),
) as {
  answers: Record<string, Record<string, Schema>>
  schemas: Record<string, Schema>
}

/** Returns how the response of a route violates Seam's OpenAPI document. Unknown fields are violations too. */
export function answerFaults(path: string, answer: unknown): string[] {
  const schema = answers[path]?.post
  return schema === undefined ? [`Seam has no route ${path}`] : faults(schema, answer, path)
}

/** Returns how an event violates Seam's OpenAPI document. */
export function eventFaults(event: { event_type: string }): string[] {
  const variant = schemas.event?.oneOf?.find(
    (one) => one.properties?.event_type?.enum?.[0] === event.event_type,
  )
  return variant === undefined
    ? [`Seam has no event ${event.event_type}`]
    : faults(variant, event, event.event_type)
}

/** Returns the codes that Seam documents for the errors or warnings of a resource; none if the schema allows any text. */
export function issueCodes(resource: string, kind: 'error' | 'warning'): string[] {
  const codes = new Set<string>()
  const collect = (schema: Schema | undefined): void => {
    for (const code of schema?.properties?.[`${kind}_code`]?.enum ?? []) codes.add(String(code))
    for (const inner of [schema?.items, ...(schema?.oneOf ?? []), ...(schema?.anyOf ?? [])])
      if (inner !== undefined) collect(inner)
  }
  collect(schemas[resource]?.properties?.[`${kind}s`])
  return [...codes]
}

/** Returns the HTTP methods that Seam documents for a route, in upper case. */
export function verbsOf(path: string): string[] {
  return Object.keys(answers[path] ?? {}).map((verb) => verb.toUpperCase())
}

function faults(schema: Schema, value: unknown, at: string): string[] {
  if (schema.$ref !== undefined) return faults(resolved(schema.$ref), value, at)
  if (value === null) return schema.nullable === true ? [] : [`${at} is null`]
  const choices = schema.oneOf ?? schema.anyOf
  if (choices !== undefined) {
    const found = choices.map((choice) => faults(choice, value, at))
    return found.some((one) => one.length === 0) ? [] : [`${at} fits none: ${found.flat().join('; ')}`]
  }
  if (schema.allOf !== undefined) throw new Error(`${at}: allOf isn't expected in answers`)
  switch (schema.type) {
    case 'object':
      return objectFaults(schema, value, at)
    case 'array':
      if (!Array.isArray(value)) return [`${at} is no array`]
      return value.flatMap((item, index) => faults(schema.items ?? {}, item, `${at}[${index}]`))
    case 'string':
      return stringFaults(schema, value, at)
    case 'integer':
    case 'number':
      return typeof value === 'number' ? [] : [`${at} is no number`]
    case 'boolean':
      if (typeof value !== 'boolean') return [`${at} is no boolean`]
      return schema.enum === undefined || schema.enum.includes(value) ? [] : [`${at} is ${value}`]
    default:
      return [`${at} has a schema of unknown type ${schema.type}`]
  }
}

function objectFaults(schema: Schema, value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`]
  const fields = value as Record<string, unknown>
  const missing = (schema.required ?? [])
    .filter((key) => !(key in fields))
    .map((key) => `${at}.${key} is missing`)
  const wrong = Object.entries(fields).flatMap(([key, field]) => {
    const inner = schema.properties?.[key]
    if (inner !== undefined) return faults(inner, field, `${at}.${key}`)
    if (typeof schema.additionalProperties === 'object') {
      return faults(schema.additionalProperties, field, `${at}.${key}`)
    }
    return [`${at}.${key} is unknown`]
  })
  return [...missing, ...wrong]
}

function stringFaults(schema: Schema, value: unknown, at: string): string[] {
  if (typeof value !== 'string') return [`${at} is no string`]
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at} is ${value}`]
  if (value.length < (schema.minLength ?? 0)) return [`${at} is too short`]
  const format = schema.format === undefined ? undefined : formats[schema.format]
  if (schema.format !== undefined && format === undefined)
    return [`${at} has unknown format ${schema.format}`]
  return format === undefined || format.test(value) ? [] : [`${at} is no ${schema.format}: ${value}`]
}

function resolved(ref: string): Schema {
  const schema = schemas[ref.replace('#/components/schemas/', '')]
  if (schema === undefined) throw new Error(`There is no ${ref}`)
  return schema
}
