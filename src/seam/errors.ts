/** What kind of failure a call to Seam ended with; stable, unlike Seam's own error types. */
export type SeamErrorCode =
  | 'NOT_FOUND'
  | 'INVALID_INPUT'
  | 'NOT_SUPPORTED'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'CONFLICT'
  | 'RATE_LIMITED'
  | 'UNAVAILABLE'
  | 'TIMEOUT'
  /** Whoever made the call gave it up by its `signal`. */
  | 'ABORTED'
  | 'BAD_RESPONSE'

/**
 * Whether Seam may have done what was asked: `refused` and `not_sent` mean it did not; after `unknown` look before repeating.
 * It speaks of all attempts of a write together: a refusal after a lost answer is `unknown`.
 */
export type SeamOutcome = 'refused' | 'not_sent' | 'unknown'

/** What a `SeamError` is made of; what is left out is unknown. */
export type SeamErrorDetails = {
  readonly code: SeamErrorCode
  readonly message: string
  /** Seam's path, such as `acs/users/list`. */
  readonly route: string
  readonly outcome: SeamOutcome
  readonly status?: number | null
  /** Seam's own error type, such as `acs_user_not_found`. */
  readonly seamType?: string | null
  /** Seam's `seam-request-id`, for its support. */
  readonly requestId?: string | null
  /** Seam's objections by parameter; one inside another is named with dots: `access_schedule.ends_at`. */
  readonly validation?: Readonly<Record<string, readonly string[]>>
  /** How long Seam asked to wait. */
  readonly retryAfterMs?: number | null
}

/**
 * A call to Seam failed. Made anew from the few facts above and nothing else: the SDK's errors carry the whole request, and with it
 * the API key, so none of them is ever attached to it.
 */
export class SeamError extends Error {
  override readonly name = 'SeamError'
  readonly code: SeamErrorCode
  readonly route: string
  readonly outcome: SeamOutcome
  readonly status: number | null
  readonly seamType: string | null
  readonly requestId: string | null
  readonly validation: Readonly<Record<string, readonly string[]>>
  /** How long Seam asked to wait. */
  readonly retryAfterMs: number | null

  constructor(details: SeamErrorDetails) {
    super(details.message)
    this.code = details.code
    this.route = details.route
    this.outcome = details.outcome
    this.status = details.status ?? null
    this.seamType = details.seamType ?? null
    this.requestId = details.requestId ?? null
    this.validation = details.validation ?? {}
    this.retryAfterMs = details.retryAfterMs ?? null
  }
}

/** The same error for a call of which an earlier attempt may have been carried out. */
export function doubtful(error: SeamError): SeamError {
  return new SeamError({ ...error, message: error.message, outcome: 'unknown' })
}

/** Seam answered with something that can't be taken for an answer. */
export function unreadable(route: string, why: string, status: number | null = null): SeamError {
  return new SeamError({
    code: 'BAD_RESPONSE',
    message: `Seam's answer to ${route} could not be read: ${why}.`,
    route,
    outcome: 'unknown',
    status,
  })
}

/** Seam answered with rows that were not asked for: they must never reach whoever asked. */
export function foreign(route: string): SeamError {
  return unreadable(route, 'it holds rows that were not asked for')
}

/** A parameter is refused here, before Seam is asked. */
export function refusedHere(route: string, parameter: string, why: string): SeamError {
  return new SeamError({
    code: 'INVALID_INPUT',
    message: `${parameter} ${why}; Seam was not asked for ${route}.`,
    route,
    outcome: 'not_sent',
    validation: { [parameter]: [why] },
  })
}
