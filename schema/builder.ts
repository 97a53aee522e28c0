import SchemaBuilder from '@pothos/core'
import ComplexityPlugin from '@pothos/plugin-complexity'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import SubGraphPlugin from '@pothos/plugin-sub-graph'
import type { Scope } from '../src/auth/viewer.ts'
import type { Batch } from '../src/feed/subscription.ts'
import type { GraphContext } from './context.ts'
import { createForbiddenError } from './graph-errors.ts'

/** Number of rows that a list without pagination adds to the complexity of an operation. */
export const assumedListRows = 20

export type GraphSchemaTypes = {
  Context: GraphContext
  Root: Batch
  DefaultFieldNullability: false
  SubGraphs: 'partner'
  AuthScopes: { scope: Scope }
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: string; Output: string }
    Cursor: { Input: string | null; Output: string }
    URL: { Input: string; Output: string }
    _Any: { Input: object; Output: object }
  }
}

/** `GraphSchemaTypes` with the defaults of Pothos, for functions that take a Pothos builder as a parameter. */
export type ExtendedSchemaTypes = PothosSchemaTypes.ExtendDefaultTypes<GraphSchemaTypes>

/**
 * Builder of the GraphQL schema. Every file of this folder adds its types. Fields are non-null unless they set
 * `nullable`.
 */
export const builder = new SchemaBuilder<GraphSchemaTypes>({
  plugins: [ScopeAuthPlugin, ComplexityPlugin, SubGraphPlugin],
  defaultFieldNullability: false,
  // Scopes are checked when a field resolves. This includes subscriptions: the feed executes their documents like
  // queries and never calls `subscribe`.
  scopeAuth: {
    authScopes: ({ viewer }) => ({ scope: (scope) => viewer.scopes.has(scope) }),
    unauthorizedError: (_parent, context, info) => createForbiddenError(context.viewer, info),
  },
  subGraphs: { defaultForTypes: ['partner'], fieldsInheritFromTypes: true },
  // Fields declare their complexity here. `src/http/graphql/operation-size.ts` adds it up before an operation is executed.
  complexity: { defaultComplexity: 1, defaultListMultiplier: 1, disabled: true },
})

/**
 * Includes a root field in the partner graph. A root field without it, and every type that only such a field returns,
 * is missing from the partner graph. `notInPartnerGraph` excludes a field or type that would otherwise be included.
 */
export const inPartnerGraph: 'partner'[] = ['partner']
export const notInPartnerGraph: 'partner'[] = []

builder.queryType({
  defaultSubGraphsForFields: notInPartnerGraph,
  description: 'Queries. Require the `read` scope.',
  authScopes: { scope: 'read' },
})
builder.subscriptionType({
  defaultSubGraphsForFields: notInPartnerGraph,
  description:
    'Subscriptions to changes. Require the scopes `read` and `events`. The first batch is sent immediately after subscribing. An empty batch is sent at least every 15 seconds.',
  authScopes: { scope: 'read' },
})
