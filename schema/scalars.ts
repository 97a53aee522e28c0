import { GraphQLError } from 'graphql'
import { parseDateTime, utcTime } from '../src/model/time.ts'
import { builder } from './builder.ts'

builder.scalarType('DateTime', {
  description:
    'A moment, as RFC 3339 text with an offset, such as `2026-11-23T15:00:00Z` or `2026-11-23T10:00:00-05:00`. Answered in UTC, with as many digits after the second as Seam gave.',
  serialize: (value) => utcTime(value),
  parseValue(value) {
    const time = typeof value === 'string' ? parseDateTime(value) : null
    if (time !== null) return time
    throw notA('DateTime', value, 'RFC 3339 text with an offset, such as 2026-11-23T15:00:00Z')
  },
})

builder.scalarType('Cursor', {
  description:
    'An opaque, signed position in the change journal. Keep it and give it back as it is; only the viewer it was given to can use it.',
  serialize: (value) => value,
  parseValue(value) {
    if (typeof value === 'string') return value
    throw notA('Cursor', value, 'the text that a feed or query gave')
  },
})

builder.scalarType('URL', {
  description: 'An absolute URL, such as `https://example.com/done`.',
  serialize: (value) => value,
  parseValue(value) {
    if (typeof value === 'string' && URL.canParse(value)) return value
    throw notA('URL', value, 'absolute, such as https://example.com/done')
  },
})

/** Shows the value, shortened: neither a literal nor a variable tells where it stands by itself. */
function notA(scalar: string, value: unknown, shape: string): GraphQLError {
  const given = String(JSON.stringify(value)).slice(0, 60)
  return new GraphQLError(`${given} is not a ${scalar}: that is ${shape}.`, {
    extensions: { code: 'BAD_USER_INPUT' },
  })
}
