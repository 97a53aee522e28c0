import { setTimeout as delay } from 'node:timers/promises'
import { InProgress } from '../errors.ts'
import type { CommandExecutor } from '../execution/command-executor.ts'
import type { CommandRecords, SlotOwner } from '../records/command-records.ts'
import { type CommandOutcome, type CommandProgress, type IdempotencySlot, toOutcome } from '../saga.ts'
import { refuseFingerprintMismatch } from './idempotency-slot.ts'

const pollMs = 100

export type AwaitOutcomeOptions = {
  readonly records: CommandRecords
  readonly executor: CommandExecutor
  readonly now: () => number
  /** How long to wait for a command that another process is executing. */
  readonly waitMs: number
  /** See `CommandContext`. */
  readonly isAllowed?: (() => Promise<boolean>) | undefined
}

/**
 * Returns the outcome of the command that owns an idempotency key; resumes the command, or waits for it, if it has not ended. `null` if it
 * was discarded, so that the idempotency key is free. Rejects with `MutationRefused` if the idempotency key was used with another input,
 * with `InProgress` after `waitMs`, and with the error of the command if it fails again.
 */
export async function awaitExistingOutcome(
  owner: SlotOwner,
  slot: IdempotencySlot,
  options: AwaitOutcomeOptions,
): Promise<CommandOutcome | null> {
  const { records, executor, now, waitMs, isAllowed } = options
  refuseFingerprintMismatch(owner, slot)
  for (const deadline = now() + waitMs; now() < deadline; await delay(pollMs)) {
    const outcome = await records.findOutcome(owner.id)
    if (outcome !== null) return outcome
    const progress = await records.load(owner.id)
    if (progress === null) return findOutcomeOrFreeSlot(owner, slot, records)
    if (progress.dueAt > now() && !executor.isExecuting(owner.id)) return toOutcome(progress)
    const result = await resumeCommand(progress, executor, isAllowed)
    if (result !== 'wait') return result
  }
  throw new InProgress()
}

async function resumeCommand(
  progress: CommandProgress,
  executor: CommandExecutor,
  isAllowed: AwaitOutcomeOptions['isAllowed'],
): Promise<CommandOutcome | 'wait' | null> {
  const result = await executor.execute(progress, 'retry', isAllowed)
  if (result.kind === 'ended' || result.kind === 'waiting') return result.outcome
  if (result.kind === 'heldElsewhere' || result.kind === 'slotTaken') return 'wait'
  if (result.cause !== null) throw result.cause
  return result.kind === 'discarded' ? null : 'wait'
}

/** Returns the outcome of a command that ended between the two reads. Otherwise its record is deleted, and the slot is freed. */
async function findOutcomeOrFreeSlot(
  owner: SlotOwner,
  slot: IdempotencySlot,
  records: CommandRecords,
): Promise<CommandOutcome | null> {
  const outcome = await records.findOutcome(owner.id)
  if (outcome !== null) return outcome
  await records.freeSlot(slot.place, owner)
  return null
}
