import { AsyncLocalStorage } from 'node:async_hooks'

/** The cost of one operation so far. */
export type OperationCost = {
  /** Calls to Seam that the operation caused, including retries. A call shared by several operations counts for the first of them. */
  seamCalls: number
  /** Reads answered from memory, or by a call that another operation caused. */
  cacheHits: number
}

const currentCost = new AsyncLocalStorage<OperationCost>()

/** Runs a function, and adds everything that it causes to `cost`, also while other operations run. */
export function runCounting<T>(cost: OperationCost, run: () => T): T {
  return currentCost.run(cost, run)
}

/** Runs background work that an operation starts but does not wait for. It adds nothing to the operation's cost. */
export function runUncounted<T>(run: () => T): T {
  return currentCost.exit(run)
}

export function countSeamCall(): void {
  const cost = currentCost.getStore()
  if (cost !== undefined) cost.seamCalls++
}

/** Counts a read that was answered from memory. */
export function countCacheHit(): void {
  const cost = currentCost.getStore()
  if (cost !== undefined) cost.cacheHits++
}

/** Counts a read as a cache hit once it settles, unless the operation has called Seam in between. */
export function countSharedRead<T>(answer: Promise<T>): Promise<T> {
  const cost = currentCost.getStore()
  if (cost === undefined) return answer
  const before = cost.seamCalls
  return answer.then((value) => {
    if (cost.seamCalls === before) cost.cacheHits++
    return value
  })
}
