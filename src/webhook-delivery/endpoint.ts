import type { GapReason } from '../feed/subscription.ts'
import type { ChangeFilter } from '../model/change-filter.ts'
import type { Secret } from '../model/secret.ts'

/** A secret that signs messages. A replaced one signs for another day; `null` marks the current one. */
export type EndpointSecret = { readonly secret: Secret; readonly until: string | null }

/** A position in a journal. */
export type JournalPosition = { readonly epoch: string; readonly offset: number }

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

/** Progress of an endpoint. Written by the sending process only. */
export type DeliveryProgress = JournalPosition & {
  /** Generation of the endpoint. Of an older generation, only the position is used. */
  readonly generation: number
  /** Access scope of the owner when the progress was saved. A different access scope causes a gap. */
  readonly sight: string
  /** A gap that has not been sent yet, and when it was found. */
  readonly gap: PendingGap | null
  readonly deliveredAt: string | null
  /** Last failure since the last delivery. */
  readonly failure: DeliveryFailure | null
  readonly failingSince: string | null
  readonly failures: number
  readonly nextTryAt: string | null
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
