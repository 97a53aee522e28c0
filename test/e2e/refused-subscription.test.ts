import { afterAll, beforeAll, expect, it } from 'vitest'
import { startWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld({ sandbox: { systems: 1, doors: 4, residents: 2 } })
})
afterAll(() => world[Symbol.asyncDispose]())

const subscription = (variables: string, fields: string) =>
  `subscription${variables} { credentialChanges { changes { kind credential { acsUser { ${fields} } } } } }`
const total = (args: string) => `credentials(${args}) { totalCount }`

it.each([
  ['a valid page size', '($n: Int = 5)', total('first: $n'), { n: null }, 200],
  ['a page size that is too large', '($n: Int = 5)', total('first: $n'), { n: 1_000 }, 400],
  ['a page size of 0', '', total('last: 0'), {}, 400],
  ['both first and last', '', total('first: 1, last: 1'), {}, 400],
  [
    'a page size that is too large in a skipped field',
    '',
    `id ... @skip(if: true) { ${total('first: 1000')} }`,
    {},
    200,
  ],
  ['null for a condition', '($is: Boolean = true)', 'id @include(if: $is)', { is: null }, 400],
  ['a condition', '($is: Boolean = true)', 'id @include(if: $is)', { is: false }, 200],
])(
  'a subscription with %s should be accepted or rejected before its first result',
  async (_what, variables, fields, values, status) => {
    const abort = new AbortController()
    const response = await fetch(`${world.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: subscription(variables, fields), variables: values }),
      signal: abort.signal,
    })
    const text = response.status === 200 ? '' : await response.text()
    expect(response.status, text).toBe(status)
    abort.abort()
  },
)
