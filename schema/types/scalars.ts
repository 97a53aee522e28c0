import { GraphQLError } from 'graphql'
import { parseDateTime, toUtcTime } from '../../src/model/time.ts'
import { builder } from '../builder.ts'

builder.scalarType('DateTime', {
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  description:
    'Point in time in RFC 3339 format with an offset, such as `2026-11-23T15:00:00Z` or `2026-11-23T10:00:00-05:00`. Returned in UTC, with the number of fractional digits that Seam returned.',
  serialize: (value) => toUtcTime(value),
  parseValue(value) {
    const time = typeof value === 'string' ? parseDateTime(value) : null
    if (time !== null) return time
    throw createScalarError(
      'DateTime',
      value,
      'an RFC 3339 time with an offset, such as 2026-11-23T15:00:00Z',
    )
  },
})

builder.scalarType('Cursor', {
  specifiedByURL: 'https://relay.dev/graphql/connections.htm#sec-Cursor',
  description:
    'Opaque, signed position in the change journal. Valid only for viewers with the same permissions and access scope. An empty string counts as omitted. Fails with `BAD_CURSOR` if the gateway did not create it.',
  serialize: (value) => value,
  parseValue(value) {
    if (value === '') return null
    if (typeof value === 'string') return value
    throw createScalarError('Cursor', value, 'a cursor from a query or subscription')
  },
})

builder.scalarType('URL', {
  specifiedByURL: 'https://url.spec.whatwg.org/',
  description: 'Absolute URL, such as `https://example.com/done`.',
  serialize: (value) => value,
  parseValue(value) {
    if (typeof value === 'string' && URL.canParse(value)) return value
    throw createScalarError('URL', value, 'an absolute URL, such as https://example.com/done')
  },
})

/**
 * The message contains the shortened value, because GraphQL does not report the position of a value in a literal or
 * variable.
 */
function createScalarError(scalar: string, value: unknown, expected: string): GraphQLError {
  const shownValue = String(JSON.stringify(value)).slice(0, 60)
  return new GraphQLError(`${shownValue} is not a valid ${scalar}. Pass ${expected}.`, {
    extensions: { code: 'BAD_USER_INPUT' },
  })
}
