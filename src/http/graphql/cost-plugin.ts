import {
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  type OperationDefinitionNode,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { GraphContext } from '../../../schema/context.ts'
import type { Viewer } from '../../auth/viewer.ts'
import { type OperationCost, runCounting } from '../../observability/operation-cost.ts'
import { measureOperation } from './operation-size.ts'

/**
 * Adds `extensions.cost` to the result of a query or mutation for viewers with the scope `admin`: the complexity as it is measured for
 * the limits, the number of calls to Seam, and the number of reads that were served from the cache. Batches of a subscription have no
 * cost, as several viewers share them.
 */
export const costPlugin: Plugin<GraphContext> = {
  onExecute({ args, executeFn, setExecuteFn }) {
    const { viewer } = args.contextValue
    const operation = getOperationAST(args.document, args.operationName)
    if (operation == null || operation.operation === 'subscription' || !viewer.scopes.has('admin')) return
    const cost: OperationCost = { seamCalls: 0, cacheHits: 0 }
    setExecuteFn((executionArgs) => runCounting(cost, () => executeFn(executionArgs)))
    return {
      onExecuteDone({ result, setResult }) {
        if (!isSingleResult(result) || result.data === undefined) return
        const complexity = measureComplexity(operation, args, viewer)
        setResult({ ...result, extensions: { ...result.extensions, cost: { complexity, ...cost } } })
      },
    }
  },
}

function measureComplexity(operation: OperationDefinitionNode, args: ExecutionArgs, viewer: Viewer): number {
  const { document, schema, variableValues } = args
  const params = { query: '', operationName: null, variables: variableValues ?? null }
  return measureOperation(schema, { document, operation, params }, viewer)?.complexity ?? 0
}

function isSingleResult(result: unknown): result is ExecutionResult {
  return typeof result === 'object' && result !== null && !(Symbol.asyncIterator in result)
}
