import { readFile } from 'node:fs/promises'
import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { buildSchema } from '../../schema/schema.ts'

type Described = readonly [path: string, description: string | null | undefined]

/** Everything in the graph that a partner reads about, with what it says of itself. */
function* described(type: GraphQLNamedType): Generator<Described> {
  yield [type.name, type.description]
  if (isEnumType(type))
    for (const value of type.getValues()) yield [`${type.name}.${value.name}`, value.description]
  if (isInputObjectType(type))
    for (const field of Object.values(type.getFields()))
      yield [`${type.name}.${field.name}`, field.description]
  if (!isObjectType(type) && !isInterfaceType(type)) return
  for (const field of Object.values(type.getFields())) {
    yield [`${type.name}.${field.name}`, field.description]
    for (const arg of field.args) yield [`${type.name}.${field.name}(${arg.name})`, arg.description]
  }
}

const schema = buildSchema()
const ours = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
)

describe('the graph as partners see it', () => {
  it('should say of every type, field, argument and value what it is', () => {
    const silent = ours
      .flatMap((type) => [...described(type)])
      .filter(([, description]) => (description ?? '').trim() === '')
    expect(silent).toEqual([])
  })

  it('should describe everything in whole sentences, with the terms of Seam', () => {
    const odd = ours
      .flatMap((type) => [...described(type)])
      .filter(
        ([, description]) =>
          !/^[\p{Lu}`]/u.test(description ?? '') ||
          !/\.$/.test(description ?? '') ||
          /\b(doors|somebody|nobody|whoever|people)\b/.test((description ?? '').replace(/`[^`]*`/g, '')),
      )
    expect(odd).toEqual([])
  })

  it('should be what the schema file says', async () => {
    const file = await readFile(new URL('../../schema/schema.graphql', import.meta.url), 'utf8')
    expect(`${printSchema(lexicographicSortSchema(schema))}\n`).toBe(file)
  })

  it('should let nobody change anything without a scope for it', () => {
    const open = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(({ extensions }) => {
      const { authScopes } = extensions.pothosOptions as { authScopes?: { scope?: string } }
      return !['write', 'connections:write', 'events', 'admin'].includes(authScopes?.scope ?? '')
    })
    expect(open).toEqual([])
  })

  it('should page every list of things alike', () => {
    const connections = ours
      .filter((type) => isObjectType(type))
      .filter(({ name }) => /Connection$/.test(name))
    expect(connections.length).toBeGreaterThan(5)
    for (const connection of connections)
      expect(Object.keys(connection.getFields()).sort()).toEqual(['edges', 'nodes', 'pageInfo', 'totalCount'])
    const paged = ours
      .filter((type) => isObjectType(type))
      .flatMap((type) => Object.values(type.getFields()))
      .filter((field) => /Connection!?$/.test(String(field.type)))
    expect(paged.length).toBeGreaterThan(connections.length)
    for (const field of paged)
      expect(field.args.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['first', 'after', 'last', 'before']),
      )
  })

  it('should let every list that Seam has to give fail by itself', () => {
    const strict = ours
      .filter((type) => isObjectType(type))
      .flatMap((type) => Object.values(type.getFields()))
      .filter((field) => /Connection!$/.test(String(field.type)))
    // These two are the gateway's own, and Seam has no part in them.
    expect(strict.map((field) => field.name)).toEqual(['auditTrail', 'changes'])
  })
})
