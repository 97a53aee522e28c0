import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Change } from '../model/change.ts'
import { type AppendResult, LeaseLost } from './journal.ts'

/** The newest changes that this process has appended. Its tails read them from memory, and not from the store. */
export type RecentChanges = {
  /** The offset of the newest change that was added; 0 before the first one. */
  readonly newestOffset: number
  /** Adds durable changes, in the order of their offsets. */
  add(changes: readonly Change[]): void
  /** Adds the changes of a commit. */
  addResults(results: readonly (readonly AppendResult[] | LeaseLost)[]): void
  /** Returns up to `limit` changes that directly follow an offset; none if the first of them is not in memory. */
  readAfter(after: number, limit: number): readonly Change[]
  clear(): void
}

const maxRecentChanges = 1_000

/** Creates the list. It never has a hole: changes that do not follow the newest one, because another process appended, begin a new list. */
export function createRecentChanges(): RecentChanges {
  let recent: Change[] = []
  let newestOffset = 0

  function add(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.offset !== newestOffset + 1) recent = []
      recent.push(change)
      newestOffset = change.offset
    }
    if (recent.length > 2 * maxRecentChanges) recent = recent.slice(-maxRecentChanges)
  }

  return {
    get newestOffset() {
      return newestOffset
    },
    add,
    addResults(results) {
      for (const result of results)
        if (!(result instanceof LeaseLost)) for (const { changes } of result) add(changes)
    },
    readAfter(after, limit) {
      const start = after + 1 - (recent[0]?.offset ?? Number.POSITIVE_INFINITY)
      return start < 0 ? [] : recent.slice(start, start + limit)
    },
    clear() {
      recent = []
    },
  }
}

/** Creates the read of a tail: from memory, or else with `read` from the store. */
export function createTailRead(
  recentChanges: Pick<RecentChanges, 'readAfter'>,
  read: (after: number, limit: number) => Promise<readonly Change[]>,
): (after: number, limit: number) => Promise<readonly Change[]> {
  return async (after, limit) => {
    // The responses to the appends are sent before their changes are processed.
    await nextTurn()
    const recent = recentChanges.readAfter(after, limit)
    return recent.length > 0 ? recent : read(after, limit)
  }
}
