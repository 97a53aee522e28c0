import type { Secret } from '../../model/secret.ts'
import { createUnreadableError, SeamError, type SeamErrorCode } from '../errors.ts'

/** Context for the conversion of a failure to a `SeamError`. */
export type FailureContext = {
  readonly route: string
  readonly apiKey: Secret
  /** Current time in ms since the epoch, since `retry-after` may be a date. */
  readonly now: number
}

type SdkResponse = { readonly status: number; readonly headers?: unknown; readonly data?: unknown }
type TransportError = Error & { readonly code?: unknown; readonly response?: SdkResponse }

/**
 * Converts any value that the SDK threw to a `SeamError`. Copies only texts and numbers, with the API key removed. The SDK's errors have
 * axios errors as their cause; a response without Seam's envelope, or no response, results in a plain axios error.
 */
export function toSeamError(thrown: unknown, context: FailureContext): SeamError {
  if (thrown instanceof SeamError) return thrown
  const transportError = [thrown, (thrown as Error | undefined)?.cause].find(isTransportError)
  if (transportError === undefined) return createUnreadableError(context.route, 'it is not a JSON object')
  return transportError.response === undefined
    ? createNoResponseError(transportError, context)
    : createResponseError(transportError.response, context)
}

function isTransportError(thrown: unknown): thrown is TransportError {
  return thrown instanceof Error && (thrown as { isAxiosError?: unknown }).isAxiosError === true
}

function createResponseError(response: SdkResponse, { route, apiKey, now }: FailureContext): SeamError {
  const { status } = response
  const scrub = createApiKeyScrubber(apiKey)
  const envelope = readErrorEnvelope(response.data)
  const requestId = readHeader(response, 'seam-request-id')
  return new SeamError({
    code: getErrorCode(status, envelope?.type ?? null),
    message:
      envelope === null
        ? `Seam responded to ${route} with HTTP ${status} without Seam's error format.`
        : scrub(
            `Seam answered ${route} with ${envelope.type}${isReasonForCaller(status) ? `: ${envelope.message}` : '.'}`,
          ),
    route,
    outcome: status < 300 || status === 408 || status >= 500 ? 'unknown' : 'refused',
    status,
    seamType: envelope === null ? null : scrub(envelope.type),
    requestId: requestId === null ? null : scrub(requestId),
    validation: envelope === null ? {} : flattenValidation(envelope.validation, scrub),
    retryAfterMs: parseRetryAfterMs(readHeader(response, 'retry-after'), now),
  })
}

/** Returns whether Seam's text may be shown to the caller. Texts about internal failures or about the API key are not. */
function isReasonForCaller(status: number): boolean {
  return status < 500 && status !== 401
}

/** Maps a status to an error code. A 404 without Seam's envelope is not `NOT_FOUND`: it may come from a proxy or a wrong URL. */
function getErrorCode(status: number, seamType: string | null): SeamErrorCode {
  if (status === 401) return 'UNAUTHORIZED'
  if (status === 403) return 'FORBIDDEN'
  if (status === 408) return 'TIMEOUT'
  if (status === 409) return 'CONFLICT'
  if (status === 429) return 'RATE_LIMITED'
  if (status >= 500) return 'UNAVAILABLE'
  if (status < 400) return 'BAD_RESPONSE'
  if (seamType === null) return status === 404 ? 'BAD_RESPONSE' : 'INVALID_INPUT'
  if (status === 404 || seamType.endsWith('_not_found')) return 'NOT_FOUND'
  return seamType === 'not_supported' ? 'NOT_SUPPORTED' : 'INVALID_INPUT'
}

function createNoResponseError(error: TransportError, { route, apiKey }: FailureContext): SeamError {
  const reason = typeof error.code === 'string' ? error.code : 'unknown reason'
  const isTimeout = reason === 'ERR_CANCELED' || (reason === 'ETIMEDOUT' && !isFailedConnection(error))
  return new SeamError({
    code: isTimeout ? 'TIMEOUT' : 'UNAVAILABLE',
    message: isTimeout
      ? `Seam didn't answer ${route} in time.`
      : createApiKeyScrubber(apiKey)(`Seam could not be reached for ${route} (${reason}).`),
    route,
    outcome: isFailedConnection(error) ? 'not_sent' : 'unknown',
  })
}

const tlsErrorPattern = /^(CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/

/** Returns whether no connection was established, so that the request cannot have reached Seam. */
function isFailedConnection(error: TransportError): boolean {
  const { cause } = error
  const causes = [error, cause, ...(cause instanceof AggregateError ? cause.errors : [])]
  return causes.some((each) => {
    const { code, syscall } = (each ?? {}) as { code?: unknown; syscall?: unknown }
    return syscall === 'connect' || syscall === 'getaddrinfo' || tlsErrorPattern.test(String(code))
  })
}

function createApiKeyScrubber(apiKey: Secret): (text: string) => string {
  const key = apiKey.reveal()
  return (text) => (key === '' ? text : text.replaceAll(key, `${apiKey}`)).slice(0, 500)
}

type ErrorEnvelope = { readonly type: string; readonly message: string; readonly validation: unknown }

function readErrorEnvelope(body: unknown): ErrorEnvelope | null {
  const { error } = (body ?? {}) as { error?: unknown }
  const { type, message, validation_errors } = (error ?? {}) as Record<string, unknown>
  if (typeof type !== 'string') return null
  return { type, message: typeof message === 'string' ? message : '', validation: validation_errors }
}

/** Flattens Seam's tree of `_errors` to messages by parameter path. */
function flattenValidation(
  tree: unknown,
  scrub: (text: string) => string,
): Readonly<Record<string, readonly string[]>> {
  const found: [string, readonly string[]][] = []
  const visit = (node: unknown, path: readonly string[]): void => {
    if (typeof node !== 'object' || node === null) return
    for (const [name, value] of Object.entries(node)) {
      if (name !== '_errors') visit(value, [...path, name])
      else if (Array.isArray(value) && value.length > 0 && path.length > 0)
        found.push([scrub(path.join('.')), value.map((message) => scrub(String(message)))])
    }
  }
  visit(tree, [])
  return Object.fromEntries(found)
}

function readHeader(response: SdkResponse, name: string): string | null {
  const value = ((response.headers ?? {}) as Record<string, unknown>)[name]
  return typeof value === 'string' && value !== '' ? value : null
}

/** Parses `retry-after` (seconds or a date) to a delay in ms. */
function parseRetryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null
  const seconds = Number(header)
  const ms = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}
