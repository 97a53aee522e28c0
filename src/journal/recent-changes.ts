import type { Change } from '../model/change.ts'

/** The newest changes that this process has appended. Its tails read them from memory, and not from the store. */
export type RecentChanges = {
  /** The offset of the newest change that was added; 0 before the first one. */
  readonly newestOffset: number
  /** Adds durable changes, in the order of their offsets. */
  add(changes: readonly Change[]): void
  /** Returns up to `limit` changes that directly follow an offset; none if the first of them is not in memory. */
  readAfter(after: number, limit: number): readonly Change[]
  clear(): void
}

const maxRecentChanges = 1_000

/** Creates the list. It never has a hole: changes that do not follow the newest one, because another process appended, begin a new list. */
export function createRecentChanges(): RecentChanges {
  let recent: Change[] = []
  let newestOffset = 0

  return {
    get newestOffset() {
      return newestOffset
    },
    add(changes) {
      for (const change of changes) {
        if (change.offset !== newestOffset + 1) recent = []
        recent.push(change)
        newestOffset = change.offset
      }
      if (recent.length > 2 * maxRecentChanges) recent = recent.slice(-maxRecentChanges)
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
