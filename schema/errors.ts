import { GraphQLError } from 'graphql'
import type { Viewer } from '../src/auth/viewer.ts'
import { BadPage } from '../src/model/paging.ts'

/** An argument that can't be used: which one, and what to give instead. */
export function badInput(argument: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', argument } })
}

/** The scopes that a field needs, where they are more than `read`. */
const neededFor = (type: string, field: string): string =>
  type === 'Subscription' || field === 'changes' ? 'read and events' : 'read'

/** The viewer's key lacks a scope. */
export function forbidden(type: string, field: string, viewer: Viewer): GraphQLError {
  const held = [...viewer.scopes].join(', ') || 'none'
  return new GraphQLError(`${field} needs a key with ${neededFor(type, field)}; this one has ${held}.`, {
    extensions: { code: 'FORBIDDEN' },
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
