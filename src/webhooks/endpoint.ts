import type { GapReason } from '../feed/batch.ts'
import type { ChangeFilter } from '../model/change-filter.ts'
import type { Secret } from '../model/secret.ts'

/** A secret that signs messages, until it was replaced for a day; `null` is the one in use. */
export type EndpointSecret = { readonly secret: Secret; readonly until: string | null }

/** A place in a journal. */
export type Place = { readonly epoch: string; readonly offset: number }

/** An address that changes are sent to, as its owner wants it. Written by whoever takes the owner's mutation. */
export type Endpoint = {
  readonly id: string
  /** Whose it is: of a key's name, so that a later key under the same name has it; or of the demo. */
  readonly owner: string
  /** The key in whose name changes are sent, and whose end ends that; `null` is the demo's viewer. */
  readonly keyId: string | null
  readonly url: string
  readonly description: string | null
  readonly filter: ChangeFilter
  readonly secrets: readonly EndpointSecret[]
  readonly isPaused: boolean
  /** Grows whenever its owner has it begin anew: what stopped it before counts no more. In ms since the epoch at least. */
  readonly generation: number
  /** Where this generation begins; `null` is where the one before it was. */
  readonly from: Place | null
  readonly createdAt: string
  /** Of what was asked for when it was made. */
  readonly fingerprint: string
}

/** Why nothing is sent until the owner says so: the receiver answered 410, or failed for too long, or the key is no more. */
export const stopReasons = ['GONE', 'FAILING', 'KEY_ENDED'] as const
export type StopReason = (typeof stopReasons)[number]

/** A try that failed; `status` is that of the answer, `null` where there was none. */
export type Failure = { readonly at: string; readonly status: number | null; readonly message: string }

/** Something is missing before a place: fetch anew. */
export type Gap = { readonly reason: GapReason; readonly at: string }

/** How far an endpoint is. Written by the one process that sends. */
export type Progress = Place & {
  /** The generation that it's about; an older one tells only the place. */
  readonly generation: number
  /** What the owner saw when it was written: another sight is told as a gap. */
  readonly sight: string
  /** A gap that is still to be told, and when it was found. */
  readonly gap: Gap | null
  readonly deliveredAt: string | null
  /** The last failure since anything was delivered. */
  readonly failure: Failure | null
  readonly failingSince: string | null
  readonly failures: number
  readonly nextTryAt: string | null
  readonly stopped: StopReason | null
}

export const endpointStates = ['ACTIVE', 'PAUSED', 'STOPPED'] as const
export type EndpointState = (typeof endpointStates)[number]

/** An endpoint with how far it is; `null` until it has been taken up. */
export type EndpointReport = { readonly endpoint: Endpoint; readonly progress: Progress | null }

/** What an endpoint does now. */
export function stateOf({ endpoint, progress }: EndpointReport): EndpointState {
  if (endpoint.isPaused) return 'PAUSED'
  return stopOf({ endpoint, progress }) === null ? 'ACTIVE' : 'STOPPED'
}

/** Why it sends nothing, if it was stopped since its owner had it begin. */
export function stopOf({ endpoint, progress }: EndpointReport): StopReason | null {
  return progress?.generation === endpoint.generation ? progress.stopped : null
}
