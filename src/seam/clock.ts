/** Time as the calls to Seam need it, so that a test can steer it. */
export type Clock = {
  /** In ms since the epoch. */
  now(): number
  /** Resolves after `ms`, or as soon as `signal` aborts; never rejects. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

/** Timers take no longer wait than this, and would take a longer one for none at all. */
export const longestTimerMs = 2 ** 31 - 1

/** The computer's time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  wait(ms, signal) {
    if (signal?.aborted === true) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const finish = (): void => resolve()
    const timer = setTimeout(finish, Math.min(ms, longestTimerMs))
    signal?.addEventListener('abort', finish, { once: true })
    return promise.finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', finish)
    })
  },
}
