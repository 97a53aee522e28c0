import {
  GraphQLError,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql'
import type { GraphContext } from '../../schema/context.ts'
import type { Batch } from '../../src/feed/subscription.ts'
import type { Change, ChangeKind } from '../../src/model/change.ts'
import { allChanges, type ChangeFilter } from '../../src/model/change-filter.ts'
import { SeamError } from '../../src/seam/errors.ts'

/** The graph of the HTTP tests. `executions` counts executed operations; `release` lets `slow` resolve. */
export function createFixtureGraph() {
  const executions = { add: 0, changes: 0 }
  /** The errors that `fail` throws. */
  const thrown: { error: unknown } = { error: null }
  const fail = { type: GraphQLString, resolve: () => Promise.reject(thrown.error) }
  let release = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  let asked = () => {}
  const slowAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  const required = new GraphQLNonNull(GraphQLString)
  const Node: GraphQLObjectType = new GraphQLObjectType({
    name: 'Node',
    fields: () => ({
      name: { type: required, resolve: () => 'node' },
      next: { type: Node, resolve: () => ({}) },
    }),
  })
  const Query = new GraphQLObjectType<unknown, GraphContext>({
    name: 'Query',
    fields: {
      hello: {
        type: required,
        args: { name: { type: GraphQLString } },
        resolve: (_, { name }) => `Hello ${name ?? 'you'}`,
      },
      viewer: { type: required, resolve: (_, _args, { viewer }) => viewer.name },
      boom: { type: GraphQLString, resolve: () => Promise.reject(new Error('password is hunter2')) },
      seam: {
        type: GraphQLString,
        resolve: () =>
          Promise.reject(
            new SeamError({
              code: 'TIMEOUT',
              message: 'Seam is silent.',
              route: 'acs/users/list',
              outcome: 'unknown',
              requestId: 'r1',
            }),
          ),
      },
      refused: {
        type: GraphQLString,
        resolve: () =>
          Promise.reject(new GraphQLError('No such entrance.', { extensions: { code: 'BAD_USER_INPUT' } })),
      },
      slow: {
        type: GraphQLString,
        resolve() {
          asked()
          return gate.then(() => 'done')
        },
      },
      fail,
      big: { type: required, resolve: () => 'x'.repeat(300_000) },
      node: { type: Node, resolve: () => ({}) },
      list: {
        type: GraphQLString,
        args: { of: { type: new GraphQLList(GraphQLString) } },
        resolve: () => 'ok',
      },
    },
  })
  const Mutation = new GraphQLObjectType({
    name: 'Mutation',
    fields: { add: { type: GraphQLInt, resolve: () => ++executions.add } },
  })
  const FeedChange = new GraphQLObjectType<Change>({
    name: 'FeedChange',
    fields: {
      kind: { type: required },
      padding: { type: required, resolve: () => 'x'.repeat(300_000) },
      greeting: { type: required, resolve: () => 'Zoë 🔑 日本' },
      slow: { type: GraphQLString, resolve: () => gate.then(() => 'done') },
      fail,
    },
  })
  const Feed = new GraphQLObjectType<Batch>({
    name: 'Feed',
    fields: {
      cursor: { type: required },
      gap: { type: GraphQLString, resolve: ({ gap }) => gap?.reason },
      changes: { type: new GraphQLNonNull(new GraphQLList(FeedChange)) },
      boom: { type: GraphQLString, resolve: () => Promise.reject(new Error('password is hunter2')) },
      fail,
    },
  })
  const Subscription = new GraphQLObjectType<Batch>({
    name: 'Subscription',
    fields: {
      changes: {
        type: new GraphQLNonNull(Feed),
        args: { after: { type: GraphQLString }, kinds: { type: new GraphQLList(required) } },
        resolve(batch) {
          executions.changes++
          return batch
        },
        extensions: {
          filterOf: ({ kinds }: { kinds?: ChangeKind[] }): ChangeFilter => ({
            ...allChanges,
            kinds: kinds ?? null,
          }),
        },
      },
    },
  })
  return {
    schema: new GraphQLSchema({ query: Query, mutation: Mutation, subscription: Subscription }),
    executions,
    thrown,
    release,
    slowAsked,
  }
}
