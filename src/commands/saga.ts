import type { AuditActorKind } from '../model/audit.ts'
import type { NewChange } from '../model/change.ts'
import type {
  AcsCredentialId,
  AcsUserId,
  ConnectedAccountId,
  ConnectWebviewId,
  UserIdentityId,
} from '../model/ids.ts'
import type { Secret } from '../model/secret.ts'
import type { UserError } from '../model/user-error.ts'

/** Stored JSON object, such as a plan: ids, times and texts, never a PIN or a token. */
export type Facts = Readonly<Record<string, unknown>>

/** Stored facts of a command, for later steps and for the payload: what its steps created and changed. Times are ISO 8601. */
export type CommandFacts = {
  readonly acsUserId?: AcsUserId
  readonly userIdentityId?: UserIdentityId
  /** The credential that was updated or revoked; `null` if it was replaced. */
  readonly acsCredentialId?: AcsCredentialId | null
  /** The credential that was replaced; `null` if it was updated in place. */
  readonly replaced?: AcsCredentialId | null
  /** Ids of the credentials that were issued, by the fact key of the step. */
  readonly acsCredentialIds?: Readonly<Record<string, AcsCredentialId>>
  /** The time of a scheduled move-out; `null` if it is carried out at once. */
  readonly at?: string | null
  readonly clientSessionId?: string
  /** End of the client session. */
  readonly expiresAt?: string | undefined
  /** The client sessions that were ended. */
  readonly clientSessionIds?: readonly string[]
  readonly connectWebviewId?: ConnectWebviewId
  readonly connectedAccountId?: ConnectedAccountId
}

/** Returns a fact of an earlier step. Throws if it is missing. */
export function requireFact<Name extends keyof CommandFacts>(
  facts: CommandFacts,
  name: Name,
): NonNullable<CommandFacts[Name]> {
  const value = facts[name]
  if (value == null) throw new Error(`The stored facts of the command lack ${name}.`)
  return value
}

/** Returns the ids of the credentials that a command issued, in the order of its steps. */
export function getIssuedCredentialIds({ acsCredentialIds = {} }: CommandFacts): readonly AcsCredentialId[] {
  return Object.values(acsCredentialIds)
}

/** Result of a completed step. */
export type StepResult = {
  /** Facts for later steps and for the payload. */
  readonly facts?: CommandFacts
  readonly changes?: readonly NewChange[]
  /** Message for the client about a step that is done, such as a part that Seam refused. */
  readonly message?: string | null
  /** Seam's id of the object that the step created, if a call that takes effect late could create a second one. */
  readonly createdId?: string
  /** Secret for the requests that wait for this result; never stored. */
  readonly secret?: Secret
}

/**
 * One write at Seam. The result of `listExisting` is stored before `execute`. If the answer of `execute` is lost, or the process ends,
 * `findResult` checks whether the write took effect. So no write is made twice, and the result of none is lost.
 */
export type Step = {
  /** Public name, such as `createAcsUser`; it is in payloads and must stay stable. */
  readonly name: string
  /** Name of the lock under which the step runs. Steps whose results `findResult` could confuse use the same lock. */
  lockName?(facts: CommandFacts): string
  /** Returns the ids of existing objects that `findResult` could take for the one that this step creates. */
  listExisting?(facts: CommandFacts): Promise<readonly string[]>
  /** Rejects with `SeamError`, and with `PartialStepFailure` around one. */
  execute(facts: CommandFacts, existingIds: readonly string[]): Promise<StepResult>
  /** Returns what `execute` would have returned if it took effect already; `null` if it did not. Rejects with `SeamError`. */
  findResult(facts: CommandFacts, existingIds: readonly string[]): Promise<StepResult | null>
  /** Compensates the step; an object that is deleted already counts as compensated. Absent if the step cannot be undone. */
  undo?(facts: CommandFacts): Promise<readonly NewChange[]>
  /** Earliest time of the step, in ms since the epoch. */
  readonly notBefore?: number
  /** Input fields by Seam's parameter, where the name is not just the camel case of the parameter. */
  readonly inputFieldNames?: Readonly<Record<string, string>>
}

/** `STARTED`: the call was sent and its outcome is unknown; only `findResult` can find out. */
export type StepStatus = 'PENDING' | 'STARTED' | 'DONE' | 'FAILED' | 'UNDONE'

/** Stored state of one step. */
export type StepProgress = {
  readonly name: string
  readonly status: StepStatus
  readonly message: string | null
  /** Result of `listExisting`. */
  readonly before: readonly string[]
  /** When the call was last sent to Seam, or given up without an answer, in ms since the epoch. */
  readonly sentAt: number
  /** Whether a call was given up without an answer: it may still take effect, even after the step was completed by another call. */
  readonly isUnanswered?: boolean
  /** `createdId` of the result. */
  readonly made?: string | null
}

/** Stored state of a command, from which any process can resume it. */
export type CommandProgress = {
  readonly id: string
  readonly command: string
  /** Name of the API key, or subject of the token, of the requester. */
  readonly actor: string
  /** How the requester authenticated; absent in records that are older than the audit trail. */
  readonly actorKind?: AuditActorKind
  /** Result of `prepare`. */
  readonly plan: Facts
  readonly phase: 'FORWARD' | 'UNDOING'
  readonly steps: readonly StepProgress[]
  readonly facts: CommandFacts
  /** Highest journal offset of the changes that were published; 0 if none were. */
  readonly offset: number
  /** User errors for which the command is undone. */
  readonly objections: readonly UserError[]
  /** The command waits until this time, in ms since the epoch. */
  readonly dueAt: number
  /** Slot of its idempotency key, if it has one. */
  readonly slot: IdempotencySlot | null
}

/** Storage key of an idempotency key, and a hash of the input that was sent with it. */
export type IdempotencySlot = { readonly place: string; readonly fingerprint: string }

/** State of a step as clients see it. */
export type StepReport = Pick<StepProgress, 'name' | 'status' | 'message'>

/** Result of a command that has ended or waits until it is due. */
export type CommandOutcome = {
  readonly id: string
  readonly facts: CommandFacts
  readonly steps: readonly StepReport[]
  readonly userErrors: readonly UserError[]
  /** A journal offset that includes every change it published; 0 if it published none. */
  readonly offset: number
  readonly secret?: Secret
}

/** The outcome of a mutation that did nothing. */
export const emptyOutcome: CommandOutcome = { id: '', facts: {}, steps: [], userErrors: [], offset: 0 }

/** Returns the result of a command in its current state. */
export function toOutcome(progress: CommandProgress): CommandOutcome {
  const steps = progress.steps.map(({ name, status, message }) => ({ name, status, message }))
  const { id, objections: userErrors, offset } = progress
  // The objects of a refused command are deleted again, so there is nothing to return.
  const facts = userErrors.length > 0 ? {} : progress.facts
  return { id, facts, steps, userErrors, offset }
}
