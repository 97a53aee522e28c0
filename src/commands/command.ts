import type { Viewer } from '../auth/viewer.ts'
import type { CatalogView } from '../catalog/view.ts'
import type { AuditTargetType } from '../model/audit.ts'
import type { SeamClient } from '../seam/client.ts'
import type { SeamReads } from '../seam/objects/seam-reads.ts'
import type { IdempotentInput } from './idempotency/idempotency-slot.ts'
import type { CommandRecords } from './records/command-records.ts'
import type { CommandFacts, Facts, Step } from './saga.ts'
import type { MoveOutStore } from './scheduling/move-out-requests.ts'

/** The request in which a command is executed. */
export type CommandContext = {
  readonly viewer: Viewer
  /** The viewer's view of the catalog: every id in an input is resolved in it, so within the access scope. */
  readonly view: CatalogView
  /** ISO 8601. */
  readonly now: string
  /** Whether the API key or token of the request is still valid; checked before each step. If absent, it always is. */
  readonly isAllowed?: (() => Promise<boolean>) | undefined
  /** Maximum lifetime of a client session in ms; 24 hours if absent. */
  readonly clientSessionMaxMs?: number
}

/** Dependencies of the steps of one command. */
export type StepTools = {
  readonly seam: SeamClient
  /** Id of this command; it is stored in objects at Seam, so that an object created by a lost call can be identified. */
  readonly commandId: string
  /** Records that this command created an object at Seam. Resolves to `false` if another command has claimed it. */
  claim(createdId: string): Promise<boolean>
  readonly moveOuts: MoveOutStore
}

/**
 * A mutation as a saga: validation, a serializable plan, and the steps that carry it out. Without type arguments, any command, with its plan
 * as it is stored.
 */
export type Command<Input extends IdempotentInput = IdempotentInput, Plan extends Facts = Facts> = {
  /** Name of the mutation. */
  readonly name: string
  /** Type of the target in audit records. */
  readonly auditTarget: AuditTargetType
  /**
   * Validates the input and returns the plan. Changes nothing. Rejects with `MutationRefused`, and with `SeamError` if a read from Seam
   * fails.
   */
  prepare(input: Input, context: CommandContext, seam: SeamReads, moveOuts: MoveOutStore): Promise<Plan>
  /** Facts that are known before the first step. */
  toInitialFacts?(plan: Plan): CommandFacts
  /** Returns the steps, derived from the plan alone: another process that resumes the command must get the same steps. */
  createSteps(plan: Plan, tools: StepTools): readonly Step[]
}

/** Returns the dependencies for the steps of one command. */
export function createStepTools(
  commandId: string,
  seam: SeamClient,
  records: CommandRecords,
  moveOuts: MoveOutStore,
): StepTools {
  return { seam, commandId, claim: (createdId) => records.claimCreated(createdId, commandId), moveOuts }
}
