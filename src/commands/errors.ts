import type { NewChange } from '../model/change.ts'

/** Another request with the same idempotency key, or about the same ACS user, is still running. */
export class InProgress extends Error {
  override readonly name = 'InProgress'
  readonly code = 'IN_PROGRESS'

  constructor() {
    super(
      'Another mutation with this idempotency key, or about this ACS user, is still in progress. Send the mutation again in a moment, with the same idempotency key.',
    )
  }
}

/** The API key or token of the requester was revoked or expired during a command: no further step is sent to Seam. */
export class AuthenticationEnded extends Error {
  override readonly name = 'AuthenticationEnded'
  readonly code = 'UNAUTHENTICATED'

  constructor() {
    super(
      'The API key or token was revoked or expired during the mutation. Completed steps are rolled back where possible.',
    )
  }
}

/** Another process has taken a command over: its outcome has to be read from its record. */
export class CommandLeaseLost extends Error {
  override readonly name = 'CommandLeaseLost'
}

/** A call without an answer may still take effect at Seam: the command has to be resumed later. */
export class OutcomeUnsettled extends Error {
  override readonly name = 'OutcomeUnsettled'
}

/** A step failed after part of its work. The changes that it made are published whether or not the step succeeds later. */
export class PartialStepFailure extends Error {
  override readonly name = 'PartialStepFailure'
  override readonly cause: unknown
  readonly changes: readonly NewChange[]

  constructor(changes: readonly NewChange[], cause: unknown) {
    super('A step is partly done.')
    this.cause = cause
    this.changes = changes
  }
}
