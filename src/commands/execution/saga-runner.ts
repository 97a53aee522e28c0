import { MutationRefused } from '../../model/user-error.ts'
import { SeamError } from '../../seam/errors.ts'
import { AuthenticationEnded, OutcomeUnsettled } from '../errors.ts'
import { type CommandProgress, type Step, toOutcome } from '../saga.ts'
import {
  type CommandExecution,
  createCommandExecution,
  type ExecutionOptions,
  type ExecutionResult,
  type ExecutionTrigger,
} from './command-execution.ts'
import { compensate } from './compensation.ts'
import { canHaveLateEffects } from './late-effects.ts'
import { isSeamRefusal, toUserErrors } from './seam-refusal.ts'
import { executeStep } from './step-execution.ts'

/**
 * Runs the remaining steps of a command, persisting progress before and after each. After a failure, the completed steps are undone in
 * reverse order if that is possible; otherwise the command is resumed later. Rejects with `JournalUnavailable` and `CommandLeaseLost`;
 * errors of Seam are in the result.
 */
export async function runSaga(
  progress: CommandProgress,
  steps: readonly Step[],
  trigger: ExecutionTrigger,
  options: ExecutionOptions,
): Promise<ExecutionResult> {
  const execution = createCommandExecution(progress, steps, trigger, options)
  if (progress.phase === 'UNDOING') return compensateSaga(execution, null, options)
  if (progress.objections.length > 0) return completeSaga(execution, options)
  for (let index = 0; index < steps.length; index++) {
    if (execution.stepProgress(index).status === 'DONE') continue
    if (isNotDueYet(execution, index, options)) return waitUntilDue(execution, index, options)
    if (trigger !== 'recovery' && (await options.isAllowed?.()) === false)
      return stopSaga(execution, new AuthenticationEnded(), options)
    try {
      if (trigger === 'recovery' && !execution.hasDoneStep) {
        const discarded = await adoptOrDiscard(execution, index, options)
        if (discarded !== null) return discarded
      } else await executeStep(execution, index, options.now, options.locks)
    } catch (error) {
      if (error instanceof OutcomeUnsettled) return { kind: 'unfinished', cause: null }
      if (error instanceof MutationRefused) return refuseStep(execution, index, error, options)
      if (!(error instanceof SeamError)) throw error
      return failStep(execution, index, error, options)
    }
  }
  return completeSaga(execution, options)
}

/**
 * Recovers a command without a completed step, which no request waits for: resumes it if its first step took effect, and discards it
 * otherwise.
 */
async function adoptOrDiscard(
  execution: CommandExecution,
  index: number,
  { records }: ExecutionOptions,
): Promise<ExecutionResult | null> {
  const result =
    execution.stepProgress(index).status === 'STARTED' ? await execution.findStepResult(index) : null
  if (result !== null) {
    await execution.completeStep(index, result)
    return null
  }
  if (execution.stepProgress(index).status === 'STARTED' && execution.isSettling(index))
    return { kind: 'unfinished', cause: null }
  await watchForLateEffects(execution, records)
  await records.discard(execution.progress)
  return { kind: 'discarded', cause: null }
}

function isNotDueYet(execution: CommandExecution, index: number, { now }: ExecutionOptions): boolean {
  return (execution.step(index).notBefore ?? 0) > now()
}

async function waitUntilDue(
  execution: CommandExecution,
  index: number,
  { audit }: ExecutionOptions,
): Promise<ExecutionResult> {
  await execution.save({ dueAt: execution.step(index).notBefore ?? 0 })
  await audit.recordScheduled(execution.progress)
  return { kind: 'waiting', outcome: toOutcome(execution.progress) }
}

async function completeSaga(
  execution: CommandExecution,
  { records, audit }: ExecutionOptions,
): Promise<ExecutionResult> {
  await watchForLateEffects(execution, records)
  // Before the outcome is stored: if the process ends in between, the recovery sweep writes the same audit record, once.
  await audit.recordEnd(execution.progress)
  const outcome = await records.close(execution.progress)
  return {
    kind: 'ended',
    outcome: execution.secret === undefined ? outcome : { ...outcome, secret: execution.secret },
  }
}

