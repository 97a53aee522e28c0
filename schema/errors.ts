import { GraphQLError, type GraphQLResolveInfo } from 'graphql'
import type { Scope, Viewer } from '../src/auth/viewer.ts'
import { BadPage } from '../src/model/paging.ts'

/** An argument that can't be used: which one, and what to give instead. */
export function badInput(argument: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', argument } })
}

/** The scopes that a field needs: its own, and for what isn't a mutation the one for reading. */
function neededFor({ parentType, fieldName }: GraphQLResolveInfo): string {
  const options = parentType.getFields()[fieldName]?.extensions.pothosOptions
  const own = (options as { authScopes?: { scope?: Scope } } | undefined)?.authScopes?.scope
  const needed = parentType.name === 'Mutation' ? [own] : ['read', own]
  return needed.filter((scope) => scope !== undefined).join(' and ')
}

/** The viewer's key lacks a scope. */
export function forbidden(viewer: Viewer, info: GraphQLResolveInfo): GraphQLError {
  const held = [...viewer.scopes].join(', ') || 'none'
  return new GraphQLError(`${info.fieldName} needs a key with ${neededFor(info)}; this one has ${held}.`, {
    extensions: { code: 'FORBIDDEN' },
  })
}

/** The operation asks for more than `operationLimits` allow. */
export function tooComplex(limit: string, found: number, most: number): GraphQLError {
  return new GraphQLError(
    `The operation's ${limit} is ${found}, and may be at most ${most}. Ask for smaller pages or fewer fields, or in several requests.`,
    { extensions: { code: 'QUERY_TOO_COMPLEX', limit, found, most } },
  )
}

/** A row that must be there, since another row named it. */
export function found<T>(row: T | null): T {
  if (row !== null) return row
  throw new GraphQLError('Something that another object names has just gone. Ask again.', {
    extensions: { code: 'NOT_FOUND' },
  })
}

/** Runs something that may throw `BadPage`, as an error of the graph. */
export function paged<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw error instanceof BadPage ? badInput(error.argument, error.message) : error
  }
}
