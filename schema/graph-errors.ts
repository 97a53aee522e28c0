import { GraphQLError, type GraphQLResolveInfo } from 'graphql'
import type { Scope, Viewer } from '../src/auth/viewer.ts'
import { canAdminister } from '../src/commands/api-keys/api-key-administration.ts'
import { InvalidPageRequest } from '../src/model/paging.ts'

/** Error for an invalid argument. `argument` is its path; `message` says what to pass instead. */
export function createBadInputError(argument: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', argument } })
}

/** Names the scopes that a field requires: its own scope, and `read` for fields outside mutations. */
function describeNeededScopes({ parentType, fieldName }: GraphQLResolveInfo): string {
  const options = parentType.getFields()[fieldName]?.extensions.pothosOptions
  const own = (options as { authScopes?: { scope?: Scope } } | undefined)?.authScopes?.scope
  const needed = parentType.name === 'Mutation' ? [own] : ['read', own]
  const scopes = needed.filter((scope) => scope !== undefined)
  return `the ${scopes.length === 1 ? 'scope' : 'scopes'} ${scopes.join(' and ')}`
}

/** Error for a field whose scope the viewer does not have. */
export function createForbiddenError(viewer: Viewer, info: GraphQLResolveInfo): GraphQLError {
  const held = [...viewer.scopes].join(', ') || 'none'
  return new GraphQLError(
    `The field ${info.fieldName} requires ${describeNeededScopes(info)}. This API key or token has: ${held}. Use one with the missing scopes.`,
    {
      extensions: { code: 'FORBIDDEN' },
    },
  )
}

/** Throws a `GraphQLError` (`FORBIDDEN`) unless the viewer may manage the gateway itself. The scope `admin` is checked before. */
export function requireAdministrator(viewer: Viewer): void {
  if (canAdminister(viewer)) return
  throw new GraphQLError(
    'This field requires the scope admin and an access scope of the whole workspace. Use an API key or token that is not limited to ACS systems or to a resident.',
    { extensions: { code: 'FORBIDDEN' } },
  )
}

/** Error for an operation that exceeds one of the `operationLimits`. */
export function createTooComplexError(limit: string, found: number, most: number): GraphQLError {
  return new GraphQLError(
    `The ${limit} of the operation is ${found}; the maximum is ${most}. Request smaller pages or fewer fields, or send several requests.`,
    { extensions: { code: 'QUERY_TOO_COMPLEX', limit, found, most } },
  )
}

/**
 * Returns a row that another row refers to. Throws a `GraphQLError` (`NOT_FOUND`) if it was deleted in the meantime.
 */
export function requireRow<T>(row: T | null): T {
  if (row !== null) return row
  throw new GraphQLError(
    'An object that another object refers to was just deleted. Send the request again.',
    {
      extensions: { code: 'NOT_FOUND' },
    },
  )
}

/** Runs a function and converts `InvalidPageRequest` to a `GraphQLError` (`BAD_USER_INPUT`). */
export function rethrowPageError<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw error instanceof InvalidPageRequest ? createBadInputError(error.argument, error.message) : error
  }
}
