import { GraphQLError, type GraphQLErrorExtensions, type GraphQLFormattedError } from 'graphql'
import { AuthenticationEnded, InProgress } from '../../commands/errors.ts'
import { CursorNotReached } from '../../feed/cursor-wait.ts'
import { JournalUnavailable } from '../../journal/journal.ts'
import { InvalidCursor } from '../../model/cursor.ts'
import type { Logger } from '../../observability/logger.ts'
import { SeamError, type SeamErrorCode } from '../../seam/errors.ts'
import { HttpError } from '../protocol/http-error.ts'

/** Errors of the gateway whose messages are safe to send to clients. */
const errorsWithClientMessages = [InvalidCursor, CursorNotReached, InProgress, AuthenticationEnded]

/** Replaces messages about the store, which contain its address and the cause. */
const storeUnavailableMessage =
  "The gateway's store is not available. Try again in a moment; repeat a mutation with the same idempotencyKey."

/**
 * Converts a thrown value to an error for clients. Only this function decides which messages are sent to clients. An error whose message is
 * safe keeps its message and its code. Any other becomes "Unexpected error", with the thrown value as `originalError` for the log entry
 * with the request id.
 */
export function maskError(thrown: unknown): GraphQLError {
  const cause = findRootCause(thrown)
  const located = thrown instanceof GraphQLError ? thrown : null
  if (cause instanceof GraphQLError && hasClientMessage(thrown))
    return createLocatedError(cause, located, {
      ...cause.extensions,
      code: cause.extensions.code ?? readCode(cause) ?? 'BAD_REQUEST',
    })
  if (cause instanceof SeamError)
    return createLocatedError(addAdvice(cause), located, createSeamExtensions(cause))
  if (cause instanceof HttpError)
    return createLocatedError(cause, located, { code: cause.code, ...cause.details })
  if (cause instanceof JournalUnavailable)
    return createLocatedError(new Error(storeUnavailableMessage), located, { code: cause.code }, cause)
  if (errorsWithClientMessages.some((type) => cause instanceof type))
    return createLocatedError(cause as Error, located, { code: readCode(cause) })
  return createLocatedError(new Error('Unexpected error'), located, { code: 'INTERNAL' }, cause)
}

/**
 * Whether the message of an error is safe: the gateway's own errors have a code; errors of graphql-js about the document or its variables
 * have nodes or a source, but no path. Other errors are about values that a resolver has returned.
 */
function hasClientMessage(thrown: unknown): boolean {
  for (let error = thrown; error instanceof GraphQLError; error = error.originalError) {
    const { extensions, nodes, path, source } = error
    // An error that was masked before stays masked.
    if (extensions.code !== undefined) return extensions.code !== 'INTERNAL'
    if (path === undefined && (nodes !== undefined || source !== undefined)) return true
  }
  return false
}

/** Converts the thrown value of a rejected operation to errors for its client: one for each error of an `AggregateError`. */
export function toGraphqlErrors(thrown: unknown): readonly GraphQLError[] {
  return thrown instanceof AggregateError ? thrown.errors.map(maskError) : [maskError(thrown)]
}

/**
 * Adds the request id to the errors of a response, and logs the unexpected ones in full with that id.
 * Returns copies, since the errors of parsing and validation are cached.
 */
export function reportErrors(
  errors: readonly GraphQLError[],
  requestId: string,
  log: Logger,
): readonly GraphQLError[] {
  return errors.map((error) => {
    const { code } = error.extensions
    const details = { err: error.originalError ?? error, path: error.path, requestId }
    if (code === 'INTERNAL') log.error(details, 'Unexpected error in a GraphQL response')
    else if (code === 'JOURNAL_UNAVAILABLE')
      log.warn(details, 'The store was not available for a GraphQL request')
    return createLocatedError(error, error, {
      ...error.extensions,
      code: error.extensions.code ?? 'BAD_REQUEST',
      requestId,
    })
  })
}

/** Serialises errors for a response, without yoga's information about the HTTP status (`http`). */
export function formatErrors(errors: readonly GraphQLError[]): readonly GraphQLFormattedError[] {
  return errors.map((error) => {
    const { extensions: { http: _, ...extensions } = {}, ...rest } = error.toJSON()
    return { ...rest, extensions }
  })
}

function createLocatedError(
  error: Error,
  located: GraphQLError | null,
  extensions: GraphQLErrorExtensions,
  original?: unknown,
): GraphQLError {
  return new GraphQLError(truncateMessage(error.message), {
    nodes: located?.nodes ?? null,
    source: located?.source ?? null,
    positions: located?.positions ?? null,
    path: located?.path ?? null,
    originalError: original instanceof Error ? original : null,
    extensions,
  })
}

/** Longer messages repeat input of the client: validation quotes whole literals. */
const maxMessageLength = 1_000

function truncateMessage(message: string): string {
  return message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength)}…`
}

function findRootCause(thrown: unknown): unknown {
  let error = thrown
  while (error instanceof GraphQLError && error.originalError != null) error = error.originalError
  return error
}

function readCode(error: unknown): string | null {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : null
}

const retryAdvice = 'Try again in a moment. Before you repeat a mutation, check what it has changed.'

/** Advice that is appended to the messages of errors of Seam. The messages of other codes need none. */
const seamAdvice: Partial<Record<SeamErrorCode, string>> = {
  TIMEOUT: retryAdvice,
  UNAVAILABLE: retryAdvice,
  BAD_RESPONSE: retryAdvice,
  RATE_LIMITED: 'The rate limit of Seam is reached. Try again later.',
  UNAUTHORIZED:
    'Seam rejects the API key of the gateway. The operator of the gateway can diagnose this with the command `doctor`.',
}

function addAdvice({ code, message }: SeamError): Error {
  const advice = seamAdvice[code]
  return new Error(advice === undefined ? message : `${message} ${advice}`)
}

function createSeamExtensions({ code, requestId, retryAfterMs }: SeamError): GraphQLErrorExtensions {
  return {
    code: `SEAM_${code}`,
    ...(requestId !== null && { seamRequestId: requestId }),
    ...(retryAfterMs !== null && { retryAfterMs }),
  }
}
