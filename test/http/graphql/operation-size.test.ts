import { getIntrospectionQuery } from 'graphql'
import { describe, expect, it } from 'vitest'
import { checkOperationSize, operationLimits } from '../../../src/http/graphql/operation-size.ts'
import { measureSize } from '../../support/operation-size.ts'

const small = '{ acsUsers(first: 10) { nodes { id } } }'
const costs = (query: string, variables: Record<string, unknown> = {}) => {
  const { complexity, depth, breadth } = measureSize(query, variables)
  return { complexity, depth, breadth }
}
const many = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ')

describe('the size of an operation', () => {
  const large = 'acsSystems { nodes { users(first: 100) { nodes { credentials { nodes { id } } } } } }'

  it.each([
    ['by @include', `@include(if: false)`],
    ['by @skip', `@skip(if: true)`],
    ['by both', `@include(if: true) @skip(if: true)`],
  ])('should not count selections that are skipped %s, in fields and fragments', (_how, directive) => {
    for (const skipped of [
      large.replace(' {', ` ${directive} {`),
      `... ${directive} { ${large} }`,
      `...Large ${directive}`,
    ]) {
      const fragment = skipped.startsWith('...Large') ? `fragment Large on Query { ${large} }` : ''
      expect(costs(`{ acsUsers(first: 10) { nodes { id } } ${skipped} } ${fragment}`)).toEqual(costs(small))
    }
  })

  it('should depend on the values and defaults of variables', () => {
    const query = (declared: string) =>
      `query(${declared}) { acsUsers(first: 10) { nodes { id } } ...Large @include(if: $more) } fragment Large on Query { ${large} }`
    const without = costs(small)
    const whole = costs(`{ acsUsers(first: 10) { nodes { id } } ${large} }`)
    expect(whole.complexity).toBeGreaterThan(without.complexity)
    expect(costs(query('$more: Boolean!'), { more: false })).toEqual(without)
    expect(costs(query('$more: Boolean!'), { more: true })).toEqual(whole)
    expect(costs(query('$more: Boolean = false'))).toEqual(without)
    expect(costs(query('$more: Boolean = true'))).toEqual(whole)
  })

  it('should count fields with the same response key once', () => {
    const merged = costs(
      '{ acsUsers(first: 10) { nodes { id fullName credentials { nodes { id status } } } } }',
    )
    expect(
      costs(`
        { acsUsers(first: 10) { nodes { id } } ...A ...B ...A ... { ...B } ... on Query { ...A } }
        fragment A on Query { acsUsers(first: 10) { nodes { id ...User ...User } } }
        fragment B on Query { acsUsers(first: 10) { nodes { fullName ... on Node { id } ...User } } }
        fragment User on AcsUser { id credentials { nodes { id status } } }
      `),
    ).toEqual(merged)
    expect(costs('{ a: cursor b: cursor a: cursor }')).toMatchObject({ complexity: 2, breadth: 2 })
  })

  it('should be that of the largest possible type', () => {
    const user = '... on AcsUser { id fullName credentials(first: 5) { nodes { id } } }'
    const system = '... on AcsSystem { id name }'
    const alone = costs(`{ node(id: "x") { ${user} } }`)
    expect(costs(`{ node(id: "x") { id ${user} ${system} } }`)).toEqual(alone)
    expect(costs(`{ node(id: "x") { ${system} } }`).breadth).toBe(3)
  })

  it('should not count a field with invalid arguments', () => {
    const query = 'query($id: ID) { acsUsers(first: 10) { nodes { id } } nodes(ids: [$id]) { id } }'
    expect(costs(query, { id: null })).toMatchObject({ complexity: 1 + 10 * 2 + 1 })
  })

  it('should count introspection by the lists that it selects', () => {
    const tools = measureSize(
      getIntrospectionQuery({ inputValueDeprecation: true, directiveIsRepeatable: true }),
    )
    expect(tools.complexity).toBe(1)
    expect(tools.introspection).toBeLessThan(operationLimits.introspection / 2)
    expect(() => checkOperationSize(tools)).not.toThrow()
    const twice = '{ __schema { types { ...T ...T ...T } } } fragment T on __Type { name fields { name } }'
    const once = '{ __schema { types { name fields { name } } } }'
    expect(measureSize(twice)).toEqual(measureSize(once))
    expect(measureSize('{ cursor __schema @skip(if: true) { types { name } } }').introspection).toBe(0)
  })
})

describe('operations with nested fragments', () => {
  const chain = (count: number, body: (next: string) => string, on = 'AcsUser') =>
    many(count, (i) => `fragment F${i} on ${on} { ${i < count - 1 ? body(`...F${i + 1}`) : 'id'} }`)
  const next = (spread: string, alias = '') => `${alias}credentials { nodes { acsUser { ${spread} } } }`

  it('should be measured after merging', () => {
    const doubled = `{ acsUsers { nodes { ...F0 } } } ${chain(100, (spread) => `id ${spread} ${spread} ... { ${spread} }`)}`
    expect(costs(doubled)).toEqual(costs('{ acsUsers { nodes { id } } }'))
  })

  it.each([
    ['deeper', (spread: string) => next(spread), 'depth'],
    ['wider and deeper', (spread: string) => `${next(spread, 'a:')} ${next(spread, 'b:')}`, 'selections'],
  ])('should be rejected if they are %s, with bounded work', (_how, body, limit) => {
    const query = `{ acsUsers { nodes { ...F0 } } } ${chain(60, body)}`
    expect(() => checkOperationSize(measureSize(query))).toThrow(
      expect.objectContaining({ extensions: expect.objectContaining({ code: 'QUERY_TOO_COMPLEX', limit }) }),
    )
  })
})
