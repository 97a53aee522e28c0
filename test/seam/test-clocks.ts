import type { Clock } from '../../src/seam/calls/clock.ts'
import { SeamError } from '../../src/seam/errors.ts'

/** A clock on which a wait resolves immediately and advances the time. */
export function createInstantClock(startsAt = Date.parse('2026-07-20T12:00:00Z')) {
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

/** A clock that advances only on request. */
export function createManualClock() {
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
    /** Advances the time and runs all due waits. */
    async moveOn(ms: number) {
      now += ms
      for (const alarm of alarms) if (alarm.at <= now) alarm.ring()
      await flushPromises()
    },
  }
}

/** Waits until all promises that can settle have settled. */
export function flushPromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The `SeamError` that a call fails with; anything else fails the test. */
export async function catchSeamError(call: Promise<unknown>): Promise<SeamError> {
  const thrown = await call.then(
    (value) => new Error(`It worked: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  )
  if (thrown instanceof SeamError) return thrown
  throw thrown
}
