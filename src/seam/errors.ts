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
  | 'BAD_RESPONSE'

/**
 * Whether Seam may have done what was asked: `refused` and `not_sent` mean it did not; after `unknown` look before repeating.
 */
export type SeamOutcome = 'refused' | 'not_sent' | 'unknown'

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
  /** Seam's objections by parameter. */
  readonly validation?: Readonly<Record<string, readonly string[]>>
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