/** Handles a failed step: undoes the completed steps if there are any and all can be undone. */
async function failStep(
  execution: CommandExecution,
  index: number,
  error: SeamError,
  options: ExecutionOptions,
): Promise<ExecutionResult> {
  const isOutcomeUnknown = execution.stepProgress(index).status === 'STARTED'
  if (!isOutcomeUnknown && isSeamRefusal(error)) {
    return refuseStep(
      execution,
      index,
      new MutationRefused(toUserErrors(error, execution.step(index))),
      options,
    )
  }
  if (!execution.hasDoneStep && !isOutcomeUnknown) return discardSaga(execution, error, options)
  return canCompensate(execution)
    ? compensateSaga(execution, error, options)
    : { kind: 'unfinished', cause: error }
}

/**
 * Handles a step that was refused, by Seam or by a rule that reads from Seam: the client gets the user errors, whatever happens to the
 * other steps.
 */
async function refuseStep(
  execution: CommandExecution,
  index: number,
  refusal: MutationRefused,
  options: ExecutionOptions,
): Promise<ExecutionResult> {
  const { userErrors: objections } = refusal
  const isCompensated = execution.hasDoneStep && canCompensate(execution)
  // In one write: a process that resumes the command must not send the step again.
  await execution.markStep(
    index,
    { status: 'FAILED', message: objections[0]?.message ?? null },
    { objections, phase: isCompensated ? 'UNDOING' : 'FORWARD' },
  )
  return isCompensated ? compensateSaga(execution, null, options) : completeSaga(execution, options)
}

/**
 * Whether every step that may have taken effect can be undone. A single step is never undone: its client got an error that says that it
 * may have taken effect.
 */
function canCompensate(execution: CommandExecution): boolean {
  const isTouched = (index: number): boolean =>
    ['DONE', 'STARTED'].includes(execution.stepProgress(index).status)
  return (
    execution.steps.length > 1 &&
    execution.steps.every((step, index) => step.undo !== undefined || !isTouched(index))
  )
}

/** Sends no further step: undoes the completed ones if that is possible; otherwise the recovery sweep finishes the command. */
async function stopSaga(
  execution: CommandExecution,
  cause: Error,
  options: ExecutionOptions,
): Promise<ExecutionResult> {
  if (!execution.hasDoneStep && !execution.progress.steps.some(({ status }) => status === 'STARTED'))
    return discardSaga(execution, cause, options)
  return canCompensate(execution) ? compensateSaga(execution, cause, options) : { kind: 'unfinished', cause }
}

/** Keeps the record of an ended command if one of its calls without an answer may still take effect. */
async function watchForLateEffects(
  { progress, steps }: CommandExecution,
  records: ExecutionOptions['records'],
): Promise<void> {
  if (canHaveLateEffects(progress, steps)) await records.watchForLateEffects(progress)
}

async function compensateSaga(
  execution: CommandExecution,
  cause: Error | null,
  options: ExecutionOptions,
): Promise<ExecutionResult> {
  if (execution.progress.phase !== 'UNDOING') await execution.save({ phase: 'UNDOING' })
  const compensation = await compensate(execution, options.log).catch((error: unknown) => {
    if (error instanceof SeamError) return error
    throw error
  })
  const isRefused = execution.progress.objections.length > 0
  if (compensation === true)
    return isRefused ? completeSaga(execution, options) : discardSaga(execution, cause, options)
  if (isRefused) return { kind: 'waiting', outcome: toOutcome(execution.progress) }
  return { kind: 'unfinished', cause: cause ?? compensation }
}

async function discardSaga(
  execution: CommandExecution,
  cause: unknown,
  { records, audit }: ExecutionOptions,
): Promise<ExecutionResult> {
  await watchForLateEffects(execution, records)
  await audit.recordEnd(execution.progress)
  await records.discard(execution.progress)
  return { kind: 'discarded', cause }
}
