import type { Logger } from '../../observability/logger.ts'
import { SeamError } from '../../seam/errors.ts'
import { OutcomeUnsettled } from '../errors.ts'
import type { CommandExecution } from './command-execution.ts'
import { isSeamRefusal } from './seam-refusal.ts'
import { findSettledResult } from './step-execution.ts'

/**
 * Undoes the completed steps in reverse order. Resolves to `false` if a started step may still take effect, so that compensation has to be
 * repeated later. Rejects with `SeamError` if Seam fails. A step that Seam refuses to undo stays done, with a message.
 */
export async function compensate(execution: CommandExecution, log: Pick<Logger, 'error'>): Promise<boolean> {
  let isSettled = true
  for (let index = execution.steps.length - 1; index >= 0; index--) {
    if (execution.stepProgress(index).status === 'STARTED')
      isSettled = (await settleStep(execution, index)) && isSettled
    if (execution.stepProgress(index).status === 'DONE') await undoStep(execution, index, log)
  }
  return isSettled
}

/** Finds the outcome of a started step and stores it. Resolves to `false` while the outcome is unknown. */
async function settleStep(execution: CommandExecution, index: number): Promise<boolean> {
  try {
    const result = await findSettledResult(execution, index)
    await (result === null
      ? execution.markStep(index, { status: 'FAILED', isUnanswered: true })
      : execution.completeStep(index, result))
    return true
  } catch (error) {
    if (error instanceof OutcomeUnsettled) return false
    throw error
  }
}

async function undoStep(
  execution: CommandExecution,
  index: number,
  log: Pick<Logger, 'error'>,
): Promise<void> {
  const { name, undo: undoEffect } = execution.step(index)
  if (undoEffect === undefined) return
  try {
    await execution.completeStepUndo(index, await undoEffect(execution.progress.facts))
  } catch (error) {
    if (!(error instanceof SeamError && isSeamRefusal(error))) throw error
    log.error(
      { err: error, command: execution.progress.id, step: name },
      'Seam refused to undo a step of a command; undo it by hand',
    )
    await execution.markStep(index, { message: `The step could not be rolled back: ${error.message}` })
  }
}
