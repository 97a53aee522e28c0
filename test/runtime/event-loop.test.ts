import { describe, expect, it } from 'vitest'
import { countRows, isTurnFull, waitForRoom, waitForTurn } from '../../src/runtime/event-loop.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

/** Runs work that can read the number of the current turn of the event loop. */
async function runCountingTurns(work: (now: () => number) => Promise<unknown>): Promise<void> {
  let turns = 0
  const count = (): void => {
    turns++
    next = setImmediate(count)
  }
  let next = setImmediate(count)
  await turn()
  await work(() => turns)
  clearImmediate(next)
}

describe('a turn of the event loop', () => {
  it('should be shared by callers with few rows, without waiting while it has room', async () => {
    await runCountingTurns(async (now) => {
      const began = now()
      expect(upTo(10).map(() => waitForRoom(500))).toEqual(upTo(10).map(() => null))
      await waitForRoom(1)
      expect(now()).toBe(began + 1)
    })
  })

  it('should have room for 5,000 rows, in first-in, first-out order', async () => {
    await runCountingTurns(async (now) => {
      await waitForTurn()
      const order: number[] = []
      const perTurn = new Map<number, number>()
      await Promise.all(
        upTo(100).map(async (n) => {
          await waitForRoom(n === 50 ? 20_000 : 1_000)
          order.push(n)
          perTurn.set(now(), (perTurn.get(now()) ?? 0) + 1)
        }),
      )
      expect(order).toEqual(upTo(100))
      expect(Math.max(...perTurn.values())).toBe(5)
      // A caller with more rows than a turn has room for gets a turn of its own.
      expect([...perTurn.values()]).toContain(1)
    })
  })

  it('should not be shared by callers that wait for a turn of their own', async () => {
    await runCountingTurns(async (now) => {
      const began = now()
      const turns = await Promise.all(upTo(20).map(() => waitForTurn().then(now)))
      expect(new Set(turns).size).toBe(20)
      expect(Math.min(...turns)).toBeGreaterThanOrEqual(began)
    })
  })

  it('should not be given to a later caller with fewer rows first', async () => {
    const order: string[] = []
    await Promise.all([
      waitForTurn().then(() => order.push('full turn')),
      waitForRoom(1)?.then(() => order.push('few rows')),
    ])
    expect(order).toEqual(['full turn', 'few rows'])
  })

  it('should be used up by rows that were charged without waiting, until it ends', async () => {
    await turn()
    countRows(4_999)
    expect(isTurnFull()).toBe(false)
    countRows(1)
    expect(isTurnFull()).toBe(true)
    let hasResumed = false
    const waiting = waitForRoom(1)?.then(() => {
      hasResumed = true
    })
    await Promise.resolve()
    expect(hasResumed).toBe(false)
    await waiting
    expect(isTurnFull()).toBe(false)
  })
})
