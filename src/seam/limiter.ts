/** Who goes first when there's a queue: people who wait before work that nobody waits for. */
export type Priority = 'interactive' | 'background'

/**
 * How many calls may run at once. The limit halves when Seam says 429, and grows by one for every full round of calls that went
 * well, so it finds by itself what the workspace is granted (Seam documents no number).
 */
export type Limiter = {
  /** Resolves when the call may run; rejects when `signal` aborts first. Answers how to give the place back. */
  enter(priority: Priority, signal: AbortSignal): Promise<() => void>
  succeeded(): void
  /** Seam had enough: nothing starts for `pauseMs`. */
  throttled(pauseMs: number): void
  readonly limit: number
  readonly running: number
  readonly waiting: number
}

type Waiter = { readonly go: () => void; readonly fail: (reason: unknown) => void }

export function createLimiter(most: number): Limiter {
  const queues: Record<Priority, Set<Waiter>> = { interactive: new Set(), background: new Set() }
  let limit = most
  let running = 0
  let sinceGrown = 0
  let isPaused = false

  function next(): Waiter | undefined {
    for (const queue of [queues.interactive, queues.background]) {
      for (const waiter of queue) {
        queue.delete(waiter)
        return waiter
      }
    }
    return undefined
  }

  function admit(): void {
    while (!isPaused && running < Math.floor(limit)) {
      const waiter = next()
      if (waiter === undefined) return
      running++
      waiter.go()
    }
  }

  function leave(): void {
    running--
    admit()
  }

  return {
    enter(priority, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      const queue = queues[priority]
      const giveUp = (): void => {
        if (queue.delete(waiter)) reject(signal.reason)
      }
      const waiter: Waiter = {
        go() {
          signal.removeEventListener('abort', giveUp)
          let isIn = true
          resolve(() => {
            if (isIn) leave()
            isIn = false
          })
        },
        fail: reject,
      }
      if (signal.aborted) return Promise.reject(signal.reason)
      signal.addEventListener('abort', giveUp, { once: true })
      queue.add(waiter)
      admit()
      return promise
    },
    succeeded() {
      if (limit >= most || ++sinceGrown < limit) return
      limit = Math.min(most, limit + 1)
      sinceGrown = 0
      admit()
    },
    throttled(pauseMs) {
      limit = Math.max(1, limit / 2)
      sinceGrown = 0
      if (isPaused || pauseMs <= 0) return
      isPaused = true
      setTimeout(() => {
        isPaused = false
        admit()
      }, pauseMs)
    },
    get limit() {
      return Math.floor(limit)
    },
    get running() {
      return running
    },
    get waiting() {
      return queues.interactive.size + queues.background.size
    },
  }
}
