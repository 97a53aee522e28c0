/** Commits items in groups. Items that arrive in the same turn of the event loop share a commit. */
export type GroupCommit<In, Out> = {
  /** Resolves with the item's result once its group is committed. Rejects with the error of the group. */
  enqueue(item: In): Promise<Out>
  /** Commits the waiting items now. */
  flush(): void
}

/**
 * Creates a group commit. `commit` stores all items or none, and returns one result per item, in order. It runs after the current turn of the
 * event loop with all waiting items: a commit costs one write to disk, however many items share it.
 */
export function createGroupCommit<In, Out>(
  commit: (items: readonly In[]) => readonly Out[],
): GroupCommit<In, Out> {
  type Waiting = { item: In; resolve: (out: Out) => void; reject: (error: unknown) => void }
  let waiting: Waiting[] = []

  function flush(): void {
    const group = waiting
    if (group.length === 0) return
    waiting = []
    try {
      const results = commit(group.map((entry) => entry.item))
      group.forEach((entry, index) => {
        entry.resolve(results[index] as Out)
      })
    } catch (error) {
      for (const entry of group) entry.reject(error)
    }
  }

  return {
    enqueue(item) {
      const { promise, resolve, reject } = Promise.withResolvers<Out>()
      if (waiting.length === 0) setImmediate(flush)
      waiting.push({ item, resolve, reject })
      return promise
    },
    flush,
  }
}
