import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { toActorKind } from '../auth/viewer.ts'
import type { Journal } from '../journal/journal.ts'
import { idempotencyKeyErrors, textErrors } from '../model/text-validation.ts'
import { MutationRefused, throwIfRefused } from '../model/user-error.ts'
import type { Logger } from '../observability/logger.ts'
import type { SeamClient } from '../seam/client.ts'
import { type Command, type CommandContext, createStepTools } from './command.ts'
import { getCommand } from './definitions/registry.ts'
import { InProgress } from './errors.ts'
import { createPendingStep } from './execution/command-execution.ts'
import { createCommandExecutor } from './execution/command-executor.ts'
import { createCommandLeases } from './execution/command-leases.ts'
import { inProgressWaitMs } from './execution/distributed-lock.ts'
import { createStepLocks } from './execution/step-locks.ts'
import { awaitExistingOutcome } from './idempotency/idempotency.ts'
import { type IdempotentInput, readIdempotencySlot } from './idempotency/idempotency-slot.ts'
import { createChangePublisher } from './publishing/change-publisher.ts'
import { createInFlightWrites } from './publishing/in-flight-writes.ts'
import { createCommandAudit } from './records/command-audit.ts'
import { createCommandRecords } from './records/command-records.ts'
import {
  type CommandOutcome,
  type CommandProgress,
  emptyOutcome,
  type Facts,
  type IdempotencySlot,
} from './saga.ts'
import type { MoveOutStore } from './scheduling/move-out-requests.ts'
import { createMoveOutStore } from './scheduling/move-out-store.ts'
import { createRecoverySweep } from './scheduling/recovery-sweep.ts'

export type CommandsOptions = {
  readonly seam: SeamClient
  readonly journal: Journal
  /** Resolves once this process's catalog includes a journal offset, or after a timeout. */
  readonly waitForCatalog: (offset: number) => Promise<unknown>
  readonly log: Logger
  readonly now?: () => number
  /** Interval of the recovery sweep. */
  readonly sweepMs?: number
  /** How long a call that was given up may still take effect at Seam. */
  readonly settleMs?: number
  /** How long a mutation waits for another one with its idempotency key, or about the same ACS user; then it rejects with `InProgress`. */
  readonly waitMs?: number
}

/** The write side: executes every mutation at Seam once and publishes its changes in the journal. */
export type Commands = {
  /**
   * Executes a mutation, or returns its first outcome if its idempotency key is repeated. Refusals are in `userErrors`. Rejects with
   * `SeamError` if Seam fails, with `JournalUnavailable`, `InProgress` and `AuthenticationEnded`.
   */
  execute<Input extends IdempotentInput, Plan extends Facts>(
    command: Command<Input, Plan>,
    input: Input,
    context: CommandContext,
  ): Promise<CommandOutcome>
  /** Validates a mutation without executing it: `userErrors` are those of the rules that the gateway knows. */
  validate<Input extends IdempotentInput, Plan extends Facts>(
    command: Command<Input, Plan>,
    input: Input,
    context: CommandContext,
  ): Promise<CommandOutcome>
  /** Scheduled move-outs. */
  readonly moveOuts: Pick<MoveOutStore, 'find' | 'list'>
  /** Starts the recovery sweep: resumes unfinished commands now and then at every interval. */
  startRecovery(): void
  /**
   * Resumes unfinished commands of this process and of processes that died. Resolves to the number of due commands that stay unfinished.
   */
  recoverUnfinished(): Promise<number>
  /** Resolves once the writes in flight that a webhook body mentions are published, or after one second. */
  waitForInFlightWrites(rawBody: Buffer): Promise<void>
  /** Stops the sweep and drains running commands, for at most 10 seconds. The next start resumes those that are unfinished then. */
  close(): Promise<void>
}

/** How long late effects of a command are looked for after its end, as a multiple of `settleMs`. */
const lateWatchFactor = 12

/** How often a request is started again after the owner of its slot has changed. */
const maxSlotAttempts = 10

const closeTimeoutMs = 10_000
const inFlightWaitMs = 1_000

/** Returns the outcome of a command that was refused before its first step. Rethrows any other error. */
function toRefusedOutcome(error: unknown): CommandOutcome {
  if (error instanceof MutationRefused) return { ...emptyOutcome, userErrors: error.userErrors }
  throw error
}

