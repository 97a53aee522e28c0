import type { CommandFacts, CommandProgress, Step } from '../saga.ts'
import type { ExecutionOptions } from './command-execution.ts'

/** Whether a call of a command without an answer may still have an effect that can be undone. */
export function canHaveLateEffects(progress: CommandProgress, steps: readonly Step[]): boolean {
  return progress.steps.some((each, index) => canTakeEffectLate(each, steps[index]))
}

/** A step that is still `STARTED` at the end of its command has a call without an answer, too. */
function canTakeEffectLate(
  { isUnanswered, status }: CommandProgress['steps'][number],
  step: Step | undefined,
): boolean {
  return (isUnanswered === true || status === 'STARTED') && step?.undo !== undefined
}

/**
 * Undoes late effects: objects that calls without an answer created after their command had ended. Each is claimed, published and
 * deleted. The objects that the command itself created stay.
 */
export async function undoLateEffects(
  progress: CommandProgress,
  steps: readonly Step[],
  { publisher, log }: Pick<ExecutionOptions, 'publisher' | 'log'>,
): Promise<void> {
  const { id, actor } = progress
  for (const [index, stepProgress] of progress.steps.entries()) {
    const step = steps[index]
    if (step === undefined || !canTakeEffectLate(stepProgress, step)) continue
    const knownIds =
      stepProgress.made == null ? stepProgress.before : [...stepProgress.before, stepProgress.made]
    const lateResult = await step.findResult(progress.facts, knownIds)
    // A step that creates no object is idempotent.
    if (lateResult?.createdId === undefined || lateResult.createdId === stepProgress.made) continue
    log.warn(
      { command: id, step: step.name, made: lateResult.createdId },
      'a call to Seam took effect after its command had ended; its object is deleted',
    )
    const facts: CommandFacts = { ...progress.facts, ...lateResult.facts }
    const undoChanges = (await step.undo?.(facts)) ?? []
    await publisher.publish([...(lateResult.changes ?? []), ...undoChanges], {
      actor,
      step: `${id} ${index} late`,
    })
  }
}
