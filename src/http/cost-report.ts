import { complexityFromQuery } from '@pothos/plugin-complexity'
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { GraphContext } from '../../schema/context.ts'
import { type Cost, countingInto } from '../cost.ts'

/**
 * Tells in `extensions.cost` what a query or mutation has cost, to viewers with the scope `admin`: its complexity by the same count
 * that limits it, the calls to Seam made for it, and the reads that needed none. Batches of a subscription are shared by many
 * viewers, and carry no cost.
 */
export const tellCost: Plugin<GraphContext> = {
  onExecute({ args, executeFn, setExecuteFn }) {
    const { viewer } = args.contextValue as GraphContext
    const operation = getOperationAST(args.document, args.operationName)
    if (operation == null || operation.operation === 'subscription' || !viewer.scopes.has('admin')) return
    const cost: Cost = { seamCalls: 0, cacheHits: 0 }
    setExecuteFn((given) => countingInto(cost, () => executeFn(given)))
    return {
      onExecuteDone({ result, setResult }) {
        if (!isSingle(result) || result.data === undefined) return
        const complexity = complexityOf(operation, args)
        setResult({ ...result, extensions: { ...result.extensions, cost: { complexity, ...cost } } })
      },
    }
  },
}

function complexityOf(operation: OperationDefinitionNode, args: ExecutionArgs): number {
  const fragments = args.document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] }
  const variables = args.variableValues ?? {}
  return complexityFromQuery(document, { schema: args.schema, variables, ctx: args.contextValue as object })
    .complexity
}

function isSingle(result: unknown): result is ExecutionResult {
  return typeof result === 'object' && result !== null && !(Symbol.asyncIterator in result)
}
