import type { GraphQLSchema, OperationDefinitionNode } from 'graphql'
import { createTooComplexError } from '../../../schema/graph-errors.ts'
import {
  budgetWindowMs,
  ComplexityAboveBudget,
  type ComplexityBudget,
  UsageLimitReached,
  type UsageLimits,
} from '../../auth/usage-limits.ts'
import type { GraphName, Viewer } from '../../auth/viewer.ts'
import { HttpError } from '../protocol/http-error.ts'
import type { PreparedOperation } from './graphql-request.ts'
import { createInputKey } from './input-key.ts'
import { checkOperationSize, measureOperation, type OperationSize } from './operation-size.ts'

/**
 * Enforces the limits of a viewer before an operation is executed. An operation that exceeds a fixed limit, or the whole budget, throws a
 * `GraphQLError` with the code QUERY_TOO_COMPLEX and is not charged. If a limit is only reached for now, a 429 `HttpError` is thrown.
 */
export type RateLimiter = {
  /** Charges an operation to the viewer's budget. Returns `null` if the viewer has no limit, or if the variables are invalid. */
  charge(viewer: Viewer, prepared: PreparedOperation): ComplexityCharge | null
  acquireSlot: UsageLimits['acquireSlot']
}

/** Complexity that was charged to a budget. It is refunded unless the execution has started. */
export type ComplexityCharge = {
  readonly budget: ComplexityBudget
  readonly isStarted: boolean
  markStarted(): void
  refundUnlessStarted(): void
}

type MeasuredSize = OperationSize | null

export function createRateLimiter(
  schemas: Readonly<Record<GraphName, GraphQLSchema>>,
  usageLimits: UsageLimits,
): RateLimiter {
  /** The last measurement of each operation, since most operations are repeated with the same variables. */
  const lastMeasurements = new WeakMap<
    OperationDefinitionNode,
    { readonly key: string; readonly size: MeasuredSize }
  >()

  function measure(viewer: Viewer, prepared: PreparedOperation): MeasuredSize {
    const { operation, params } = prepared
    const measureNow = () => measureOperation(schemas[viewer.graph], prepared, viewer)
    // The input of a mutation rarely repeats.
    if (operation.operation === 'mutation') return measureNow()
    const key = createInputKey(viewer, params.variables)
    const lastMeasurement = lastMeasurements.get(operation)
    if (key !== null && lastMeasurement?.key === key) return lastMeasurement.size
    const size = measureNow()
    if (key !== null) lastMeasurements.set(operation, { key, size })
    return size
  }

  return {
    charge(viewer, prepared) {
      const size = measure(viewer, prepared)
      if (size === null) return null
      checkOperationSize(size)
      const spending = rethrowLimitErrors(() => usageLimits.spendComplexity(viewer, size.complexity))
      if (spending === null) return null
      let isStarted = false
      return {
        budget: spending.budget,
        get isStarted() {
          return isStarted
        },
        markStarted() {
          isStarted = true
        },
        refundUnlessStarted: () => (isStarted ? undefined : spending.refund()),
      }
    },
    acquireSlot: (resource, viewer) => rethrowLimitErrors(() => usageLimits.acquireSlot(resource, viewer)),
  }
}

function rethrowLimitErrors<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof ComplexityAboveBudget)
      throw createTooComplexError('complexity', error.complexity, error.limit)
    if (!(error instanceof UsageLimitReached)) throw error
    const { code, message, limit, retryAfterMs } = error
    const headers = { 'retry-after': `${Math.ceil(retryAfterMs / 1000)}` }
    throw new HttpError(429, code, message, headers, { limit, retryAfterMs })
  }
}

/** Formats the budget as rate limit headers (draft-ietf-httpapi-ratelimit-headers-10). */
export function createBudgetHeaders({
  limit,
  remaining,
  resetsInMs,
}: ComplexityBudget): Readonly<Record<string, string>> {
  return {
    'ratelimit-policy': `"complexity";q=${limit};w=${budgetWindowMs / 1000}`,
    ratelimit: `"complexity";r=${remaining};t=${Math.ceil(resetsInMs / 1000)}`,
  }
}
