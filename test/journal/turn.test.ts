import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Journal } from '../../src/journal/journal.ts'
import { createTurns, type TurnOptions, type Turns } from '../../src/journal/turn.ts'
import { createLogger } from '../../src/log.ts'
import { type Ground, startGround } from '../ingest/intake.ts'
import { sampleEntry } from './sample.ts'

const { signal } = new AbortController()

let ground: Ground
const all: Turns[] = []
beforeEach(async () => {
  ground = await startGround()
})
afterEach(async () => {
  for (const { close } of all.splice(0)) await close()
  await ground[Symbol.asyncDispose]()
})

function turnsOf(holder: string, options: Partial<TurnOptions> = {}): Turns {
  const log = createLogger('silent')
  const turns = createTurns({ journal: ground.journal, name: 'work', holder, log, ttlMs: 1_500, ...options })
  all.push(turns)
  return turns
}

describe('a turn', () => {
  it("should be one process's at a time, and stay with it between its jobs", async () => {
    const [one, two] = [turnsOf('one'), turnsOf('two')]
    expect(await one.take(signal, async () => two.take(signal, async () => 'done'))).toBeNull()
    expect(await two.take(signal, async () => 'done')).toBeNull()
    expect(await one.take(signal, async () => 'done')).toBe('done')
  })

  it('should go to another one that waits when its process stops, and that one be told', async () => {
    const one = turnsOf('one')
    await one.take(signal, async () => 'done')
    const onTaken = vi.fn()
    const two = turnsOf('two', { onTaken, ttlMs: 60 })
    expect(await two.take(signal, async () => 'done')).toBeNull()
    await one.close()
    await vi.waitFor(() => expect(onTaken).toHaveBeenCalledTimes(1))
    expect(await two.take(signal, async () => 'done')).toBe('done')
    expect(await one.take(signal, async () => 'done')).toBeNull()
  })

  it('should go to another one when its process is heard of no more', async () => {
    const onTaken = vi.fn()
    // As a process that died: it neither renews nor gives back.
    await ground.journal.lease('work', 'one', 200)
    const two = turnsOf('two', { onTaken })
    expect(await two.take(signal, async () => 'done')).toBeNull()
    await vi.waitFor(() => expect(onTaken).toHaveBeenCalledTimes(1))
    expect(await two.take(signal, async () => 'done')).toBe('done')
  })

  it('should let nothing be written by a job that has lost it', async () => {
    const one = turnsOf('one', { ttlMs: 100_000 })
    await one.take(signal, async (held) => {
      await held.append([sampleEntry('a')])
      await held.keep('k', 'one')
      const lease = await ground.journal.lease('work', 'one', 1)
      if (lease !== null) await ground.journal.release(lease)
      await ground.journal.lease('work', 'two', 60_000)
      await expect(held.append([sampleEntry('b')])).rejects.toMatchObject({ code: 'LEASE_LOST' })
      await expect(held.keep('k', 'late')).rejects.toMatchObject({ code: 'LEASE_LOST' })
    })
    expect(await ground.journal.head()).toBe(1)
    expect(await ground.journal.recall('k')).toBe('one')
  })

  it('should end for a job that loses it', async () => {
    const one = turnsOf('one', { ttlMs: 30 })
    await one.take(signal, async (held) => {
      const lost = new Promise((resolve) => held.signal.addEventListener('abort', resolve))
      const lease = await ground.journal.lease('work', 'one', 1)
      if (lease !== null) await ground.journal.release(lease)
      await ground.journal.lease('work', 'two', 60_000)
      await lost
    })
  })

  it('should end for a job when the store could not be asked for as long as it was given', async () => {
    let isAway = false
    const lease: Journal['lease'] = async (...args) => {
      if (isAway) throw new Error('out of reach')
      return ground.journal.lease(...args)
    }
    const one = turnsOf('one', { journal: { ...ground.journal, lease }, ttlMs: 60 })
    await one.take(signal, async (held) => {
      isAway = true
      await new Promise((resolve) => held.signal.addEventListener('abort', resolve))
    })
  })
})
