import { type Journal, JournalUnavailable } from './journal.ts'

/** Reports whether a journal accepts durable writes. */
export type HealthProbe = {
  readonly isHealthy: boolean
  /** The probed journal. Its `append` also updates `isHealthy`, so a rejected append counts at once. */
  readonly journal: Journal
  close(): void
}

const probeKey = 'health probe'
const probeTtlMs = 60_000

/**
 * Writes a value durably every `intervalMs`. A full disk, a full Redis and a read-only node still answer reads, but reject this write as they
 * reject appends. Only one write is in flight at a time; one that takes longer than two intervals counts as failed. A rejected append
 * counts as well, until the next write or append succeeds.
 */
export function startHealthProbe(store: Journal, intervalMs = 1_000): HealthProbe {
  let isHealthy = true
  let startedAt: number | null = null
  let failureCount = 0

  function recordFailure(): void {
    failureCount++
    isHealthy = false
  }

  /** Ignores a write that began before another one failed: it proves nothing about the time after the failure. */
  function recordSuccess(failureCountAtStart: number): void {
    if (failureCount === failureCountAtStart) isHealthy = true
  }

  async function probe(): Promise<void> {
    startedAt = performance.now()
    const failureCountAtStart = failureCount
    try {
      await store.putValue(probeKey, '', probeTtlMs)
      recordSuccess(failureCountAtStart)
    } catch {
      recordFailure()
    } finally {
      startedAt = null
    }
  }

  const append: Journal['append'] = async (...args) => {
    const failureCountAtStart = failureCount
    try {
      const results = await store.append(...args)
      recordSuccess(failureCountAtStart)
      return results
    } catch (error) {
      if (error instanceof JournalUnavailable) recordFailure()
      throw error
    }
  }

  const timer = setInterval(() => {
    if (startedAt === null) void probe()
    else if (performance.now() - startedAt > 2 * intervalMs) isHealthy = false
  }, intervalMs)
  timer.unref()
  return {
    get isHealthy() {
      return isHealthy
    },
    journal: { ...store, append },
    close: () => clearInterval(timer),
  }
}
