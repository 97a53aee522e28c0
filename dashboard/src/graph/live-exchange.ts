import { type Exchange, makeOperation, type Operation, type OperationResult } from '@urql/core'
import { filter, fromArray, map, merge, mergeMap, pipe, share, tap } from 'wonka'

export type LiveExchange = {
  readonly exchange: Exchange
  /** The queries that screens use at the moment. */
  readonly activeQueries: ReadonlyMap<number, Operation>
  /** Those of them whose last request did not reach the gateway. */
  readonly failedQueries: ReadonlyMap<number, Operation>
}

/** How many batches of changes are kept for responses that are in flight. */
const keptBatches = 1_000

/**
 * Keeps the cache from going back in time. It belongs between the cache and the transport.
 *
 * - Each request names the position of the newest change that the page has (`extensions.after`), so no replica of the gateway
 *   answers with an older state.
 * - A response can still be older than changes that arrived while it was in flight. These changes are applied again after it.
 */
export function createLiveExchange(getPosition: () => string | null): LiveExchange {
  const activeQueries = new Map<number, Operation>()
  const failedQueries = new Map<number, Operation>()
  const batches: { readonly number: number; readonly result: OperationResult }[] = []
  let batchCount = 0
  const sentAt = new Map<number, number>()

  const exchange: Exchange =
    ({ forward }) =>
    (operations$) => {
      const shared$ = share(operations$)
      const requests$ = pipe(
        shared$,
        tap((operation) => {
          if (operation.kind === 'query') activeQueries.set(operation.key, operation)
          if (operation.kind === 'teardown') {
            activeQueries.delete(operation.key)
            failedQueries.delete(operation.key)
            sentAt.delete(operation.key)
          } else if (operation.kind !== 'subscription') sentAt.set(operation.key, batchCount)
        }),
        map((operation) => {
          const after = getPosition()
          if (after === null || operation.kind === 'teardown' || operation.kind === 'subscription')
            return operation
          const request = { ...operation, extensions: { ...operation.extensions, after } }
          return makeOperation(operation.kind, request, operation.context)
        }),
      )
      const results$ = share(forward(requests$))
      const batches$ = pipe(
        results$,
        filter(({ operation }) => operation.kind === 'subscription'),
        tap((result) => {
          batchCount += 1
          batches.push({ number: batchCount, result })
          if (batches.length > keptBatches) batches.shift()
        }),
      )
      const responses$ = pipe(
        results$,
        filter(({ operation }) => operation.kind !== 'subscription'),
        mergeMap((result) => {
          const query = activeQueries.get(result.operation.key)
          if (query !== undefined && result.error?.networkError != null) failedQueries.set(query.key, query)
          else failedQueries.delete(result.operation.key)
          const sent = sentAt.get(result.operation.key) ?? batchCount
          const later = batches.filter(({ number }) => number > sent).map((batch) => batch.result)
          return fromArray([result, ...later])
        }),
      )
      return merge([batches$, responses$])
    }
  return { exchange, activeQueries, failedQueries }
}
