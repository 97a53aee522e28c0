import { describe, expect, it } from 'vitest'
import { createLimiter, type Limiter, type Place, type Priority } from '../../src/seam/limiter.ts'
import { settled, standingClock } from './steered.ts'

const forEver = new AbortController().signal

/** Enters `count` calls; `inside` fills as they are let in. */
function enter(limiter: Limiter, count: number, priority: Priority = 'interactive', inside: Place[] = []) {
  for (let i = 0; i < count; i++) limiter.enter(priority, forEver).then((place) => inside.push(place))
  return inside
}

describe('the limiter', () => {
  it('should let no more in than the limit, and the next when one leaves', async () => {
    const limiter = createLimiter(2, standingClock().clock)
    const inside = enter(limiter, 5)
    await settled()
    expect([inside.length, limiter.running, limiter.waiting]).toEqual([2, 2, 3])

    inside[0]?.leave()
    inside[0]?.leave()
    await settled()
    expect([inside.length, limiter.running, limiter.waiting]).toEqual([3, 2, 2])
  })

  it('should let interactive calls in before background ones that came earlier', async () => {
    const limiter = createLimiter(1, standingClock().clock)
    const [running] = [await limiter.enter('background', forEver)]
    const background = enter(limiter, 1, 'background')
    const interactive = enter(limiter, 1, 'interactive')
    running?.leave()
    await settled()
    expect([interactive.length, background.length]).toEqual([1, 0])
    interactive[0]?.leave()
    await settled()
    expect(background).toHaveLength(1)
  })

  it('should halve once for calls that were refused together, and again for a later one', async () => {
    const limiter = createLimiter(8, standingClock().clock)
    const together = enter(limiter, 8)
    await settled()
    for (const place of together) place.throttled(0)
    for (const place of together) place.leave()
    expect(limiter.limit).toBe(4)

    const later = await limiter.enter('interactive', forEver)
    later.throttled(0)
    expect(limiter.limit).toBe(2)
  })

  it('should keep at least one place, and grow back by one a full round', async () => {
    const limiter = createLimiter(3, standingClock().clock)
    const call = async (report: (place: Place) => void) => {
      const place = await limiter.enter('interactive', forEver)
      report(place)
      place.leave()
    }
    for (let i = 0; i < 5; i++) await call((place) => place.throttled(0))
    expect(limiter.limit).toBe(1)
    const limits: number[] = []
    for (let i = 0; i < 8; i++) {
      await call((place) => place.succeeded())
      limits.push(limiter.limit)
    }
    expect(limits).toEqual([2, 2, 3, 3, 3, 3, 3, 3])
  })

  it('should start nothing during a pause, which the longest wish decides', async () => {
    const time = standingClock()
    const limiter = createLimiter(4, time.clock)
    const first = enter(limiter, 2)
    await settled()
    first[0]?.throttled(1_000)
    const inside = enter(limiter, 1)
    first[1]?.throttled(5_000)
    first[0]?.throttled(2_000)
    for (const place of first) place.leave()
    await time.moveOn(1_000)
    await time.moveOn(3_999)
    expect([inside.length, limiter.pauseMs]).toEqual([0, 1])
    await time.moveOn(1)
    expect([inside.length, limiter.pauseMs, time.alarms]).toEqual([1, 0, 0])
  })

  it('should not stop for hours, whatever it is told', async () => {
    const limiter = createLimiter(1, standingClock().clock)
    const place = await limiter.enter('interactive', forEver)
    place.throttled(86_400_000)
    expect(limiter.pauseMs).toBe(60_000)
  })

  it('should keep no timer once nobody waits any more', async () => {
    const time = standingClock()
    const limiter = createLimiter(1, time.clock)
    const place = await limiter.enter('interactive', forEver)
    place.throttled(10_000)
    place.leave()
    expect(time.alarms).toBe(0)
    const patience = new AbortController()
    const waiting = limiter.enter('interactive', patience.signal)
    expect(time.alarms).toBe(1)
    patience.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await settled()
    expect([time.alarms, limiter.waiting, limiter.running]).toEqual([0, 0, 0])
  })

  it('should pass over a call that gave up, and not let in one that has already', async () => {
    const limiter = createLimiter(1, standingClock().clock)
    const running = await limiter.enter('interactive', forEver)
    const patience = new AbortController()
    const impatient = limiter.enter('interactive', patience.signal)
    const patient = enter(limiter, 1)
    patience.abort(new Error('enough'))
    await expect(impatient).rejects.toThrow('enough')
    await expect(limiter.enter('interactive', patience.signal)).rejects.toThrow('enough')
    running.leave()
    await settled()
    expect([patient.length, limiter.running]).toEqual([1, 1])
  })
})
