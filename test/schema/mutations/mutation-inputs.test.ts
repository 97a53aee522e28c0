import { GraphQLNonNull, isInputObjectType } from 'graphql'
import { expect, it } from 'vitest'
import { buildSchema } from '../../../schema/schema.ts'

/** Mutations without an idempotency key, each with the reason. */
const withoutIdempotencyKey: Readonly<Record<string, string>> = {
  sendTestWebhook: 'Changes nothing, and every request is meant to send a message.',
}

it('should have an idempotency key in the input of every mutation', () => {
  const mutations = Object.values(buildSchema().getMutationType()?.getFields() ?? {})
  expect(mutations.length).toBeGreaterThan(20)
  const missing = mutations.filter(({ name, args }) => {
    const type = args.find((arg) => arg.name === 'input')?.type
    const input = type instanceof GraphQLNonNull ? type.ofType : type
    return (
      !(isInputObjectType(input) && 'idempotencyKey' in input.getFields()) && !(name in withoutIdempotencyKey)
    )
  })
  expect(missing.map(({ name }) => name)).toEqual([])
})
