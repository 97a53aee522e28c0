import type { Logger } from '../log.ts'
import type { NewChange } from '../model/change.ts'
import type { Secret } from '../model/secret.ts'
import type { Locks } from './locks.ts'
import type { Records } from './records.ts'
import type { Done, Facts, Outcome, Progress, Step, StepProgress } from './saga.ts'
import type { Teller } from './teller.ts'

/** Why a command is run: its client asks first, or asks again, or somebody left it unfinished. */
export type Occasion = 'first' | 'again' | 'recovery'

export type RunOptions = {
  readonly records: Records
  readonly teller: Teller
  readonly locks: Locks
  readonly log: Pick<Logger, 'error'>
  readonly now: () => number
  /** How long a call that nobody waits for any more may still take effect at Seam. */
  readonly settleMs: number
  /** False once another process has taken the command over. */
  readonly isOurs: (id: string) => Promise<boolean>
}

/** What became of a run. */
export type RunResult =
  | { readonly kind: 'ended'; readonly outcome: Outcome }
  /** For its time, or for what is still to be undone. */
  | { readonly kind: 'waiting'; readonly outcome: Outcome }
  /** Nothing of it is left. */
  | { readonly kind: 'gone'; readonly why: unknown }
  /** Somebody must go on with it later. */
  | { readonly kind: 'left'; readonly why: unknown }

/** Another process goes on with a command: what becomes of it is to be read from its record. */
export class TakenOver extends Error {
  override readonly name = 'TakenOver'
}

/** A command on its way: its steps, and where it is, written down with every change. */
export type Run = {
  readonly steps: readonly Step[]
  readonly occasion: Occasion
  /** See `RunOptions`. */
  readonly settleMs: number
  readonly progress: Progress
  readonly secret: Secret | undefined
  at(index: number): StepProgress
  step(index: number): Step
  /** Rejects with `TakenOver`. */
  save(patch: Partial<Progress>): Promise<void>
  /** The same for one step, together with what else has changed. */
  mark(index: number, patch: Partial<StepProgress>, more?: Partial<Progress>): Promise<void>
  /** Looks whether a step that was started is done. */
  find(index: number): Promise<Done | null>
  /** Tells what a step did, and then writes down that it's done. */
  complete(index: number, done: Done): Promise<void>
  /** Tells that a step was taken back, and then writes it down. */
  takenBack(index: number, changes: readonly NewChange[]): Promise<void>
  /** Whether a step was begun so lately that it may still take effect at Seam. */
  isYoung(index: number): boolean
  readonly isAnyDone: boolean
}

export function createRun(
  initial: Progress,
  steps: readonly Step[],
  occasion: Occasion,
  { records, teller, now, settleMs, isOurs }: RunOptions,
): Run {
  let progress = initial
  let secret: Secret | undefined
  const at = (index: number): StepProgress => progress.steps[index] as StepProgress
  const step = (index: number): Step => steps[index] as Step

  async function save(patch: Partial<Progress>): Promise<void> {
    if (!(await isOurs(progress.id))) throw new TakenOver()
    progress = { ...progress, ...patch }
    await records.save(progress)
  }

  const marked = (index: number, patch: Partial<StepProgress>) =>
    progress.steps.with(index, { ...at(index), ...patch })

  async function tell(index: number, changes: readonly NewChange[], way: 'done' | 'undone'): Promise<number> {
    const { id, actor, offset } = progress
    return Math.max(offset, await teller.tell(changes, { actor, step: `${id} ${index} ${way}` }))
  }

  return {
    steps,
    occasion,
    settleMs,
    get progress() {
      return progress
    },
    get secret() {
      return secret
    },
    at,
    step,
    save,
    mark: (index, patch, more = {}) => save({ ...more, steps: marked(index, patch) }),
    find: (index) => step(index).find(progress.facts, at(index).before),
    async complete(index, done) {
      const offset = await tell(index, done.changes ?? [], 'done')
      secret ??= done.secret
      const facts: Facts = { ...progress.facts, ...done.facts }
      await save({ steps: marked(index, { status: 'DONE', message: null }), facts, offset })
    },
    async takenBack(index, changes) {
      const offset = await tell(index, changes, 'undone')
      await save({ steps: marked(index, { status: 'UNDONE' }), offset })
    },
    isYoung: (index) => now() - at(index).sentAt < settleMs,
    get isAnyDone() {
      return progress.steps.some(({ status }) => status === 'DONE')
    },
  }
}
