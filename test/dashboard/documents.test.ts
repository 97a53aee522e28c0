import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  concatAST,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  separateOperations,
  type TypeNode,
} from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorld, type World } from '../support/world.ts'

const root = resolve(import.meta.dirname, '../../dashboard/src')
const all = concatAST(
  globSync('**/*.graphql', { cwd: root }).map((file) => parse(readFileSync(join(root, file), 'utf8'))),
)
const operations = Object.entries(separateOperations(all))
const queries = operations.filter(([, document]) => getOperation(document.definitions)?.operation === 'query')

function getOperation(
  definitions: readonly { readonly kind: string }[],
): OperationDefinitionNode | undefined {
  return definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION) as
    | OperationDefinitionNode
    | undefined
}

/** A value for each required variable of the dashboard's queries. */
const values: Readonly<Record<string, unknown>> = {
  ID: 'QWNzVXNlcjo5ZDViYWViNy1iYWI0LTRmNjQtOTlkMS0zYWMwMzc0NTEwZWU=',
  DateTime: '2026-11-27T12:00:00Z',
  _Any: { __typename: 'AcsUser', id: 'QWNzVXNlcjo5ZDViYWViNy1iYWI0LTRmNjQtOTlkMS0zYWMwMzc0NTEwZWU=' },
}
/** How many objects the dashboard reads in one request, where it is not 100. */
const rowCounts: Readonly<Record<string, number>> = { AuditObjects: 1_000, MatrixRows: 8 }

/** The name of a type without lists and exclamation marks. */
const getNamedType = (type: TypeNode): string =>
  type.kind === Kind.NAMED_TYPE ? type.name.value : getNamedType(type.type)

let world: World
beforeAll(async () => {
  world = await startWorld({ sandbox: { residents: 2, systems: 1 } })
})
afterAll(() => world[Symbol.asyncDispose]())

describe('the documents of the dashboard', () => {
  it.each(queries)('should keep %s within the complexity that the gateway allows', async (name, document) => {
    const variables: Record<string, unknown> = {}
    for (const { variable, type } of getOperation(document.definitions)?.variableDefinitions ?? [])
      if (type.kind === Kind.NON_NULL_TYPE && type.type.kind === Kind.NAMED_TYPE)
        variables[variable.name.value] = values[type.type.name.value]
      else if (type.kind === Kind.NON_NULL_TYPE)
        variables[variable.name.value] = new Array(rowCounts[name] ?? 100).fill(values[getNamedType(type)])
    const { body } = await world.post({ query: print(document), variables })
    expect(body.errors?.map(({ extensions }) => extensions?.code) ?? []).not.toContain('QUERY_TOO_COMPLEX')
  })
})
