import type { Logger } from '../observability/logger.ts'

/** A task that runs periodically, with at most one run at a time. */
export type PeriodicTask<T> = {
  /** Runs the task now. During a run, schedules one more run, shared by all callers. Rejects with the error of the run. */
  runNow(): Promise<T>
  /** As `runNow`, without a result: a failure is logged and retried. */
  runSoon(): void
  /** Aborts the current run and prevents further ones. */
  close(): Promise<void>
}

export type PeriodicTaskOptions<T> = {
  /** Name in log messages, such as "backfill". */
  readonly name: string
  readonly intervalMs: number
  /** Delay after a failure, if shorter than `intervalMs`. */
  readonly retryMs?: number
  readonly run: (signal: AbortSignal) => Promise<T>
  readonly log: Logger
}

/** Creates a periodic task. The first run starts with the first call of `runNow` or `runSoon`. */
export function createPeriodicTask<T>(options: PeriodicTaskOptions<T>): PeriodicTask<T> {
  const { name, intervalMs, retryMs = 5_000, log } = options
  const closed = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<T> | null = null
  let nextRun: Promise<T> | null = null

  async function runOnce(): Promise<T> {
    clearTimeout(timer)
    closed.signal.throwIfAborted()
    let delayMs = intervalMs
    try {
      return await options.run(closed.signal)
    } catch (error) {
      delayMs = Math.min(intervalMs, retryMs)
      if (!closed.signal.aborted) log.warn({ err: error }, `${name} failed; it will be retried`)
      throw error
    } finally {
      running = null
      if (!closed.signal.aborted) timer = setTimeout(runSoon, delayMs).unref()
    }
  }

  function startRun(): Promise<T> {
    nextRun = null
    running = runOnce()
    return running
  }

  function runNow(): Promise<T> {
    // Checked first: after the end of a run, the scheduled next run may not have started yet.
    if (nextRun !== null) return nextRun
    if (running === null) return startRun()
    nextRun = running.then(startRun, startRun)
    return nextRun
  }

  function runSoon(): void {
    // The failure has already been logged.
    runNow().catch(() => undefined)
  }

  return {
    runNow,
    runSoon,
    async close() {
      closed.abort(new Error(`${name} was stopped.`))
      clearTimeout(timer)
      await Promise.allSettled([running, nextRun])
    },
  }
}
