/**
 * Runs equal work once for all concurrent callers, and keeps the result for a moment: thousands of clients that reconnect at once request
 * the same pages. Failures are not kept.
 */
export function createSingleFlight<T>(ttlMs: number): (key: string, run: () => Promise<T>) => Promise<T> {
  const runs = new Map<string, Promise<T>>()
  return (key, run) => {
    const running = runs.get(key)
    if (running !== undefined) return running
    const started = run()
    runs.set(key, started)
    started.then(
      () => setTimeout(() => runs.delete(key), ttlMs).unref(),
      () => runs.delete(key),
    )
    return started
  }
}
