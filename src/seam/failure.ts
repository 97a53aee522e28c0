import type { Secret } from '../model/secret.ts'
import { SeamError, type SeamErrorCode, unreadable } from './errors.ts'

/** What is needed to turn a failure into a `SeamError`. */
export type FailureContext = {
  readonly route: string
  readonly apiKey: Secret
  /** In ms since the epoch; a `retry-after` may be a date. */
  readonly now: number
}

type Reply = { readonly status: number; readonly headers?: unknown; readonly data?: unknown }
type Transport = Error & { readonly code?: unknown; readonly response?: Reply }

/**
 * Turns whatever the SDK threw into a `SeamError`, taking over texts and numbers only, with the API key cut out of them. The SDK's
 * own errors have axios' as their cause, and axios' errors come bare where an answer had no envelope, or there was none.
 */
export function toSeamError(thrown: unknown, context: FailureContext): SeamError {
  if (thrown instanceof SeamError) return thrown
  const transport = [thrown, (thrown as Error | undefined)?.cause].find(isTransportError)
  if (transport === undefined) return unreadable(context.route, 'it is no JSON object')
  return transport.response === undefined
    ? unanswered(transport, context)
    : refused(transport.response, context)
}

function isTransportError(thrown: unknown): thrown is Transport {
  return thrown instanceof Error && (thrown as { isAxiosError?: unknown }).isAxiosError === true
}

function refused(reply: Reply, { route, apiKey, now }: FailureContext): SeamError {
  const { status } = reply
  const scrub = scrubber(apiKey)
  const envelope = envelopeOf(reply.data)
  const requestId = headerOf(reply, 'seam-request-id')
  return new SeamError({
    code: codeOf(status, envelope?.type ?? null),
    message:
      envelope === null
        ? `Seam answered ${route} with HTTP ${status} and nothing readable.`
        : scrub(`Seam answered ${route} with ${envelope.type}: ${envelope.message}`),
    route,
    outcome: status < 300 || status === 408 || status >= 500 ? 'unknown' : 'refused',
    status,
    seamType: envelope === null ? null : scrub(envelope.type),
    requestId: requestId === null ? null : scrub(requestId),
    validation: envelope === null ? {} : validationOf(envelope.validation, scrub),
    retryAfterMs: retryAfterOf(headerOf(reply, 'retry-after'), now),
  })
}

/** A 404 that isn't Seam's own says nothing about what there is: it may come from a proxy or a wrong address. */
function codeOf(status: number, seamType: string | null): SeamErrorCode {
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

function unanswered(error: Transport, { route, apiKey }: FailureContext): SeamError {
  const why = typeof error.code === 'string' ? error.code : 'unknown reason'
  const isTimeout = why === 'ERR_CANCELED' || (why === 'ETIMEDOUT' && !isBeforeSending(error))
  return new SeamError({
    code: isTimeout ? 'TIMEOUT' : 'UNAVAILABLE',
    message: isTimeout
      ? `Seam didn't answer ${route} in time.`
      : scrubber(apiKey)(`Seam could not be reached for ${route} (${why}).`),
    route,
    outcome: isBeforeSending(error) ? 'not_sent' : 'unknown',
  })
}

const tlsRefusal = /^(CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/

/** Whether no connection came about, so that nothing of the request can have arrived. */
function isBeforeSending(error: Transport): boolean {
  const { cause } = error
  const causes = [error, cause, ...(cause instanceof AggregateError ? cause.errors : [])]
  return causes.some((each) => {
    const { code, syscall } = (each ?? {}) as { code?: unknown; syscall?: unknown }
    return syscall === 'connect' || syscall === 'getaddrinfo' || tlsRefusal.test(String(code))
  })
}

function scrubber(apiKey: Secret): (text: string) => string {
  const key = apiKey.reveal()
  return (text) => (key === '' ? text : text.replaceAll(key, `${apiKey}`)).slice(0, 500)
}

type Envelope = { readonly type: string; readonly message: string; readonly validation: unknown }

function envelopeOf(body: unknown): Envelope | null {
  const { error } = (body ?? {}) as { error?: unknown }
  const { type, message, validation_errors } = (error ?? {}) as Record<string, unknown>
  if (typeof type !== 'string') return null
  return { type, message: typeof message === 'string' ? message : '', validation: validation_errors }
}

/** Flattens Seam's tree of `_errors` into messages by the parameter's path. */
function validationOf(
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

function headerOf(reply: Reply, name: string): string | null {
  const value = ((reply.headers ?? {}) as Record<string, unknown>)[name]
  return typeof value === 'string' && value !== '' ? value : null
}

/** `retry-after`, in seconds or as a date, in ms from now. */
function retryAfterOf(header: string | null, now: number): number | null {
  if (header === null) return null
  const seconds = Number(header)
  const ms = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}
