/** Runs things in groups: what comes while one group runs shares the next. */
export type GroupCommit<In, Out> = {
  add(item: In): Promise<Out>
  /** Commits what waits at once. */
  flush(): void
}

/**
 * Collects items until the event loop comes round, then hands all that wait to `commit` at once. A commit costs one write to disk
 * however many items share it. When it fails, all its items fail with it, and none of them is kept.
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
      const results = commit(group.map((each) => each.item))
      group.forEach((each, index) => {
        each.resolve(results[index] as Out)
      })
    } catch (error) {
      for (const each of group) each.reject(error)
    }
  }

  return {
    add(item) {
      const { promise, resolve, reject } = Promise.withResolvers<Out>()
      if (waiting.length === 0) setImmediate(flush)
      waiting.push({ item, resolve, reject })
      return promise
    },
    flush,
  }
}
