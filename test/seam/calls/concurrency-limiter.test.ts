import { describe, expect, it } from 'vitest'
import {
  type CallSlot,
  type ConcurrencyLimiter,
  createConcurrencyLimiter,
  type Priority,
} from '../../../src/seam/calls/concurrency-limiter.ts'
import { createManualClock, flushPromises } from '../test-clocks.ts'

const forEver = new AbortController().signal

/** Acquires `count` slots; `inside` lists the acquired ones. */
function enter(
  limiter: ConcurrencyLimiter,
  count: number,
  priority: Priority = 'interactive',
  inside: CallSlot[] = [],
) {
  for (let i = 0; i < count; i++) limiter.acquire(priority, forEver).then((place) => inside.push(place))
  return inside
}

describe('the concurrency limiter', () => {
  it('should run no more calls than the limit, and the next when one ends', async () => {
    const limiter = createConcurrencyLimiter(2, createManualClock().clock)
    const inside = enter(limiter, 5)
    await flushPromises()
    expect([inside.length, limiter.running, limiter.waiting]).toEqual([2, 2, 3])

    inside[0]?.release()
    inside[0]?.release()
    await flushPromises()
    expect([inside.length, limiter.running, limiter.waiting]).toEqual([3, 2, 2])
  })

  it('should treat a background call as interactive when a client request waits for it', async () => {
    const limiter = createConcurrencyLimiter(1, createManualClock().clock)
    const running = await limiter.acquire('background', forEver)
    const urgent = new AbortController()
    const order: string[] = []
    const enterAs = (name: string, priority: Priority, signal?: AbortSignal) =>
      limiter.acquire(priority, forEver, signal).then((place) => {
        order.push(name)
        place.release()
      })
    const all = [
      enterAs('first', 'background'),
      enterAs('awaited', 'background', urgent.signal),
      enterAs('interactive', 'interactive'),
    ]
    urgent.abort()
    all.push(enterAs('awaited already', 'background', urgent.signal))
    running.release()
    await Promise.all(all)
    expect(order).toEqual(['interactive', 'awaited', 'awaited already', 'first'])
    expect(limiter.waiting).toBe(0)
  })

  it('should run interactive calls before earlier background calls', async () => {
    const limiter = createConcurrencyLimiter(1, createManualClock().clock)
    const [running] = [await limiter.acquire('background', forEver)]
    const background = enter(limiter, 1, 'background')
    const interactive = enter(limiter, 1, 'interactive')
    running?.release()
    await flushPromises()
    expect([interactive.length, background.length]).toEqual([1, 0])
    interactive[0]?.release()
    await flushPromises()
    expect(background).toHaveLength(1)
  })

  it('should halve once for calls that were refused together, and again for a later one', async () => {
    const limiter = createConcurrencyLimiter(8, createManualClock().clock)
    const together = enter(limiter, 8)
    await flushPromises()
    for (const place of together) place.reportThrottled(0)
    for (const place of together) place.release()
    expect(limiter.limit).toBe(4)

    const later = await limiter.acquire('interactive', forEver)
    later.reportThrottled(0)
    expect(limiter.limit).toBe(2)
  })

  it('should keep at least one slot, and grow by one per round of successful calls', async () => {
    const limiter = createConcurrencyLimiter(3, createManualClock().clock)
    const call = async (report: (place: CallSlot) => void) => {
      const place = await limiter.acquire('interactive', forEver)
      report(place)
      place.release()
    }
    for (let i = 0; i < 5; i++) await call((place) => place.reportThrottled(0))
    expect(limiter.limit).toBe(1)
    const limits: number[] = []
    for (let i = 0; i < 8; i++) {
      await call((place) => place.reportSuccess())
      limits.push(limiter.limit)
    }
    expect(limits).toEqual([2, 2, 3, 3, 3, 3, 3, 3])
  })

  it('should start no call during the longest requested pause', async () => {
    const time = createManualClock()
    const limiter = createConcurrencyLimiter(4, time.clock)
    const first = enter(limiter, 2)
    await flushPromises()
    first[0]?.reportThrottled(1_000)
    const inside = enter(limiter, 1)
    first[1]?.reportThrottled(5_000)
    first[0]?.reportThrottled(2_000)
    for (const place of first) place.release()
    await time.moveOn(1_000)
    await time.moveOn(3_999)
    expect([inside.length, limiter.pauseMs]).toEqual([0, 1])
    await time.moveOn(1)
    expect([inside.length, limiter.pauseMs, time.alarms]).toEqual([1, 0, 0])
  })

  it('should cap the pause', async () => {
    const limiter = createConcurrencyLimiter(1, createManualClock().clock)
    const place = await limiter.acquire('interactive', forEver)
    place.reportThrottled(86_400_000)
    expect(limiter.pauseMs).toBe(60_000)
  })

  it('should hold no timer when no call waits', async () => {
    const time = createManualClock()
    const limiter = createConcurrencyLimiter(1, time.clock)
    const place = await limiter.acquire('interactive', forEver)
    place.reportThrottled(10_000)
    place.release()
    expect(time.alarms).toBe(0)
    const patience = new AbortController()
    const waiting = limiter.acquire('interactive', patience.signal)
    expect(time.alarms).toBe(1)
    patience.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await flushPromises()
    expect([time.alarms, limiter.waiting, limiter.running]).toEqual([0, 0, 0])
  })

  it('should skip an aborted call, and reject one that is aborted before it starts', async () => {
    const limiter = createConcurrencyLimiter(1, createManualClock().clock)
    const running = await limiter.acquire('interactive', forEver)
    const patience = new AbortController()
    const impatient = limiter.acquire('interactive', patience.signal)
    const patient = enter(limiter, 1)
    patience.abort(new Error('enough'))
    await expect(impatient).rejects.toThrow('enough')
    await expect(limiter.acquire('interactive', patience.signal)).rejects.toThrow('enough')
    running.release()
    await flushPromises()
    expect([patient.length, limiter.running]).toEqual([1, 1])
  })
})
