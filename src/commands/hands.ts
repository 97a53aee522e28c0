import type { SeamClient } from '../seam/client.ts'
import type { AnyCommand } from './command.ts'
import { toolsOf } from './command.ts'
import type { Leases } from './leases.ts'
import type { SlotOwner } from './records.ts'
import { type Occasion, type RunOptions, type RunResult, TakenOver } from './run.ts'
import { runCommand } from './runner.ts'
import type { Progress } from './saga.ts'
import type { UnderWay } from './under-way.ts'

/** What became of taking a command in hand. */
export type HandResult =
  | RunResult
  /** Another process has it in hand, or had, and it's over. */
  | { readonly kind: 'elsewhere' }
  /** Its idempotency key is another command's by now; nothing was done. */
  | { readonly kind: 'taken'; readonly owner: SlotOwner }

/** Runs each command in one place at a time: in this process all who ask share one run, among processes one has the lease. */
export type Hands = {
  go(progress: Progress, occasion: Occasion): Promise<HandResult>
  isBusyWith(id: string): boolean
  /** Resolves when nothing runs. */
  idle(): Promise<void>
}

export type HandsOptions = {
  readonly seam: SeamClient
  readonly leases: Leases
  readonly underWay: UnderWay
  readonly commandNamed: (name: string) => AnyCommand
  readonly run: RunOptions
}

export function createHands({ seam, leases, underWay, commandNamed, run }: HandsOptions): Hands {
  const { records } = run
  const running = new Map<string, Promise<HandResult>>()

  /** Written down first, and only then does the key stand for it: whoever reads the key finds the command. */
  async function begin(progress: Progress): Promise<SlotOwner | null> {
    await records.save(progress)
    if (progress.slot === null) return null
    const owner = await records.take(progress.slot, progress.id)
    if (owner.id === progress.id) return null
    await records.drop({ ...progress, slot: null })
    return owner
  }

  async function inHand(found: Progress, occasion: Occasion): Promise<HandResult> {
    if (occasion === 'first') {
      const owner = await begin(found)
      if (owner !== null) return { kind: 'taken', owner }
    }
    // Whoever had it before may have gone on with it since it was found.
    const progress = occasion === 'first' ? found : await records.load(found.id)
    if (progress === null) return { kind: 'elsewhere' }
    const steps = commandNamed(progress.command).steps(progress.plan, toolsOf(progress.id, seam, records))
    return underWay.during(progress.plan, () => runCommand(progress, steps, occasion, run))
  }

  async function take(progress: Progress, occasion: Occasion): Promise<HandResult> {
    if (!(await leases.take(progress.id))) return { kind: 'elsewhere' }
    try {
      return await inHand(progress, occasion)
    } catch (error) {
      if (error instanceof TakenOver) return { kind: 'elsewhere' }
      throw error
    } finally {
      // One that can't be given back runs out.
      await leases.give(progress.id).catch(() => undefined)
    }
  }

  return {
    go(progress, occasion) {
      const known = running.get(progress.id)
      if (known !== undefined) return known
      const taken = take(progress, occasion).finally(() => running.delete(progress.id))
      running.set(progress.id, taken)
      return taken
    },
    isBusyWith: (id) => running.has(id),
    async idle() {
      while (running.size > 0) await Promise.allSettled(running.values())
    },
  }
}
