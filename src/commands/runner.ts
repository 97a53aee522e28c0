import { Refused } from '../model/user-error.ts'
import { SeamError } from '../seam/errors.ts'
import { TooEarly, takeStep } from './forward.ts'
import { isRefusal, objectionsOf } from './refusal.ts'
import { createRun, type Occasion, type Run, type RunOptions, type RunResult } from './run.ts'
import { outcomeOf, type Progress, type Step } from './saga.ts'
import { undo } from './undo.ts'

/**
 * Carries a command from where it is to its end: one step after the other, each written down before and after. What fails is undone in
 * reverse where that can be, and otherwise left for later. Rejects with what isn't Seam's: `JournalUnavailable`, `TakenOver`.
 */
export async function runCommand(
  progress: Progress,
  steps: readonly Step[],
  occasion: Occasion,
  options: RunOptions,
): Promise<RunResult> {
  const run = createRun(progress, steps, occasion, options)
  if (progress.phase === 'UNDOING') return undoing(run, null, options)
  if (progress.objections.length > 0) return ended(run, options)
  for (let index = 0; index < steps.length; index++) {
    if (run.at(index).status === 'DONE') continue
    if (isTooEarly(run, index, options)) return waiting(run, index)
    try {
      if (occasion === 'recovery' && !run.isAnyDone) {
        const left = await adopt(run, index, options)
        if (left !== null) return left
      } else await takeStep(run, index, options.now, options.locks)
    } catch (error) {
      if (error instanceof TooEarly) return { kind: 'left', why: null }
      if (error instanceof Refused) return refusing(run, index, error, options)
      if (!(error instanceof SeamError)) throw error
      return failing(run, index, error, options)
    }
  }
  return ended(run, options)
}

/** Nobody waits for a command that did nothing yet: it's taken over only if its first step turns out to be done. */
async function adopt(run: Run, index: number, { records }: RunOptions): Promise<RunResult | null> {
  const found = run.at(index).status === 'STARTED' ? await run.find(index) : null
  if (found !== null) {
    await run.complete(index, found)
    return null
  }
  if (run.at(index).status === 'STARTED' && run.isYoung(index)) return { kind: 'left', why: null }
  await records.drop(run.progress)
  return { kind: 'gone', why: null }
}

function isTooEarly(run: Run, index: number, { now }: RunOptions): boolean {
  return (run.step(index).notBefore ?? 0) > now()
}

async function waiting(run: Run, index: number): Promise<RunResult> {
  await run.save({ dueAt: run.step(index).notBefore ?? 0 })
  return { kind: 'waiting', outcome: outcomeOf(run.progress) }
}

async function ended(run: Run, { records }: RunOptions): Promise<RunResult> {
  const outcome = await records.close(run.progress)
  return { kind: 'ended', outcome: run.secret === undefined ? outcome : { ...outcome, secret: run.secret } }
}

/** A step could not be done: undoes the others where something was done and can be undone. */
async function failing(run: Run, index: number, error: SeamError, options: RunOptions): Promise<RunResult> {
  const isInDoubt = run.at(index).status === 'STARTED'
  if (!isInDoubt && isRefusal(error)) {
    return refusing(run, index, new Refused(objectionsOf(error, run.step(index))), options)
  }
  if (!run.isAnyDone && !isInDoubt) return gone(run, error, options)
  return canUndo(run) ? undoing(run, error, options) : { kind: 'left', why: error }
}

/** A step is refused, by Seam or by a rule that looks at Seam: its client is told, whatever becomes of the others. */
async function refusing(run: Run, index: number, refusal: Refused, options: RunOptions): Promise<RunResult> {
  const { userErrors: objections } = refusal
  const isUndone = run.isAnyDone && canUndo(run)
  // In one: whoever goes on with it must not try the step again.
  await run.mark(
    index,
    { status: 'FAILED', message: objections[0]?.message ?? null },
    { objections, phase: isUndone ? 'UNDOING' : 'FORWARD' },
  )
  return isUndone ? undoing(run, null, options) : ended(run, options)
}

/** A single step is never undone: its client was told that it may be done, and looks. */
function canUndo(run: Run): boolean {
  const isTouched = (index: number): boolean => ['DONE', 'STARTED'].includes(run.at(index).status)
  return (
    run.steps.length > 1 && run.steps.every((step, index) => step.undo !== undefined || !isTouched(index))
  )
}

async function undoing(run: Run, why: SeamError | null, options: RunOptions): Promise<RunResult> {
  if (run.progress.phase !== 'UNDOING') await run.save({ phase: 'UNDOING' })
  const isOver = await undo(run, options.log).catch((error: unknown) => {
    if (error instanceof SeamError) return error
    throw error
  })
  const isRefused = run.progress.objections.length > 0
  if (isOver === true) return isRefused ? ended(run, options) : gone(run, why, options)
  if (isRefused) return { kind: 'waiting', outcome: outcomeOf(run.progress) }
  return { kind: 'left', why: why ?? isOver }
}

async function gone(run: Run, why: unknown, { records }: RunOptions): Promise<RunResult> {
  await records.drop(run.progress)
  return { kind: 'gone', why }
}
