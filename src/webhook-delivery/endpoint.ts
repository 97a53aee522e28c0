import type { GapReason } from '../feed/subscription.ts'
import type { ChangeFilter } from '../model/change-filter.ts'
import type { Secret } from '../model/secret.ts'

/** A secret that signs messages. A replaced one signs for another day; `null` marks the current one. */
export type EndpointSecret = { readonly secret: Secret; readonly until: string | null }

/** A position in a journal. */
export type JournalPosition = { readonly epoch: string; readonly offset: number }

/** Maximum number of messages in flight to an endpoint. */
export const maxParallel = 32

/** A webhook endpoint with the settings of its owner. Written by the process that executes the owner's mutation. */
export type Endpoint = {
  readonly id: string
  /** Owner: the name of an API key, so that a later API key with the same name owns it too; or the demo. */
  readonly owner: string
  /** ID of the API key whose access scope is used, and whose end stops the endpoint. `null` for the demo. */
  readonly keyId: string | null
  readonly url: string
  readonly description: string | null
  readonly filter: ChangeFilter
  readonly secrets: readonly EndpointSecret[]
  /** Maximum number of messages in flight at the same time; 1 means the journal's order. */
  readonly parallel: number
  readonly isPaused: boolean
  /** Increases when the owner resumes the endpoint, which clears earlier stops. At least the time in ms since the epoch. */
  readonly generation: number
  /** Start position of this generation, or `null` to continue the previous one. */
  readonly from: JournalPosition | null
  /** Increases with every change of the endpoint. */
  readonly version: number
  readonly createdAt: string
}

/** Why the endpoint is stopped until its owner resumes it: the receiver answered 410, failed for too long, or the API key ended or lost the scopes. */
export type StopReason = 'GONE' | 'FAILING' | 'KEY_ENDED'

/** A failed attempt. `status` is the status of the answer, or `null` without an answer. */
export type DeliveryFailure = {
  readonly at: string
  readonly status: number | null
  readonly message: string
}

/** Changes before a position are missing; the receiver must fetch again. */
export type PendingGap = { readonly reason: GapReason; readonly at: string }

/**
 * What was delivered of a journal: every change up to `offset`, and every change up to `frontier` except `incomplete`. A change that the
 * filter or the access scope excludes counts as delivered.
 */
export type DeliveryPosition = JournalPosition & {
  readonly frontier: number
  /** Offsets between `offset` and `frontier` of changes that were not accepted yet, in ascending order. */
  readonly incomplete: readonly number[]
}

/** A message that failed and was not accepted since. `offset` is that of its change, or of its gap. */
export type FailingMessage = {
  readonly offset: number
  readonly failures: number
  readonly failingSince: string
  readonly nextTryAt: string
}

/** Progress of an endpoint. Written by the sending process only. */
export type DeliveryProgress = DeliveryPosition & {
  /** Generation of the endpoint. Of an older generation, only the position is used. */
  readonly generation: number
  /** Access scope of the owner when the progress was saved. A different access scope causes a gap. */
  readonly sight: string
  /** A gap that has not been sent yet, and when it was found. */
  readonly gap: PendingGap | null
  readonly deliveredAt: string | null
  /** Messages that are waiting for their next attempt: at most `parallel`. */
  readonly failing: readonly FailingMessage[]
  /** Last failure, or `null` if no message is failing. */
  readonly failure: DeliveryFailure | null
  readonly stopped: StopReason | null
  /**
   * Version of the endpoint under which a process may be sending a message, with that process's fencing token; `null` if none is. An
   * owner's change is effective once no older version is in use.
   */
  readonly serving: ServedVersion | null
}

export type ServedVersion = { readonly version: number; readonly token: number }

export type EndpointState = 'ACTIVE' | 'PAUSED' | 'STOPPED'

/** An endpoint with its progress, or `null` before its first delivery. */
export type EndpointReport = { readonly endpoint: Endpoint; readonly progress: DeliveryProgress | null }

/** Current state of an endpoint. */
export function getEndpointState({ endpoint, progress }: EndpointReport): EndpointState {
  if (endpoint.isPaused) return 'PAUSED'
  return getStopReason({ endpoint, progress }) === null ? 'ACTIVE' : 'STOPPED'
}

/** Returns why the endpoint was stopped since its owner last resumed it, or `null`. */
export function getStopReason({ endpoint, progress }: EndpointReport): StopReason | null {
  return progress?.generation === endpoint.generation ? progress.stopped : null
}

/** Returns the position from which an endpoint is served: the requested or the saved one. `null` means the end of the journal. */
export function getStartPosition({ endpoint, progress }: EndpointReport): DeliveryPosition | null {
  const { generation, from } = endpoint
  const isNewGeneration = progress?.generation !== generation
  return isNewGeneration && from !== null ? createPosition(from) : progress
}

/** Creates a position at which every change up to an offset was delivered, and no later one. */
export function createPosition({ epoch, offset }: JournalPosition): DeliveryPosition {
  return { epoch, offset, frontier: offset, incomplete: [] }
}
