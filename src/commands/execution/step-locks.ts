/** Locks by name within this process. */
export type StepLocks = { withLock<T>(name: string, run: () => Promise<T>): Promise<T> }

/** Creates locks that are granted in order of request. A lock that nobody holds takes no memory. */
export function createStepLocks(): StepLocks {
  const lastByName = new Map<string, Promise<unknown>>()
  return {
    async withLock(name, run) {
      const previous = lastByName.get(name) ?? Promise.resolve()
      const result = previous.then(run, run)
      // The next holder waits for the end, whether this one succeeds or fails.
      const settled = result.catch(() => undefined)
      lastByName.set(name, settled)
      try {
        return await result
      } finally {
        if (lastByName.get(name) === settled) lastByName.delete(name)
      }
    },
  }
}
