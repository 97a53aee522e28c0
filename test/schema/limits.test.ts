import { complexityFromQuery } from '@pothos/plugin-complexity'
import { type DocumentNode, print } from 'graphql'
import { describe, expect, it } from 'vitest'
import { operationLimits } from '../../schema/builder.ts'
import { buildSchema } from '../../schema/schema.ts'
import {
  ChangesPageDocument,
  DashboardDocument,
  MayEnterDocument,
  WatchCredentialsDocument,
} from '../generated/graphql.ts'

const schema = buildSchema()
const costOf = (query: string, variables: Record<string, unknown> = {}) =>
  complexityFromQuery(query, { schema, variables, ctx: {} })

describe('what an operation may ask for', () => {
  it.each<[string, DocumentNode, Record<string, unknown>]>([
    ['the largest question of a dashboard', DashboardDocument, {}],
    ['a subscription', WatchCredentialsDocument, {}],
    ['whether somebody may enter', MayEnterDocument, { acsUserId: 'a', acsEntranceId: 'b' }],
    ['the largest page of the journal', ChangesPageDocument, { first: 100 }],
  ])('should have room for %s', (_what, document, variables) => {
    const { complexity, depth, breadth } = costOf(print(document), variables)
    expect(complexity).toBeLessThanOrEqual(operationLimits.complexity)
    expect(depth).toBeLessThanOrEqual(operationLimits.depth)
    expect(breadth).toBeLessThanOrEqual(operationLimits.breadth)
  })

  it('should have none for everything of everybody', () => {
    const everything =
      '{ acsUsers(first: 100) { nodes { credentials(first: 100) { nodes { entrances(first: 100) { nodes { id } } } } } } }'
    expect(costOf(everything).complexity).toBeGreaterThan(operationLimits.complexity)
  })

  it('should count what is below a connection once for each row of the page', () => {
    const cost = (args: string) => costOf(`{ acsUsers${args} { totalCount } }`).complexity
    expect(cost('')).toBe(1 + 20)
    expect(cost('(first: 7)')).toBe(1 + 7)
    expect(cost('(last: 100)')).toBe(1 + 100)
  })

  it('should leave a page out of bounds to its own error', () => {
    expect(costOf('{ acsUsers(first: 1000000) { totalCount } }').complexity).toBe(1 + 100)
    expect(costOf('{ acsUsers(first: -5) { totalCount } }').complexity).toBe(1 + 1)
  })
})