export function createCommands(options: CommandsOptions): Commands {
  const { seam, journal, log, now = Date.now, settleMs = 5_000, waitMs = inProgressWaitMs } = options
  const records = createCommandRecords(journal, now, lateWatchFactor * settleMs)
  const leases = createCommandLeases(journal, randomUUID())
  const moveOuts = createMoveOutStore(journal, records, now, waitMs)
  const inFlightWrites = createInFlightWrites()
  const executionOptions = {
    records,
    publisher: createChangePublisher(journal, now),
    audit: createCommandAudit(journal, now, getCommand),
    locks: createStepLocks(),
    log,
    now,
    settleMs,
    renewLease: leases.renew,
  }
  const executor = createCommandExecutor({
    seam,
    leases,
    moveOuts,
    inFlightWrites,
    getCommand,
    executionOptions,
  })
  const recoverySweep = createRecoverySweep({
    records,
    executor,
    log,
    now,
    intervalMs: options.sweepMs ?? 10_000,
    soonDelayMs: settleMs,
  })
  /** Single-flight by idempotency key: concurrent equal requests share one outcome, secrets included. */
  const sharedOutcomes = new Map<
    string,
    { readonly fingerprint: string; readonly outcome: Promise<CommandOutcome> }
  >()

  /** Starts a command. Resolves to `null` if another command has claimed its idempotency key meanwhile. */
  async function startCommand(
    command: Command,
    plan: Facts,
    context: CommandContext,
    slot: IdempotencySlot | null,
  ): Promise<CommandOutcome | null> {
    const id = randomUUID()
    const steps = command.createSteps(plan, createStepTools(id, seam, records, moveOuts))
    const progress: CommandProgress = {
      id,
      command: command.name,
      actor: context.viewer.name,
      actorKind: toActorKind(context.viewer),
      plan,
      phase: 'FORWARD',
      steps: steps.map(createPendingStep),
      facts: command.toInitialFacts?.(plan) ?? {},
      offset: 0,
      objections: [],
      dueAt: 0,
      slot,
    }
    const result = await executor.execute(progress, 'first', context.isAllowed)
    if (result.kind === 'ended' || result.kind === 'waiting') return result.outcome
    if (result.kind === 'slotTaken') return null
    if (result.kind === 'unfinished') recoverySweep.scheduleSoon()
    throw (result.kind === 'heldElsewhere' ? null : result.cause) ?? new InProgress()
  }

  /** Returns the outcome of the command that owns the slot, or starts one. `null`: try again, since the owner of the slot has changed. */
  async function attemptOnce(
    command: Command,
    input: IdempotentInput,
    context: CommandContext,
    slot: IdempotencySlot,
  ): Promise<CommandOutcome | null> {
    const slotOwner = await records.findSlotOwner(slot.place)
    if (slotOwner !== null)
      return awaitExistingOutcome(slotOwner, slot, {
        records,
        executor,
        now,
        waitMs,
        isAllowed: context.isAllowed,
      })
    try {
      return await startCommand(command, await command.prepare(input, context, seam, moveOuts), context, slot)
    } catch (error) {
      // Another process may just have carried out this request, so that its object conflicts with that of the first one.
      if (error instanceof MutationRefused && (await records.findSlotOwner(slot.place)) !== null) return null
      throw error
    }
  }

  async function executeWithSlot(
    command: Command,
    input: IdempotentInput,
    context: CommandContext,
    slot: IdempotencySlot,
  ): Promise<CommandOutcome> {
    for (let attempt = 0; attempt < maxSlotAttempts; attempt++) {
      const outcome = await attemptOnce(command, input, context, slot)
      if (outcome !== null) return outcome
    }
    throw new InProgress()
  }

  async function executeShared(
    command: Command,
    input: IdempotentInput,
    context: CommandContext,
    slot: IdempotencySlot,
  ): Promise<CommandOutcome> {
    const current = sharedOutcomes.get(slot.place)
    if (current?.fingerprint === slot.fingerprint) return current.outcome
    const outcome = executeWithSlot(command, input, context, slot)
    if (current !== undefined) return outcome
    sharedOutcomes.set(slot.place, { fingerprint: slot.fingerprint, outcome })
    return outcome.finally(() => sharedOutcomes.delete(slot.place))
  }

  async function executeInput(
    command: Command,
    input: IdempotentInput,
    context: CommandContext,
  ): Promise<CommandOutcome> {
    throwIfRefused(textErrors(input))
    const slot = readIdempotencySlot(context.viewer, command.name, input)
    if (slot === null) {
      const outcome = await startCommand(
        command,
        await command.prepare(input, context, seam, moveOuts),
        context,
        null,
      )
      if (outcome === null) throw new InProgress()
      return outcome
    }
    return executeShared(command, input, context, slot)
  }

  return {
    async execute(command, input, context) {
      try {
        const outcome = await executeInput(command, input, context)
        if (outcome.offset > 0) await options.waitForCatalog(outcome.offset)
        return outcome
      } catch (error) {
        return toRefusedOutcome(error)
      }
    },
    async validate(command, input, context) {
      try {
        throwIfRefused([...textErrors(input), ...idempotencyKeyErrors(input.idempotencyKey)])
        await command.prepare(input, context, seam, moveOuts)
        return emptyOutcome
      } catch (error) {
        return toRefusedOutcome(error)
      }
    },
    moveOuts,
    startRecovery: recoverySweep.start,
    recoverUnfinished: recoverySweep.runNow,
    waitForInFlightWrites: (rawBody) => inFlightWrites.waitForMentioned(rawBody, inFlightWaitMs),
    async close() {
      const timeoutController = new AbortController()
      const timeout = delay(closeTimeoutMs, undefined, { signal: timeoutController.signal }).catch(
        () => undefined,
      )
      await Promise.race([Promise.all([recoverySweep.close(), executor.waitUntilIdle()]), timeout])
      timeoutController.abort()
    },
  }
}
