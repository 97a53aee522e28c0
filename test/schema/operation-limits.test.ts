import { type DocumentNode, print } from 'graphql'
import { describe, expect, it } from 'vitest'
import { demoViewer } from '../../src/auth/authenticator.ts'
import type { Viewer } from '../../src/auth/viewer.ts'
import { operationLimits } from '../../src/http/graphql/operation-size.ts'
import type { AcsSystemId, AcsUserId } from '../../src/model/ids.ts'
import {
  ChangesPageDocument,
  DashboardDocument,
  MayEnterDocument,
  WatchCredentialsDocument,
} from '../generated/graphql.ts'
import { measureSize } from '../support/operation-size.ts'

const costOf = measureSize

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

  it('should count a search of the journal as what it costs, with and without a filter', () => {
    const cost = (args: string) => costOf(`{ changes${args} { totalCount } }`).complexity
    expect(cost('(first: 1)')).toBe(1_000 + 1)
    expect(cost('(first: 1, filter: { kinds: [DELETED] })')).toBe(10_000 + 1)
  })

  it.each<[string, Viewer['accessScope'], Viewer['graph']]>([
    ['systems', { acsSystemIds: new Set(['s1' as AcsSystemId]), acsUserId: null }, 'whole'],
    ['a resident', { acsSystemIds: null, acsUserId: 'u1' as AcsUserId }, 'whole'],
    ['the graph for partners', demoViewer.accessScope, 'partner'],
  ])(
    'should count every search of a viewer who is narrowed to %s as one with a filter',
    (_what, accessScope, graph) => {
      const narrowed = { ...demoViewer, accessScope, graph }
      expect(costOf('{ changes(first: 1) { totalCount } }', {}, narrowed).complexity).toBe(10_000 + 1)
    },
  )

  it('should leave a page out of bounds to its own error', () => {
    expect(costOf('{ acsUsers(first: 1000000) { totalCount } }').complexity).toBe(1 + 100)
    expect(costOf('{ acsUsers(first: -5) { totalCount } }').complexity).toBe(1 + 1)
  })
})
