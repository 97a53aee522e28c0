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

/** Yields every element of a type with its description. */
function* listDescriptions(type: GraphQLNamedType): Generator<Described> {
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
const ownTypes = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
)

describe('the schema', () => {
  it('should have a description of every type, field, argument and enum value', () => {
    const undescribed = ownTypes
      .flatMap((type) => [...listDescriptions(type)])
      .filter(([, description]) => (description ?? '').trim() === '')
    expect(undescribed).toEqual([])
  })

  it('should have descriptions in whole sentences, with the terms of Seam', () => {
    const odd = ownTypes
      .flatMap((type) => [...listDescriptions(type)])
      .filter(
        ([, description]) =>
          !/^[\p{Lu}`]/u.test(description ?? '') ||
          !/\.$/.test(description ?? '') ||
          /\b(doors|somebody|nobody|whoever|people)\b/.test((description ?? '').replace(/`[^`]*`/g, '')),
      )
    expect(odd).toEqual([])
  })

  it('should equal the file schema.graphql', async () => {
    const file = await readFile(new URL('../../schema/schema.graphql', import.meta.url), 'utf8')
    expect(`${printSchema(lexicographicSortSchema(schema))}\n`).toBe(file)
  })

  it('should require a scope for every mutation', () => {
    const open = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(({ extensions }) => {
      const { authScopes } = extensions.pothosOptions as { authScopes?: { scope?: string } }
      return !['write', 'connections:write', 'events', 'admin'].includes(authScopes?.scope ?? '')
    })
    expect(open).toEqual([])
  })

  it('should have the same fields and arguments in every connection', () => {
    const connections = ownTypes
      .filter((type) => isObjectType(type))
      .filter(({ name }) => /Connection$/.test(name))
    expect(connections.length).toBeGreaterThan(5)
    for (const connection of connections)
      expect(Object.keys(connection.getFields()).sort()).toEqual(['edges', 'nodes', 'pageInfo', 'totalCount'])
    const paged = ownTypes
      .filter((type) => isObjectType(type))
      .flatMap((type) => Object.values(type.getFields()))
      .filter((field) => /Connection!?$/.test(String(field.type)))
    expect(paged.length).toBeGreaterThan(connections.length)
    for (const field of paged)
      expect(field.args.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['first', 'after', 'last', 'before']),
      )
  })

  it('should have a nullable connection for every list that is loaded from Seam', () => {
    const strict = ownTypes
      .filter((type) => isObjectType(type))
      .flatMap((type) => Object.values(type.getFields()))
      .filter((field) => /Connection!$/.test(String(field.type)))
    // The gateway stores these two itself.
    expect(strict.map((field) => field.name)).toEqual(['auditTrail', 'changes'])
  })
})
