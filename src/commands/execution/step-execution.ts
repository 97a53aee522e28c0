import { setTimeout as delay } from 'node:timers/promises'
import { SeamError } from '../../seam/errors.ts'
import { OutcomeUnsettled } from '../errors.ts'
import type { StepResult } from '../saga.ts'
import type { CommandExecution } from './command-execution.ts'
import type { StepLocks } from './step-locks.ts'

/** Delays between look-ups after a lost answer, as fractions of `settleMs`: a new object may be listed with a delay. */
const lookupDelays = [0, 0.05, 0.15]
/** Interval between look-ups while a call may still take effect. */
const pollMs = 250

/**
 * Executes one step, or finds that it took effect already. Rejects with `SeamError` if it did not take effect as far as is known: its status
 * is then `FAILED` if that is certain, and `STARTED` otherwise.
 */
export async function executeStep(
  execution: CommandExecution,
  index: number,
  now: () => number,
  locks: StepLocks,
): Promise<void> {
  const lockName = execution.step(index).lockName?.(execution.progress.facts)
  const proceed = () =>
    execution.stepProgress(index).status === 'STARTED'
      ? resumeStep(execution, index, now)
      : startStep(execution, index, now)
  return lockName === undefined ? proceed() : locks.withLock(lockName, proceed)
}

async function startStep(execution: CommandExecution, index: number, now: () => number): Promise<void> {
  const existingIds = (await execution.step(index).listExisting?.(execution.progress.facts)) ?? []
  await execution.markStep(index, { status: 'STARTED', before: existingIds, sentAt: now() })
  await sendUntilKnown(execution, index, now)
}

async function resumeStep(execution: CommandExecution, index: number, now: () => number): Promise<void> {
  const result = await findSettledResult(execution, index)
  if (result !== null) return execution.completeStep(index, result)
  // The previous call, whose answer is lost, may still take effect.
  await execution.markStep(index, { isUnanswered: true })
  await sendUntilKnown(execution, index, now)
}

/**
 * Finds the result of a started step; `null` if it did not take effect and no longer can. A retry by the client waits until that is certain.
 * The recovery sweep does not wait: it rejects with `OutcomeUnsettled` until then.
 */
export async function findSettledResult(
  execution: CommandExecution,
  index: number,
): Promise<StepResult | null> {
  if (execution.trigger === 'retry') return lookUpUntilSettled(execution, index)
  const isSettling = execution.isSettling(index)
  const result = await execution.findStepResult(index)
  if (result === null && isSettling) throw new OutcomeUnsettled()
  return result
}

async function sendUntilKnown(execution: CommandExecution, index: number, now: () => number): Promise<void> {
  for (let isRepeated = false; ; isRepeated = true) {
    const result = await trySend(execution, index)
    if (!(result instanceof SeamError)) return execution.completeStep(index, result)
    if (result.outcome !== 'unknown') {
      await execution.markStep(index, { status: 'FAILED' })
      throw result
    }
    // After a timeout, a 502 of a proxy or a reset connection, the call may still take effect within `settleMs` from now.
    await execution.markStep(index, { sentAt: now(), isUnanswered: true })
    const earlyResult = await lookUpSoon(execution, index)
    if (earlyResult !== null) return execution.completeStep(index, earlyResult)
    // After a timeout, the client has waited long enough and retries with its idempotency key. After other errors, wait and send once more.
    if (isRepeated || result.code === 'TIMEOUT' || result.code === 'ABORTED') throw result
    const settledResult = await lookUpUntilSettled(execution, index)
    if (settledResult !== null) return execution.completeStep(index, settledResult)
  }
}

async function trySend(execution: CommandExecution, index: number): Promise<StepResult | SeamError> {
  try {
    return await execution.executeStep(index)
  } catch (error) {
    if (error instanceof SeamError) return error
    throw error
  }
}

async function lookUpSoon(execution: CommandExecution, index: number): Promise<StepResult | null> {
  for (const fraction of lookupDelays) {
    await delay(fraction * execution.settleMs)
    const result = await execution.findStepResult(index)
    if (result !== null) return result
  }
  return null
}

/** Looks the result up repeatedly until the call can no longer take effect; the last look-up is after that. */
async function lookUpUntilSettled(execution: CommandExecution, index: number): Promise<StepResult | null> {
  for (;;) {
    const isLast = !execution.isSettling(index)
    const result = await execution.findStepResult(index)
    if (result !== null || isLast) return result
    await delay(pollMs)
  }
}
