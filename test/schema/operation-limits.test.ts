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

describe('the limits of an operation', () => {
  it.each<[string, DocumentNode, Record<string, unknown>]>([
    ['the largest query of the dashboard', DashboardDocument, {}],
    ['a subscription', WatchCredentialsDocument, {}],
    [
      'the access decision of an ACS user at an entrance',
      MayEnterDocument,
      { acsUserId: 'a', acsEntranceId: 'b' },
    ],
    ['the largest page of the journal', ChangesPageDocument, { first: 100 }],
  ])('should allow %s', (_what, document, variables) => {
    const { complexity, depth, breadth } = measureSize(print(document), variables)
    expect(complexity).toBeLessThanOrEqual(operationLimits.complexity)
    expect(depth).toBeLessThanOrEqual(operationLimits.depth)
    expect(breadth).toBeLessThanOrEqual(operationLimits.breadth)
  })

  it('should not allow the entrances of all credentials of all ACS users', () => {
    const everything =
      '{ acsUsers(first: 100) { nodes { credentials(first: 100) { nodes { entrances(first: 100) { nodes { id } } } } } } }'
    expect(measureSize(everything).complexity).toBeGreaterThan(operationLimits.complexity)
  })

  it('should count the selection of a connection once for each row of the page', () => {
    const cost = (args: string) => measureSize(`{ acsUsers${args} { totalCount } }`).complexity
    expect(cost('')).toBe(1 + 20)
    expect(cost('(first: 7)')).toBe(1 + 7)
    expect(cost('(last: 100)')).toBe(1 + 100)
  })

  it('should count more for a journal search with a filter than without one', () => {
    const cost = (args: string) => measureSize(`{ changes${args} { totalCount } }`).complexity
    expect(cost('(first: 1)')).toBe(1_000 + 1)
    expect(cost('(first: 1, filter: { kinds: [DELETED] })')).toBe(10_000 + 1)
  })

  it.each<[string, Viewer['accessScope'], Viewer['graph']]>([
    ['ACS systems', { acsSystemIds: new Set(['s1' as AcsSystemId]), acsUserId: null }, 'whole'],
    ['an ACS user', { acsSystemIds: null, acsUserId: 'u1' as AcsUserId }, 'whole'],
    ['the partner graph', demoViewer.accessScope, 'partner'],
  ])(
    'should count every journal search of a viewer who is limited to %s as one with a filter',
    (_what, accessScope, graph) => {
      const narrowed = { ...demoViewer, accessScope, graph }
      expect(measureSize('{ changes(first: 1) { totalCount } }', {}, narrowed).complexity).toBe(10_000 + 1)
    },
  )

  it('should clamp an invalid page size, which is rejected later', () => {
    expect(measureSize('{ acsUsers(first: 1000000) { totalCount } }').complexity).toBe(1 + 100)
    expect(measureSize('{ acsUsers(first: -5) { totalCount } }').complexity).toBe(1 + 1)
  })
})
