import type { SeamClient } from '../../seam/client.ts'
import { type Command, createStepTools } from '../command.ts'
import { CommandLeaseLost } from '../errors.ts'
import type { InFlightWrites } from '../publishing/in-flight-writes.ts'
import type { SlotOwner } from '../records/command-records.ts'
import type { CommandProgress } from '../saga.ts'
import type { MoveOutStore } from '../scheduling/move-out-requests.ts'
import type { ExecutionOptions, ExecutionResult, ExecutionTrigger } from './command-execution.ts'
import type { CommandLeases } from './command-leases.ts'
import { undoLateEffects } from './late-effects.ts'
import { runSaga } from './saga-runner.ts'

/** Result of the executor. */
export type ExecutorResult =
  | ExecutionResult
  /** Another process holds the lease of the command, or has ended it. */
  | { readonly kind: 'heldElsewhere' }
  /** Another command has claimed its idempotency key; nothing was done. */
  | { readonly kind: 'slotTaken'; readonly owner: SlotOwner }

/** Executes each command once at a time: callers in this process share one execution, and one process holds the lease. */
export type CommandExecutor = {
  execute(
    progress: CommandProgress,
    trigger: ExecutionTrigger,
    isAllowed?: () => Promise<boolean>,
  ): Promise<ExecutorResult>
  /** Undoes late effects of a command that has ended. */
  undoLateEffects(progress: CommandProgress): Promise<void>
  isExecuting(id: string): boolean
  /** Resolves when no command is running. */
  waitUntilIdle(): Promise<void>
}

export type CommandExecutorOptions = {
  readonly seam: SeamClient
  readonly leases: CommandLeases
  readonly moveOuts: MoveOutStore
  readonly inFlightWrites: InFlightWrites
  readonly getCommand: (name: string) => Command
  readonly executionOptions: ExecutionOptions
}

export function createCommandExecutor({
  seam,
  leases,
  moveOuts,
  inFlightWrites,
  getCommand,
  executionOptions,
}: CommandExecutorOptions): CommandExecutor {
  const { records } = executionOptions
  const executions = new Map<string, Promise<ExecutorResult>>()

  /**
   * Stores the command before it claims the slot, so that a reader of the slot always finds the command. Returns another owner, or
   * `null`.
   */
  async function persistAndClaimSlot(progress: CommandProgress): Promise<SlotOwner | null> {
    const lease = await leases.renew(progress.id)
    if (lease === null) throw new CommandLeaseLost()
    await records.save(progress, lease)
    if (progress.slot === null) return null
    const owner = await records.claimSlot(progress.slot, progress.id)
    if (owner.id === progress.id) return null
    await records.discard(progress)
    return owner
  }

  async function executeUnderLease(
    initialProgress: CommandProgress,
    trigger: ExecutionTrigger,
    isAllowed?: () => Promise<boolean>,
  ): Promise<ExecutorResult> {
    if (trigger === 'first') {
      const owner = await persistAndClaimSlot(initialProgress)
      if (owner !== null) return { kind: 'slotTaken', owner }
    }
    // The previous holder of the lease may have changed the record since the caller read it.
    const progress = trigger === 'first' ? initialProgress : await records.load(initialProgress.id)
    if (progress === null) return { kind: 'heldElsewhere' }
    const steps = getCommand(progress.command).createSteps(
      progress.plan,
      createStepTools(progress.id, seam, records, moveOuts),
    )
    const options = isAllowed === undefined ? executionOptions : { ...executionOptions, isAllowed }
    return inFlightWrites.track(progress.plan, () => runSaga(progress, steps, trigger, options))
  }

  async function acquireAndExecute(
    progress: CommandProgress,
    trigger: ExecutionTrigger,
    isAllowed?: () => Promise<boolean>,
  ): Promise<ExecutorResult> {
    if (!(await leases.acquire(progress.id))) return { kind: 'heldElsewhere' }
    try {
      return await executeUnderLease(progress, trigger, isAllowed)
    } catch (error) {
      if (error instanceof CommandLeaseLost) return { kind: 'heldElsewhere' }
      throw error
    } finally {
      // A lease that cannot be released expires.
      await leases.release(progress.id).catch(() => undefined)
    }
  }

  return {
    execute(progress, trigger, isAllowed) {
      const current = executions.get(progress.id)
      if (current !== undefined) return current
      const execution = acquireAndExecute(progress, trigger, isAllowed).finally(() =>
        executions.delete(progress.id),
      )
      executions.set(progress.id, execution)
      return execution
    },
    async undoLateEffects(progress) {
      if (executions.has(progress.id) || !(await leases.acquire(progress.id))) return
      try {
        const tools = createStepTools(progress.id, seam, records, moveOuts)
        await undoLateEffects(
          progress,
          getCommand(progress.command).createSteps(progress.plan, tools),
          executionOptions,
        )
      } finally {
        await leases.release(progress.id).catch(() => undefined)
      }
    },
    isExecuting: (id) => executions.has(id),
    async waitUntilIdle() {
      while (executions.size > 0) await Promise.allSettled(executions.values())
    },
  }
}
