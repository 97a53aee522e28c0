import { buildSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { compareGraphs, findUndatedDeprecations } from '../../schema/contract.ts'

const graph = (fields: string, more = '') => buildSchema(`type Query { kept: Int ${fields} } ${more}`)
const deprecated = (reason: string) => `@deprecated(reason: "${reason}")`
const announced = deprecated('Use kept. Gone after 2027-01-31.')

describe('the contract of the graph', () => {
  it('should take what is new, and tell it', () => {
    const { broken, announced: due, others } = compareGraphs(graph(''), graph('fresh: Int'), '2027-02-01')
    expect([broken, due]).toEqual([[], []])
    expect(others).toEqual(['Field Query.fresh was added.'])
  })

  it.each([
    ['a field', graph('old: Int'), graph(''), 'Field Query.old was removed.'],
    ['a type of a field', graph('old: Int!'), graph('old: Int'), 'Query.old changed type'],
    ['an argument', graph('f(old: Int): Int'), graph('f: Int'), 'Argument Query.f(old:) was removed.'],
    [
      'a value of an enum',
      graph('e: E', 'enum E { A OLD }'),
      graph('e: E', 'enum E { A }'),
      'Enum value E.OLD was removed.',
    ],
    ['an argument that must be given', graph('f: Int'), graph('f(a: Int!): Int'), 'required'],
  ])('should be broken by losing or changing %s without a word', (_what, released, current, message) => {
    const { broken, announced: due } = compareGraphs(released, current, '2027-02-01')
    expect(broken).toEqual([expect.stringContaining(message)])
    expect(due).toEqual([])
  })

  it.each([
    ['a field', graph(`old: Int ${announced}`), graph('')],
    ['an argument', graph(`f(old: Int ${announced}): Int`), graph('f: Int')],
    ['a value of an enum', graph('e: E', `enum E { A OLD ${announced} }`), graph('e: E', 'enum E { A }')],
    [
      'a field of an input',
      graph('f(i: I): Int', `input I { a: Int old: Int ${announced} }`),
      graph('f(i: I): Int', 'input I { a: Int }'),
    ],
  ])('should let %s go once its announced day is over, and no sooner', (_what, released, current) => {
    expect(compareGraphs(released, current, '2027-01-31').broken).toHaveLength(1)
    expect(compareGraphs(released, current, '2027-02-01')).toMatchObject({
      broken: [],
      announced: [expect.any(String)],
    })
  })

  it('should not be escaped by what was announced for another day, or without one', () => {
    const vague = graph(`old: Int ${deprecated('Use kept.')}`)
    expect(compareGraphs(vague, graph(''), '2099-01-01').broken).toHaveLength(1)
    expect(findUndatedDeprecations(vague)).toEqual(['Query.old'])
    expect(findUndatedDeprecations(graph(`old: Int ${announced}`))).toEqual([])
  })
})
