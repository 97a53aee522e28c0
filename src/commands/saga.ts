import type { NewChange } from '../model/change.ts'
import type { Secret } from '../model/secret.ts'
import type { UserError } from '../model/user-error.ts'

/** What is written down of a command while it runs: ids, times and words, never a PIN or a token. */
export type Facts = Readonly<Record<string, unknown>>

/** What became of a step that is done. */
export type Done = {
  /** What later steps and the answer need of it. */
  readonly facts?: Facts
  readonly changes?: readonly NewChange[]
  /** For whoever waits for the answer now, and nobody else: never written down. */
  readonly secret?: Secret
}

/**
 * One thing to do at Seam. Before `do`, what `before` answers is written down; when the answer of `do` is lost, or the process with it,
 * `find` looks whether it was done. So nothing is done twice, and nothing that was done is forgotten.
 */
export type Step<F extends Facts = Facts> = {
  /** Stable, since clients are told: `createAcsUser`. */
  readonly name: string
  /** Steps that `find` could mistake for each other have the same lock, and run one after the other. */
  lock?(facts: F): string
  /** Ids of what is there already and could be mistaken for what this step makes. */
  before?(facts: F): Promise<readonly string[]>
  /** Rejects with `SeamError`. */
  do(facts: F, before: readonly string[]): Promise<Done>
  /** What `do` would have answered if it was done already; `null` if it wasn't. Rejects with `SeamError`. */
  find(facts: F, before: readonly string[]): Promise<Done | null>
  /** Takes back what was done; what is gone already counts as taken back. Absent where that can't be. */
  undo?(facts: F): Promise<readonly NewChange[]>
  /** Not before this moment, in ms since the epoch. */
  readonly notBefore?: number
  /** Seam's parameters whose names in the input aren't just another spelling. */
  readonly fields?: Readonly<Record<string, string>>
}

/** `STARTED` may have been done or not: only `find` tells. */
export type StepStatus = 'PENDING' | 'STARTED' | 'DONE' | 'FAILED' | 'UNDONE'

/** Where one step is. */
export type StepProgress = {
  readonly name: string
  readonly status: StepStatus
  readonly message: string | null
  readonly before: readonly string[]
  /** When it was sent to Seam last, or given up without an answer, in ms since the epoch. */
  readonly sentAt: number
}

/** Where a command is: enough for any process to go on with it. */
export type Progress = {
  readonly id: string
  readonly command: string
  /** Name of the key or token subject on whose behalf it's done. */
  readonly actor: string
  /** What was decided before the first step. */
  readonly plan: Facts
  readonly phase: 'FORWARD' | 'UNDOING'
  readonly steps: readonly StepProgress[]
  readonly facts: Facts
  /** Newest journal position of what was told; 0 is nothing. */
  readonly offset: number
  /** Why it's being undone, where that is for its client. */
  readonly objections: readonly UserError[]
  /** Nothing is done before this moment, in ms since the epoch. */
  readonly dueAt: number
  /** Its idempotency key, if it has one. */
  readonly slot: Slot | null
}

/** Where an idempotency key is kept, and a hash of what was asked under it. */
export type Slot = { readonly place: string; readonly fingerprint: string }

/** What a client is told of a step. */
export type StepReport = Pick<StepProgress, 'name' | 'status' | 'message'>

/** How a command ended, or where it waits for its time. */
export type Outcome = {
  readonly id: string
  readonly facts: Facts
  readonly steps: readonly StepReport[]
  readonly userErrors: readonly UserError[]
  /** A journal position that includes all it told; 0 when it told nothing. */
  readonly offset: number
  readonly secret?: Secret
}

/** What a command's progress says to its client now. */
export function outcomeOf(progress: Progress): Outcome {
  const steps = progress.steps.map(({ name, status, message }) => ({ name, status, message }))
  const { id, objections: userErrors, offset } = progress
  // What was refused left nothing that a client could be shown.
  const facts = userErrors.length > 0 ? {} : progress.facts
  return { id, facts, steps, userErrors, offset }
}
