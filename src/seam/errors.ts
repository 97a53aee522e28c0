/** Category of a failed call to Seam. Stable, unlike Seam's own error types. */
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
  /** The caller aborted the call with its `signal`. */
  | 'ABORTED'
  | 'BAD_RESPONSE'

/**
 * Whether Seam may have executed the call. `refused` and `not_sent`: it did not. `unknown`: check the state at Seam before repeating the call.
 * Covers all attempts of a write: a refusal after a lost response is `unknown`.
 */
export type SeamOutcome = 'refused' | 'not_sent' | 'unknown'

/** Fields of a `SeamError`; an absent field is unknown. */
export type SeamErrorDetails = {
  readonly code: SeamErrorCode
  readonly message: string
  /** Seam's path, such as `acs/users/list`. */
  readonly route: string
  readonly outcome: SeamOutcome
  readonly status?: number | null
  /** Seam's own error type, such as `acs_user_not_found`. */
  readonly seamType?: string | null
  /** Seam's `seam-request-id`, which Seam's support asks for. */
  readonly requestId?: string | null
  /** Seam's validation messages by parameter path, such as `access_schedule.ends_at`. */
  readonly validation?: Readonly<Record<string, readonly string[]>>
  /** Delay from Seam's `retry-after`, in ms. */
  readonly retryAfterMs?: number | null
}

/**
 * A failed call to Seam. Contains only the fields of `SeamErrorDetails`: the SDK's errors contain the whole request, including the API key,
 * so they are never attached as `cause`.
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
  /** Delay from Seam's `retry-after`, in ms. */
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

/** Returns a copy of the error with the outcome `unknown`, for a call of which an earlier attempt may have been executed. */
export function withUnknownOutcome(error: SeamError): SeamError {
  return new SeamError({ ...error, message: error.message, outcome: 'unknown' })
}

/** Creates the error for a response from Seam that is malformed. `reason` is a clause that follows a colon. */
export function createUnreadableError(
  route: string,
  reason: string,
  status: number | null = null,
): SeamError {
  return new SeamError({
    code: 'BAD_RESPONSE',
    message: `Seam's response to ${route} is invalid: ${reason}.`,
    route,
    outcome: 'unknown',
    status,
  })
}

/** Creates the error for a response with rows outside of the request, which must never be returned to the caller. */
export function createForeignRowsError(route: string): SeamError {
  return createUnreadableError(route, 'it contains rows that were not requested')
}

/** Creates the error for a parameter that is rejected before the request is sent. */
export function createInvalidParameterError(route: string, parameter: string, reason: string): SeamError {
  return new SeamError({
    code: 'INVALID_INPUT',
    message: `${parameter} ${reason}; the request ${route} was not sent to Seam.`,
    route,
    outcome: 'not_sent',
    validation: { [parameter]: [reason] },
  })
}

/** Resolves to the list, or to an empty list if its parent object does not exist (`NOT_FOUND`). */
export async function emptyIfNotFound<T>(list: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await list
  } catch (error) {
    if (error instanceof SeamError && error.code === 'NOT_FOUND') return []
    throw error
  }
}
