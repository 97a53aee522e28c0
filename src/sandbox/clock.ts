/** The sandbox's clock, in Seam's time format. */
export type Clock = {
  nowMs(): number
  /** Returns the current time as ISO 8601 with six fractional digits; each result is later than the one before. */
  stamp(): string
}

/** Formats microseconds since 1970 as ISO 8601 with six fractional digits. */
export function formatIsoMicros(micros: number): string {
  const bare = new Date(Math.floor(micros / 1000)).toISOString().slice(0, -1)
  return `${bare}${String(micros % 1000).padStart(3, '0')}Z`
}

/** Creates a clock over `nowMs` whose timestamps never repeat, so that events can be sorted by them. */
export function createClock(nowMs: () => number): Clock {
  let lastMicros = 0
  function stamp(): string {
    lastMicros = Math.max(Math.floor(nowMs()) * 1000, lastMicros + 1)
    return formatIsoMicros(lastMicros)
  }
  return { nowMs, stamp }
}

/** Timers that are stopped together. */
export type Timers = {
  /** Runs `work` after `delayMs`; with 0 synchronously. */
  after(delayMs: number, work: () => void): void
  /** Runs `work` every `intervalMs`. */
  every(intervalMs: number, work: () => void): void
  stop(): void
}

/** Creates timers that do not keep the process alive. */
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
