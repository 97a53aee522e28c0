import { type DocumentNode, type ExecutionArgs, type ExecutionResult, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { GraphContext } from '../../../schema/context.ts'
import type { Metrics } from '../../observability/metrics.ts'
import { responseTtlMs } from '../timings.ts'

/**
 * Reuses the result of a query, completed or pending, for the same viewer with the same query and variables for `responseTtlMs`, as long as
 * the position of the feed is unchanged: every published change moves it. Executing a large query costs fifty times as much as sending its
 * result, and a dashboard may be open in several tabs. Only values that depend on the time can be stale, by at most `responseTtlMs`.
 *
 * Results with errors are not reused, nor are those of viewers with the scope `admin`, as they contain the cost of the execution.
 */
export function createResponseCachePlugin(
  metrics: Pick<Metrics, 'countReusedResponse'>,
): Plugin<GraphContext> {
  const cachedResponses = new Map<string, Promise<ExecutionResult>>()
  const documentNumbers = new WeakMap<DocumentNode, number>()
  let documentCount = 0

  function createCacheKey(
    { document, operationName, variableValues }: ExecutionArgs,
    { cursor, viewer }: GraphContext,
  ): string {
    const documentNumber = documentNumbers.get(document) ?? ++documentCount
    documentNumbers.set(document, documentNumber)
    // The cursor contains the position of the feed and the access scope. A query can also select the viewer's own fields.
    return JSON.stringify([
      documentNumber,
      operationName,
      variableValues,
      cursor,
      viewer.apiKeyId,
      viewer.name,
      viewer.expiresAt,
    ])
  }

  /** Caches a response from the start of its execution, which is the age of its data. */
  function cacheResponse(key: string, response: Promise<ExecutionResult>): void {
    cachedResponses.set(key, response)
    setTimeout(() => cachedResponses.delete(key), responseTtlMs).unref()
  }

  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const { viewer } = args.contextValue
      const operationType = getOperationAST(args.document, args.operationName)?.operation
      // Some mutations do not move the feed: user identities have no changes of their own.
      if (operationType === 'mutation') return { onExecuteDone: () => cachedResponses.clear() }
      if (operationType !== 'query' || viewer.scopes.has('admin')) return undefined
      const key = createCacheKey(args, args.contextValue)
      const cached = cachedResponses.get(key)
      if (cached === undefined) {
        setExecuteFn((executionArgs) => {
          const response = Promise.resolve(executeFn(executionArgs))
          cacheResponse(key, response)
          return response
        })
        return undefined
      }
      setExecuteFn(async (executionArgs) => {
        const result = await cached.catch(() => null)
        if (result === null || result.errors !== undefined) return executeFn(executionArgs)
        metrics.countReusedResponse()
        return result
      })
      return undefined
    },
  }
}
