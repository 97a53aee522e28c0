import type { Change } from '../model/change.ts'

/** The newest changes that this process has appended. Its tails read them from memory, and not from the store. */
export type RecentChanges = {
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

  return {
    add(changes) {
      for (const change of changes) {
        if (change.offset !== (recent.at(-1)?.offset ?? 0) + 1) recent = []
        recent.push(change)
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
