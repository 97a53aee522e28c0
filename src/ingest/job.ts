import type { Logger } from '../log.ts'

/** Something that is done again and again, never twice at a time. */
export type Job<T> = {
  /** Does it now; while it is being done, once more afterwards, for all who ask meanwhile. Rejects with what went wrong. */
  now(): Promise<T>
  /** The same for nobody in particular: what goes wrong is logged, and tried again later. */
  soon(): void
  /** Gives up what is being done, and never does it again. */
  close(): Promise<void>
}

export type JobOptions<T> = {
  /** For log lines: "backfill". */
  readonly name: string
  readonly everyMs: number
  /** How soon after a failure, if that is sooner. */
  readonly retryMs?: number
  readonly run: (signal: AbortSignal) => Promise<T>
  readonly log: Logger
}

/** Sets a job up; it waits for the first `now` or `soon`. */
export function createJob<T>(options: JobOptions<T>): Job<T> {
  const { name, everyMs, retryMs = 5_000, log } = options
  const closed = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<T> | null = null
  let next: Promise<T> | null = null

  async function start(): Promise<T> {
    clearTimeout(timer)
    closed.signal.throwIfAborted()
    let againInMs = everyMs
    try {
      return await options.run(closed.signal)
    } catch (error) {
      againInMs = Math.min(everyMs, retryMs)
      if (!closed.signal.aborted) log.warn({ err: error }, `${name} failed; it is tried again`)
      throw error
    } finally {
      running = null
      if (!closed.signal.aborted) timer = setTimeout(soon, againInMs).unref()
    }
  }

  function begin(): Promise<T> {
    next = null
    running = start()
    return running
  }

  function now(): Promise<T> {
    // Asked first: when a run has just ended, the one after it is still to begin.
    if (next !== null) return next
    if (running === null) return begin()
    next = running.then(begin, begin)
    return next
  }

  function soon(): void {
    // Whatever goes wrong has been logged.
    now().catch(() => undefined)
  }

  return {
    now,
    soon,
    async close() {
      closed.abort(new Error(`${name} was stopped.`))
      clearTimeout(timer)
      await Promise.allSettled([running, next])
    },
  }
}
