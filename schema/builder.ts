import SchemaBuilder from '@pothos/core'
import ComplexityPlugin, { type ComplexityErrorFn } from '@pothos/plugin-complexity'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import SubGraphPlugin from '@pothos/plugin-sub-graph'
import type { Scope } from '../src/auth/viewer.ts'
import type { Batch } from '../src/feed/batch.ts'
import type { GraphContext } from './context.ts'
import { forbidden, tooComplex } from './errors.ts'

/**
 * What one operation may ask for: levels of fields (`depth`), fields altogether (`breadth`), and `complexity`. There a field costs 1,
 * and what is below a connection is counted once for each row that the page may hold (`first` or `last`, 20 otherwise). A long
 * list without pages counts as `unpagedRows`. A hundred users with ten credentials each and their ten doors come to about 50,000.
 */
export const operationLimits = { complexity: 100_000, depth: 20, breadth: 200 } as const
export const unpagedRows = 20

export type SchemaTypes = {
  Context: GraphContext
  Root: Batch
  DefaultFieldNullability: false
  SubGraphs: 'partner'
  AuthScopes: { scope: Scope }
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: string; Output: string }
    Cursor: { Input: string; Output: string }
    URL: { Input: string; Output: string }
    _Any: { Input: object; Output: object }
  }
}

/** The same with what Pothos adds, for helpers that take its builders. */
export type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>

/** Makes the graph's types; every file of this folder adds its own. Fields are non-null unless they say otherwise. */
export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [ScopeAuthPlugin, ComplexityPlugin, SubGraphPlugin],
  defaultFieldNullability: false,
  // Scopes are checked where fields resolve, subscriptions' too: the feed executes them as it does queries and never subscribes.
  scopeAuth: {
    authScopes: ({ viewer }) => ({ scope: (scope) => viewer.scopes.has(scope) }),
    unauthorizedError: (_parent, context, info) => forbidden(context.viewer, info),
  },
  subGraphs: { defaultForTypes: ['partner'], fieldsInheritFromTypes: true },
  complexity: {
    defaultComplexity: 1,
    defaultListMultiplier: 1,
    limit: operationLimits,
    complexityError: explainLimit,
  },
})

/**
 * Marks a root field for the partners' graph. One that isn't marked is not in it, and neither is what can be reached only by it; what is
 * in it and not for partners has `forOperators`.
 */
export const forPartners: 'partner'[] = ['partner']
export const forOperators: 'partner'[] = []

builder.queryType({
  defaultSubGraphsForFields: forOperators,
  description: 'Reading. Needs the scope `read`.',
  authScopes: { scope: 'read' },
})
builder.subscriptionType({
  defaultSubGraphsForFields: forOperators,
  description:
    'Watching changes as they happen. Needs the scopes `read` and `events`. The first batch comes at once; an empty one at least every 15 seconds.',
  authScopes: { scope: 'read' },
})

function explainLimit(...[kind, found]: Parameters<ComplexityErrorFn>): Error {
  const limit = { Depth: 'depth', Breadth: 'breadth', Complexity: 'complexity' } as const
  return tooComplex(limit[kind], found[limit[kind]], operationLimits[limit[kind]])
}
