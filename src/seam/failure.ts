import { SeamHttpApiError, SeamHttpInvalidInputError } from 'seam'
import { SeamError, type SeamErrorCode } from './errors.ts'

/** Turns whatever the SDK threw into a `SeamError`, taking over texts only, with the API key cut out of them. */
export function toSeamError(thrown: unknown, route: string, apiKey: string): SeamError {
  if (thrown instanceof SeamError) return thrown
  const scrub = (text: string): string => text.replaceAll(apiKey, '[hidden]').slice(0, 500)
  if (thrown instanceof SeamHttpApiError) return fromEnvelope(thrown, route, scrub)
  if (isTransportError(thrown)) return fromTransport(thrown, route, scrub)
  return new SeamError({
    code: 'BAD_RESPONSE',
    message: `Seam's answer to ${route} could not be read.`,
    route,
    outcome: 'unknown',
  })
}

function fromEnvelope(error: SeamHttpApiError, route: string, scrub: (text: string) => string): SeamError {
  const { code: seamType, statusCode: status, requestId } = error
  return new SeamError({
    code: codeOf(status, seamType),
    message: scrub(`Seam answered ${route} with ${seamType}: ${error.message}`),
    route,
    outcome: status >= 500 ? 'unknown' : 'refused',
    status,
    seamType,
    requestId: requestId === '' ? null : requestId,
    validation: error instanceof SeamHttpInvalidInputError ? validationOf(error, scrub) : {},
    retryAfterMs: retryAfterOf(headerOf(error.cause, 'retry-after')),
  })
}

/** Seam's objections by parameter; its tree of `_errors` is flattened to one level. */
function validationOf(
  error: SeamHttpInvalidInputError,
  scrub: (text: string) => string,
): Record<string, readonly string[]> {
  const found: Record<string, readonly string[]> = {}
  for (const [name, value] of Object.entries(error.validationErrors ?? {})) {
    if (name === '_errors') continue
    const messages = JSON.stringify(value).match(/"_errors":\[[^\]]*\]/g) ?? []
    found[name] = messages.flatMap((text) => JSON.parse(`{${text}}`)._errors as string[]).map(scrub)
  }
  return found
}

type Transport = {
  readonly code?: string | undefined
  readonly message: string
  readonly response?: { readonly status: number; readonly headers?: unknown } | undefined
}

/** An error of axios, which the SDK passes on where Seam's answer had no envelope, or there was none. */
function isTransportError(thrown: unknown): thrown is Transport {
  return thrown instanceof Error && (thrown as { isAxiosError?: unknown }).isAxiosError === true
}

function fromTransport(error: Transport, route: string, scrub: (text: string) => string): SeamError {
  const status = error.response?.status ?? null
  if (status !== null) {
    return new SeamError({
      code: status >= 200 && status < 300 ? 'BAD_RESPONSE' : codeOf(status, ''),
      message: `Seam answered ${route} with HTTP ${status} and nothing readable.`,
      route,
      outcome: status >= 400 && status < 500 ? 'refused' : 'unknown',
      status,
      retryAfterMs: retryAfterOf(headerOf(error, 'retry-after')),
    })
  }
  const isTimeout =
    error.code === 'ETIMEDOUT' || error.code === 'ECONNABORTED' || error.code === 'ERR_CANCELED'
  const why = causeOf(error)
  const neverSent = why === 'ECONNREFUSED' || why === 'ENOTFOUND' || why === 'EAI_AGAIN'
  return new SeamError({
    code: isTimeout ? 'TIMEOUT' : 'UNAVAILABLE',
    message: isTimeout
      ? `Seam didn't answer ${route} in time.`
      : scrub(`Seam could not be reached for ${route}${why === null ? '' : ` (${why})`}.`),
    route,
    outcome: neverSent ? 'not_sent' : 'unknown',
  })
}

/** The system's code of a network failure, which `fetch` hides some levels down. */
function causeOf(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code } = at as { code?: unknown }
    if (typeof code === 'string' && !code.startsWith('ERR_')) return code
  }
  return null
}

function codeOf(status: number, seamType: string): SeamErrorCode {
  if (status === 404 || seamType.endsWith('_not_found')) return 'NOT_FOUND'
  if (seamType === 'not_supported') return 'NOT_SUPPORTED'
  if (status === 401) return 'UNAUTHORIZED'
  if (status === 403) return 'FORBIDDEN'
  if (status === 408) return 'TIMEOUT'
  if (status === 409) return 'CONFLICT'
  if (status === 429) return 'RATE_LIMITED'
  return status >= 500 ? 'UNAVAILABLE' : 'INVALID_INPUT'
}

function headerOf(carrier: unknown, name: string): string | null {
  const headers = (carrier as { response?: { headers?: Record<string, unknown> } } | undefined)?.response
    ?.headers
  const value = headers?.[name]
  return typeof value === 'string' ? value : null
}

/** `retry-after` in seconds or as a date, in milliseconds from now. */
function retryAfterOf(header: string | null): number | null {
  if (header === null) return null
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}
