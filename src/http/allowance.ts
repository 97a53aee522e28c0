import { complexityFromQuery } from '@pothos/plugin-complexity'
import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql'
import { type Budget, LimitReached, type Limits } from '../auth/limits.ts'
import type { GraphName, Viewer } from '../auth/viewer.ts'
import type { Prepared } from './execution.ts'
import { Refusal } from './respond.ts'

/** What a viewer may use, asked for before anything is executed. Throws 429 `Refusal`s. */
export type Allowance = {
  /** Takes an operation from its viewer's budget; `null` where there's no limit. */
  spend(viewer: Viewer, prepared: Prepared): Budget | null
  open: Limits['open']
}

export function createAllowance(
  schemas: Readonly<Record<GraphName, GraphQLSchema>>,
  limits: Limits,
): Allowance {
  /** The last count of each operation, with the variables it was for: most are asked again and again. */
  const known = new WeakMap<OperationDefinitionNode, { readonly variables: string; readonly count: number }>()

  function complexityOf({ graph }: Viewer, prepared: Prepared): number {
    const { operation, params } = prepared
    const variables = sizesIn(params.variables)
    const last = known.get(operation)
    if (last?.variables === variables) return last.count
    const count = countComplexity(schemas[graph], prepared)
    known.set(operation, { variables, count })
    return count
  }

  return {
    spend: (viewer, prepared) => refusing(() => limits.spend(viewer, complexityOf(viewer, prepared))),
    open: (what, viewer) => refusing(() => limits.open(what, viewer)),
  }
}

/** What in variables may change a count: numbers, which are sizes of pages, and lengths of lists. Nothing deeper is looked at. */
function sizesIn(variables: Prepared['params']['variables']): string {
  const sizes = Object.entries(variables ?? {}).map(([name, value]) => [name, sizeOf(value)])
  return JSON.stringify(sizes)
}

function sizeOf(value: unknown): number | string {
  if (Array.isArray(value)) return `${value.length} of them`
  return typeof value === 'number' ? value : typeof value
}

/** The same count that limits a single operation. */
function countComplexity(schema: GraphQLSchema, { document, operation, params }: Prepared): number {
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
  const alone: DocumentNode = { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] }
  try {
    return complexityFromQuery(alone, { schema, variables: { ...params.variables }, ctx: {} }).complexity
  } catch {
    // Variables that don't fit: the execution says so, and executes nothing.
    return 1
  }
}

function refusing<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error
    const { code, message, limit, retryAfterMs } = error
    const headers = { 'retry-after': `${Math.ceil(retryAfterMs / 1000)}` }
    throw new Refusal(429, code, message, headers, { limit, retryAfterMs })
  }
}

/** The budget in the header fields that are being standardised for it (draft-ietf-httpapi-ratelimit-headers, 10). */
export function budgetHeaders({ limit, remaining, resetsInMs }: Budget): Readonly<Record<string, string>> {
  return {
    'ratelimit-policy': `"complexity";q=${limit};w=60`,
    ratelimit: `"complexity";r=${remaining};t=${Math.ceil(resetsInMs / 1000)}`,
  }
}
