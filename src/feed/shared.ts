/**
 * Runs the same thing once for all who ask for it at the same time, and for a moment after: thousands of clients that come back
 * at once want the same pages. Failures are not kept.
 */
export function shareRuns<T>(keepMs: number): (key: string, run: () => Promise<T>) => Promise<T> {
  const runs = new Map<string, Promise<T>>()
  return (key, run) => {
    const running = runs.get(key)
    if (running !== undefined) return running
    const started = run()
    runs.set(key, started)
    started.then(
      () => setTimeout(() => runs.delete(key), keepMs).unref(),
      () => runs.delete(key),
    )
    return started
  }
}
