import type { Clock } from './clock.ts'

/** Priority in the queue: interactive calls, which a client request waits for, run before background calls. */
export type Priority = 'interactive' | 'background'

/** Permission to run one call. */
export type CallSlot = {
  /** Reports a successful response. */
  reportSuccess(): void
  /** Reports a response with status 429: no call starts for `pauseMs`. */
  reportThrottled(pauseMs: number): void
  /** Releases the slot. Idempotent. */
  release(): void
}

/**
 * Limits the number of concurrent calls. The limit is halved after a 429 and grows by one after as many successful calls as the limit, so it
 * adapts to the workspace's rate limit (Seam documents no number). Concurrent calls that are refused together halve it once.
 */
export type ConcurrencyLimiter = {
  /**
   * Resolves when the call may run; rejects with the reason of `signal` if it aborts first. When `urgentSignal` aborts, a background call
   * becomes interactive.
   */
  acquire(priority: Priority, signal: AbortSignal, urgentSignal?: AbortSignal): Promise<CallSlot>
  readonly limit: number
  readonly running: number
  readonly waiting: number
  /** Remaining time in ms in which no call starts because of a `retry-after`; 0 if there is none. */
  readonly pauseMs: number
}

/** Maximum pause. A `retry-after` date depends on two clocks, and a wrong clock must not block all calls for hours. */
const maxPauseMs = 60_000

/** Creates a limiter with at most `maxConcurrent` calls. It holds a timer only while a call waits for the end of a pause. */
export function createConcurrencyLimiter(maxConcurrent: number, clock: Clock): ConcurrencyLimiter {
  const queues: Record<Priority, Set<() => void>> = { interactive: new Set(), background: new Set() }
  let limit = maxConcurrent
  let running = 0
  let successesSinceGrowth = 0
  /** Number of halvings, so that a call can detect one after its start. */
  let halvings = 0
  let pausedUntil = 0
  let pauseTimer: AbortController | null = null

  const countWaiting = (): number => queues.interactive.size + queues.background.size
  const getPauseMs = (): number => Math.max(0, pausedUntil - clock.now())

  function admitWaiting(): void {
    if (countWaiting() === 0) pauseTimer?.abort()
    if (countWaiting() > 0 && getPauseMs() > 0) wakeAfterPause()
    while (countWaiting() > 0 && running < Math.floor(limit) && getPauseMs() === 0) {
      const queue = queues.interactive.size > 0 ? queues.interactive : queues.background
      for (const start of queue) {
        queue.delete(start)
        start()
        break
      }
    }
  }

  function wakeAfterPause(): void {
    if (pauseTimer !== null) return
    pauseTimer = new AbortController()
    clock.wait(getPauseMs(), pauseTimer.signal).then(() => {
      pauseTimer = null
      admitWaiting()
    })
  }

  function createSlot(): CallSlot {
    const halvingsAtStart = halvings
    let isTaken = true
    running++
    return {
      reportSuccess() {
        if (limit >= maxConcurrent || ++successesSinceGrowth < limit) return
        limit = Math.min(maxConcurrent, limit + 1)
        successesSinceGrowth = 0
        admitWaiting()
      },
      reportThrottled(requestedPauseMs) {
        pausedUntil = Math.max(pausedUntil, clock.now() + Math.min(requestedPauseMs, maxPauseMs))
        if (halvings !== halvingsAtStart) return
        halvings++
        limit = Math.max(1, limit / 2)
        successesSinceGrowth = 0
      },
      release() {
        if (!isTaken) return
        isTaken = false
        running--
        admitWaiting()
      },
    }
  }

  return {
    acquire(priority, signal, urgentSignal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      const { promise, resolve, reject } = Promise.withResolvers<CallSlot>()
      let queue = queues[urgentSignal?.aborted === true ? 'interactive' : priority]
      const start = (): void => {
        signal.removeEventListener('abort', cancelWait)
        urgentSignal?.removeEventListener('abort', moveToInteractive)
        resolve(createSlot())
      }
      const cancelWait = (): void => {
        queue.delete(start)
        urgentSignal?.removeEventListener('abort', moveToInteractive)
        reject(signal.reason)
        admitWaiting()
      }
      const moveToInteractive = (): void => {
        queue.delete(start)
        queue = queues.interactive
        queue.add(start)
      }
      signal.addEventListener('abort', cancelWait, { once: true })
      urgentSignal?.addEventListener('abort', moveToInteractive, { once: true })
      queue.add(start)
      admitWaiting()
      return promise
    },
    get limit() {
      return Math.floor(limit)
    },
    get running() {
      return running
    },
    get waiting() {
      return countWaiting()
    },
    get pauseMs() {
      return getPauseMs()
    },
  }
}
