import { AsyncLocalStorage } from 'node:async_hooks'

/** What one operation has cost so far. */
export type Cost = {
  /** Attempts of calls to Seam that were made because of it. One that several operations wait for counts for the first of them. */
  seamCalls: number
  /** Reads that were answered from memory, or by what was asked for another operation. */
  cacheHits: number
}

const operations = new AsyncLocalStorage<Cost>()

/** Counts into `cost` whatever happens because of `run`, however many operations run at once. */
export function countingInto<T>(cost: Cost, run: () => T): T {
  return operations.run(cost, run)
}

/** Work that an operation sets off for later, and that isn't done for its answer. */
export function uncounted<T>(run: () => T): T {
  return operations.exit(run)
}

export function countSeamCall(): void {
  const cost = operations.getStore()
  if (cost !== undefined) cost.seamCalls++
}

/** A read that needed nobody. */
export function countHit(): void {
  const cost = operations.getStore()
  if (cost !== undefined) cost.cacheHits++
}

/** A read that waits: a hit if, until it's answered, the operation has not had to ask Seam itself. */
export function countShared<T>(answer: Promise<T>): Promise<T> {
  const cost = operations.getStore()
  if (cost === undefined) return answer
  const before = cost.seamCalls
  return answer.then((value) => {
    if (cost.seamCalls === before) cost.cacheHits++
    return value
  })
}
