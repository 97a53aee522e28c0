import { GraphQLError, type GraphQLErrorExtensions } from 'graphql'
import type { Logger } from '../log.ts'
import { SeamError, type SeamErrorCode } from '../seam/errors.ts'
import { Refusal } from './respond.ts'

/** Errors of ours whose message is written for the client. */
const toldCodes = new Set([
  'BAD_CURSOR',
  'JOURNAL_UNAVAILABLE',
  'NOT_CAUGHT_UP',
  'JOURNAL_REPLACED',
  'IN_PROGRESS',
])

/** What stays inside: yoga's notes on the HTTP status. */
const internalExtensions = ['http', 'unexpected']

/**
 * Turns whatever was thrown into what a client may read. An error meant for clients keeps its message and gets its code;
 * anything else becomes "Unexpected error" with the code INTERNAL, and keeps what was thrown as `originalError` for the log.
 */
export function maskError(thrown: unknown): GraphQLError {
  const cause = rootOf(thrown)
  const located = thrown instanceof GraphQLError ? thrown : null
  if (cause instanceof GraphQLError)
    return relocate(cause, located, {
      ...cause.extensions,
      code: cause.extensions.code ?? codeOf(cause) ?? 'BAD_REQUEST',
    })
  if (cause instanceof SeamError) return relocate(adviseOn(cause), located, seamExtensions(cause))
  if (cause instanceof Refusal) return relocate(cause, located, { code: cause.code, ...cause.details })
  const code = codeOf(cause)
  if (cause instanceof Error && code !== null && toldCodes.has(code))
    return relocate(cause, located, { code })
  return relocate(new Error('Unexpected error'), located, { code: 'INTERNAL', unexpected: true }, cause)
}

/** Whatever an operation was refused with, as errors for its client: several are thrown together as an `AggregateError`. */
export function errorsOf(thrown: unknown): readonly GraphQLError[] {
  return thrown instanceof AggregateError ? thrown.errors.map(maskError) : [maskError(thrown)]
}

/**
 * Finishes the errors of one answer: each gets the request's id, and the unexpected ones are logged in full under it.
 * Answers copies, since parsers and validators hand out cached errors.
 */
export function reportErrors(
  errors: readonly GraphQLError[],
  requestId: string,
  log: Logger,
): readonly GraphQLError[] {
  return errors.map((error) => {
    if (error.extensions.code === 'INTERNAL')
      log.error(
        { err: error.originalError ?? error, path: error.path, requestId },
        'Unexpected error in an answer',
      )
    return relocate(error, error, {
      ...error.extensions,
      code: error.extensions.code ?? 'BAD_REQUEST',
      requestId,
    })
  })
}

/** The errors as they are written into an answer. */
export function formatErrors(errors: readonly GraphQLError[]): readonly object[] {
  return errors.map((error) => {
    const { extensions, ...rest } = error.toJSON()
    const shown = Object.entries(extensions ?? {}).filter(([name]) => !internalExtensions.includes(name))
    return { ...rest, extensions: Object.fromEntries(shown) }
  })
}

function relocate(
  error: Error,
  located: GraphQLError | null,
  extensions: GraphQLErrorExtensions,
  original?: unknown,
): GraphQLError {
  return new GraphQLError(shortened(error.message), {
    nodes: located?.nodes ?? null,
    source: located?.source ?? null,
    positions: located?.positions ?? null,
    path: located?.path ?? null,
    originalError: original instanceof Error ? original : null,
    extensions,
  })
}

/** Longer messages only repeat what the client has sent: validation quotes whole literals. */
const messageAtMost = 1_000

function shortened(message: string): string {
  return message.length <= messageAtMost ? message : `${message.slice(0, messageAtMost)}…`
}

function rootOf(thrown: unknown): unknown {
  let error = thrown
  while (error instanceof GraphQLError && error.originalError != null) error = error.originalError
  return error
}

function codeOf(error: unknown): string | null {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : null
}

const onceMore = 'Ask again in a moment; after a mutation, look first whether it was done.'

/** What whoever reads the error can do about it; the others speak for themselves. */
const seamAdvice: Partial<Record<SeamErrorCode, string>> = {
  TIMEOUT: onceMore,
  UNAVAILABLE: onceMore,
  BAD_RESPONSE: onceMore,
  RATE_LIMITED: 'Seam takes no more calls for a while; ask again then.',
  UNAUTHORIZED:
    "Seam doesn't accept the gateway's key; whoever runs it finds out more with its doctor command.",
}

function adviseOn({ code, message }: SeamError): Error {
  const advice = seamAdvice[code]
  return new Error(advice === undefined ? message : `${message} ${advice}`)
}

function seamExtensions({ code, requestId, retryAfterMs }: SeamError): GraphQLErrorExtensions {
  return {
    code: `SEAM_${code}`,
    ...(requestId !== null && { seamRequestId: requestId }),
    ...(retryAfterMs !== null && { retryAfterMs }),
  }
}
