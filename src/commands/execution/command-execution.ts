import { type Lease, LeaseLost } from '../../journal/journal.ts'
import type { NewChange } from '../../model/change.ts'
import type { Secret } from '../../model/secret.ts'
import type { Logger } from '../../observability/logger.ts'
import { CommandLeaseLost, PartialStepFailure } from '../errors.ts'
import type { ChangePublisher } from '../publishing/change-publisher.ts'
import type { CommandAudit } from '../records/command-audit.ts'
import type { CommandRecords } from '../records/command-records.ts'
import type {
  CommandFacts,
  CommandOutcome,
  CommandProgress,
  Step,
  StepProgress,
  StepResult,
} from '../saga.ts'
import type { StepLocks } from './step-locks.ts'

/** Why a command is executed: a first request, a request that repeats the idempotency key, or the recovery sweep. */
export type ExecutionTrigger = 'first' | 'retry' | 'recovery'

export type ExecutionOptions = {
  readonly records: CommandRecords
  readonly publisher: ChangePublisher
  readonly audit: CommandAudit
  readonly locks: StepLocks
  readonly log: Pick<Logger, 'error' | 'warn'>
  readonly now: () => number
  /** How long a call without an answer may still take effect at Seam, from the time when it was given up. */
  readonly settleMs: number
  /** Whether the API key or token of the requester is still valid; checked before each step. Absent if no request waits. */
  readonly isAllowed?: () => Promise<boolean>
  /** Renews the lease under which a command is stored; `null` once another process has taken the command over. */
  readonly renewLease: (id: string) => Promise<Lease | null>
}

/** Result of an execution. */
export type ExecutionResult =
  | { readonly kind: 'ended'; readonly outcome: CommandOutcome }
  /** It waits until it is due, or has steps that are still to be undone. */
  | { readonly kind: 'waiting'; readonly outcome: CommandOutcome }
  /** It had no lasting effect, and its record is deleted. */
  | { readonly kind: 'discarded'; readonly cause: unknown }
  /** It has to be resumed later. */
  | { readonly kind: 'unfinished'; readonly cause: unknown }

/** The running execution of one command: its steps and its progress, which is stored with every change. */
export type CommandExecution = {
  readonly steps: readonly Step[]
  readonly trigger: ExecutionTrigger
  /** See `ExecutionOptions`. */
  readonly settleMs: number
  readonly progress: CommandProgress
  readonly secret: Secret | undefined
  stepProgress(index: number): StepProgress
  step(index: number): Step
  /** Stores changed progress. Rejects with `CommandLeaseLost`. */
  save(patch: Partial<CommandProgress>): Promise<void>
  /** Stores the changed progress of one step, together with other changes. */
  markStep(index: number, patch: Partial<StepProgress>, more?: Partial<CommandProgress>): Promise<void>
  /** Sends a step to Seam. Rejects with `SeamError`, after the changes of a partial failure are published. */
  executeStep(index: number): Promise<StepResult>
  /** Checks whether a started step took effect. Rejects as `executeStep` does. */
  findStepResult(index: number): Promise<StepResult | null>
  /** Publishes the changes of a step, then stores it as done. */
  completeStep(index: number, result: StepResult): Promise<void>
  /** Publishes the changes of a compensation, then stores the step as undone. */
  completeStepUndo(index: number, changes: readonly NewChange[]): Promise<void>
  /** Whether the last call of a step may still take effect at Seam. */
  isSettling(index: number): boolean
  readonly hasDoneStep: boolean
}

/** Returns the initial progress of a step. */
export function createPendingStep({ name }: Step): StepProgress {
  return { name, status: 'PENDING', message: null, before: [], sentAt: 0 }
}

export function createCommandExecution(
  initial: CommandProgress,
  steps: readonly Step[],
  trigger: ExecutionTrigger,
  { records, publisher, now, settleMs, renewLease }: ExecutionOptions,
): CommandExecution {
  // A record of an older version may lack steps that were added since.
  let progress: CommandProgress = {
    ...initial,
    steps: steps.map((each, i) => initial.steps[i] ?? createPendingStep(each)),
  }
  let secret: Secret | undefined
  const stepProgress = (index: number): StepProgress => progress.steps[index] as StepProgress
  const step = (index: number): Step => steps[index] as Step

  async function save(patch: Partial<CommandProgress>): Promise<void> {
    const lease = await renewLease(progress.id)
    if (lease === null) throw new CommandLeaseLost()
    progress = { ...progress, ...patch }
    await records.save(progress, lease).catch((error: unknown) => {
      throw error instanceof LeaseLost ? new CommandLeaseLost() : error
    })
  }

  const withStepPatch = (index: number, patch: Partial<StepProgress>) =>
    progress.steps.with(index, { ...stepProgress(index), ...patch })

  async function publishChanges(
    index: number,
    changes: readonly NewChange[],
    direction: 'done' | 'undone',
  ): Promise<number> {
    const { id, actor, offset } = progress
    return Math.max(offset, await publisher.publish(changes, { actor, step: `${id} ${index} ${direction}` }))
  }

  async function publishPartialChanges<T>(index: number, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof PartialStepFailure)) throw error
      await save({ offset: await publishChanges(index, error.changes, 'done') })
      throw error.cause
    }
  }

  return {
    steps,
    trigger,
    settleMs,
    get progress() {
      return progress
    },
    get secret() {
      return secret
    },
    stepProgress,
    step,
    save,
    markStep: (index, patch, more = {}) => save({ ...more, steps: withStepPatch(index, patch) }),
    executeStep: (index) =>
      publishPartialChanges(index, () => step(index).execute(progress.facts, stepProgress(index).before)),
    findStepResult: (index) =>
      publishPartialChanges(index, () => step(index).findResult(progress.facts, stepProgress(index).before)),
    async completeStep(index, result) {
      const offset = await publishChanges(index, result.changes ?? [], 'done')
      secret ??= result.secret
      const facts: CommandFacts = { ...progress.facts, ...result.facts }
      const patch = {
        status: 'DONE',
        message: result.message ?? null,
        made: result.createdId ?? null,
      } as const
      await save({ steps: withStepPatch(index, patch), facts, offset })
    },
    async completeStepUndo(index, changes) {
      const offset = await publishChanges(index, changes, 'undone')
      await save({ steps: withStepPatch(index, { status: 'UNDONE' }), offset })
    },
    isSettling: (index) => now() - stepProgress(index).sentAt < settleMs,
    get hasDoneStep() {
      return progress.steps.some(({ status }) => status === 'DONE')
    },
  }
}
