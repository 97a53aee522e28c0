import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createKept } from '../../src/ingest/keep.ts'
import { createTurn, type Fence } from '../../src/ingest/turn.ts'
import { type Ground, startGround } from './intake.ts'
import { createLeases } from './leases.ts'

const { signal } = new AbortController()

let ground: Ground
beforeEach(async () => {
  ground = await startGround()
})
afterEach(() => ground[Symbol.asyncDispose]())

describe('a turn', () => {
  it('should always be had where the journal is for one process', async () => {
    const turn = createTurn({ journal: ground.journal, name: 'work', holder: 'one' })
    expect(await turn(signal, async () => 'done')).toBe('done')
  })

  it("should be one process's at a time", async () => {
    const journal = { ...ground.journal, ...createLeases(ground.journal) }
    const [one, two] = ['one', 'two'].map((holder) => createTurn({ journal, name: 'work', holder }))
    expect(await one?.(signal, async () => two?.(signal, async () => 'done'))).toBeNull()
    await journal.release('work')
    expect(await two?.(signal, async () => 'done')).toBe('done')
  })

  it('should hand its fence to whatever is appended', async () => {
    const fences: (Fence | undefined)[] = []
    const leases = createLeases(ground.journal)
    const journal = {
      ...ground.journal,
      ...leases,
      append: async (entries: Parameters<typeof leases.append>[0], fence?: Fence) => {
        fences.push(fence)
        return ground.journal.append(entries)
      },
    }
    const turn = createTurn({ journal, name: 'work', holder: 'one' })
    await turn(signal, (held) => held.append([]))
    expect(fences).toEqual([{ name: 'work', token: 'one' }])
  })

  it('should end for a job that loses it', async () => {
    const leases = createLeases(ground.journal)
    const journal = { ...ground.journal, ...leases }
    const turn = createTurn({ journal, name: 'work', holder: 'one', ttlMs: 30 })
    await turn(signal, async (held) => {
      const lost = Promise.withResolvers<void>()
      held.signal.addEventListener('abort', () => lost.resolve())
      // Both at once, so that it isn't renewed in between.
      await Promise.all([leases.release('work'), leases.lease('work', 'two', 60_000)])
      await lost.promise
    })
  })
})

describe('a kept value', () => {
  it('should be the last that was written', async () => {
    const kept = createKept(ground.journal, 'position')
    expect(await kept.read()).toBeNull()
    for (const value of ['one', 'two', 'three and four']) {
      await kept.write(value)
      expect(await createKept(ground.journal, 'position').read()).toBe(value)
    }
  })

  it('should be the older one after an end between its two steps', async () => {
    const kept = createKept(ground.journal, 'position')
    await kept.write('one')
    await kept.write('two')
    const ended = createKept(
      {
        ...ground.journal,
        remember: async () => {
          throw new Error('the process ended')
        },
      },
      'position',
    )
    await expect(ended.write('three')).rejects.toThrow('the process ended')
    expect(await kept.read()).toBe('two')
  })
})
