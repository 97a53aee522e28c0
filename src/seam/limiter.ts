import type { Clock } from './clock.ts'

/** Who goes first when there's a queue: people who wait before work that nobody waits for. */
export type Priority = 'interactive' | 'background'

/** A place among the calls that run. */
export type Place = {
  /** Seam answered well. */
  succeeded(): void
  /** Seam had enough: nothing starts for `pauseMs`. */
  throttled(pauseMs: number): void
  /** Gives the place back; a second time does nothing. */
  leave(): void
}

/**
 * How many calls may run at once. The limit halves when Seam says 429, and grows by one for every full round of calls that went
 * well, so it finds by itself what the workspace is granted (Seam documents no number). Calls that ran together and were refused
 * together halve it once.
 */
export type Limiter = {
  /** Resolves when the call may run; rejects with the signal's reason when it aborts first. */
  enter(priority: Priority, signal: AbortSignal): Promise<Place>
  readonly limit: number
  readonly running: number
  readonly waiting: number
  /** How long nothing starts from now, since Seam asked for a pause; 0 for no pause. */
  readonly pauseMs: number
}

/** A `retry-after` that is a date depends on two clocks: a wrong one must not stop everything for hours. */
const longestPauseMs = 60_000

/** At most `most` calls at once. It keeps a timer only while a call waits for a pause to end. */
export function createLimiter(most: number, clock: Clock): Limiter {
  const queues: Record<Priority, Set<() => void>> = { interactive: new Set(), background: new Set() }
  let limit = most
  let running = 0
  let sinceGrown = 0
  /** Counts the halvings, so that a call tells one that came after its start. */
  let halvings = 0
  let pausedUntil = 0
  let alarm: AbortController | null = null

  const waiting = (): number => queues.interactive.size + queues.background.size
  const pauseMs = (): number => Math.max(0, pausedUntil - clock.now())

  function admit(): void {
    if (waiting() === 0) alarm?.abort()
    if (waiting() > 0 && pauseMs() > 0) wakeAfterPause()
    while (waiting() > 0 && running < Math.floor(limit) && pauseMs() === 0) {
      const queue = queues.interactive.size > 0 ? queues.interactive : queues.background
      for (const go of queue) {
        queue.delete(go)
        go()
        break
      }
    }
  }

  function wakeAfterPause(): void {
    if (alarm !== null) return
    alarm = new AbortController()
    clock.wait(pauseMs(), alarm.signal).then(() => {
      alarm = null
      admit()
    })
  }

  function takePlace(): Place {
    const halvingsAtStart = halvings
    let isTaken = true
    running++
    return {
      succeeded() {
        if (limit >= most || ++sinceGrown < limit) return
        limit = Math.min(most, limit + 1)
        sinceGrown = 0
        admit()
      },
      throttled(askedMs) {
        pausedUntil = Math.max(pausedUntil, clock.now() + Math.min(askedMs, longestPauseMs))
        if (halvings !== halvingsAtStart) return
        halvings++
        limit = Math.max(1, limit / 2)
        sinceGrown = 0
      },
      leave() {
        if (!isTaken) return
        isTaken = false
        running--
        admit()
      },
    }
  }

  return {
    enter(priority, signal) {
      if (signal.aborted) return Promise.reject(signal.reason)
      const { promise, resolve, reject } = Promise.withResolvers<Place>()
      const queue = queues[priority]
      const go = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve(takePlace())
      }
      const giveUp = (): void => {
        queue.delete(go)
        reject(signal.reason)
        admit()
      }
      signal.addEventListener('abort', giveUp, { once: true })
      queue.add(go)
      admit()
      return promise
    },
    get limit() {
      return Math.floor(limit)
    },
    get running() {
      return running
    },
    get waiting() {
      return waiting()
    },
    get pauseMs() {
      return pauseMs()
    },
  }
}
