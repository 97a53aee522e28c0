/** The building's time, in Seam's spelling. */
export type Clock = {
  nowMs(): number
  /** Now as ISO 8601 with six fractional digits; later than every stamp before it. */
  stamp(): string
}

/** A point in time, given in whole microseconds since 1970, as ISO 8601 with six fractional digits. */
export function isoMicros(micros: number): string {
  const bare = new Date(Math.floor(micros / 1000)).toISOString().slice(0, -1)
  return `${bare}${String(micros % 1000).padStart(3, '0')}Z`
}

/** A clock over `nowMs` whose stamps never repeat, so that events sort by them. */
export function createClock(nowMs: () => number): Clock {
  let lastMicros = 0
  function stamp(): string {
    lastMicros = Math.max(Math.floor(nowMs()) * 1000, lastMicros + 1)
    return isoMicros(lastMicros)
  }
  return { nowMs, stamp }
}

/** Timers with one owner: whoever stops them stops them all. */
export type Timers = {
  /** Runs `work` after `delayMs`; with 0 at once, before this returns. */
  after(delayMs: number, work: () => void): void
  /** Runs `work` every `intervalMs`. */
  every(intervalMs: number, work: () => void): void
  stop(): void
}

/** Timers that don't keep the process alive. */
export function createTimers(): Timers {
  const running = new Set<NodeJS.Timeout>()

  function after(delayMs: number, work: () => void): void {
    if (delayMs <= 0) {
      work()
      return
    }
    const timer = setTimeout(() => {
      running.delete(timer)
      work()
    }, delayMs)
    running.add(timer.unref())
  }

  return {
    after,
    every: (intervalMs, work) => void running.add(setInterval(work, intervalMs).unref()),
    stop() {
      for (const timer of running) clearTimeout(timer)
      running.clear()
    },
  }
}
