/** Clock and timer for calls to Seam, replaceable in tests. */
export type Clock = {
  /** Returns the current time in ms since the epoch. */
  now(): number
  /** Resolves after `ms`, or as soon as `signal` aborts; never rejects. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

/** Maximum delay of a timer in ms. Node fires timers with a longer delay immediately. */
export const maxTimerMs = 2 ** 31 - 1

/** The system clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  wait(ms, signal) {
    if (signal?.aborted === true) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const finish = (): void => resolve()
    const timer = setTimeout(finish, Math.min(ms, maxTimerMs))
    signal?.addEventListener('abort', finish, { once: true })
    return promise.finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', finish)
    })
  },
}
