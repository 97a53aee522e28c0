import { isNonNullType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildSchema } from '../../schema/schema.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld({ sandbox: { systems: 1, doors: 4, residents: 3 } })
})
afterAll(() => world[Symbol.asyncDispose]())

/** Every list of the type Query without other required arguments. */
const lists = Object.values(buildSchema().getQueryType()?.getFields() ?? {}).filter(
  ({ args }) => args.some(({ name }) => name === 'after') && !args.some(({ type }) => isNonNullType(type)),
)

describe('an empty cursor', () => {
  it('should be tested with every list', () => {
    expect(lists.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['acsUsers', 'changes', 'auditTrail']),
    )
  })

  it.each(
    lists.flatMap(({ name, args }) =>
      args.flatMap((arg) => (/^(after|before)$/.test(arg.name) ? [[name, arg.name]] : [])),
    ),
  )('should be treated as omitted in %s(%s)', async (name, argument) => {
    const selection = '{ nodes { __typename } pageInfo { hasNextPage hasPreviousPage } }'
    const [given, omitted] = await Promise.all(
      [`(first: 2, ${argument}: "")`, '(first: 2)'].map((args) =>
        world.post({ query: `{ ${name}${args} ${selection} }` }),
      ),
    )
    expect(given?.body.errors).toBeUndefined()
    expect(given?.body.data).toEqual(omitted?.body.data)
  })
})
