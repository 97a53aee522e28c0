import type { Clock } from '../../src/seam/clock.ts'
import { SeamError } from '../../src/seam/errors.ts'

/** A clock on which a wait is over at once, and has moved the time on. */
export function hastyClock(startsAt = Date.parse('2026-07-20T12:00:00Z')) {
  let now = startsAt
  const waits: number[] = []
  const clock: Clock = {
    now: () => now,
    async wait(ms) {
      waits.push(ms)
      now += ms
    },
  }
  return { clock, waits }
}

/** A clock that stands until it's moved on. */
export function standingClock() {
  let now = 0
  const alarms = new Set<{ at: number; ring: () => void }>()
  const clock: Clock = {
    now: () => now,
    wait(ms, signal) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const alarm = { at: now + ms, ring: resolve }
      alarms.add(alarm)
      signal?.addEventListener('abort', () => resolve())
      return promise.finally(() => alarms.delete(alarm))
    },
  }
  return {
    clock,
    get alarms() {
      return alarms.size
    },
    /** Moves on, and lets everything happen that is due. */
    async moveOn(ms: number) {
      now += ms
      for (const alarm of alarms) if (alarm.at <= now) alarm.ring()
      await settled()
    },
  }
}

/** Lets all promises that can settle do so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The `SeamError` that a call fails with; anything else fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<SeamError> {
  const thrown = await call.then(
    (value) => new Error(`It worked: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  )
  if (thrown instanceof SeamError) return thrown
  throw thrown
}
