import { parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { buildSchema } from '../../../schema/schema.ts'
import { examples } from '../../../src/http/graphiql/examples.ts'

const schema = buildSchema()

test.each(examples)('an example of GraphiQL is valid in the graph: $query', ({ query, variables }) => {
  expect(validate(schema, parse(query))).toEqual([])
  expect(() => JSON.parse(variables ?? '{}')).not.toThrow()
})
