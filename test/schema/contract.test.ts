import { buildSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { compareGraphs, findUndatedDeprecations } from '../../schema/contract.ts'

const graph = (fields: string, more = '') => buildSchema(`type Query { kept: Int ${fields} } ${more}`)
const deprecated = (reason: string) => `@deprecated(reason: "${reason}")`
const announced = deprecated('Use kept. Gone after 2027-01-31.')

describe('the contract of the graph', () => {
  it('should allow additions, and report them', () => {
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
    ['a new required argument', graph('f: Int'), graph('f(a: Int!): Int'), 'required'],
  ])(
    'should be broken by the removal or change of %s without an announcement',
    (_what, released, current, message) => {
      const { broken, announced: due } = compareGraphs(released, current, '2027-02-01')
      expect(broken).toEqual([expect.stringContaining(message)])
      expect(due).toEqual([])
    },
  )

  it.each([
    ['a field', graph(`old: Int ${announced}`), graph('')],
    ['an argument', graph(`f(old: Int ${announced}): Int`), graph('f: Int')],
    ['a value of an enum', graph('e: E', `enum E { A OLD ${announced} }`), graph('e: E', 'enum E { A }')],
    [
      'a field of an input',
      graph('f(i: I): Int', `input I { a: Int old: Int ${announced} }`),
      graph('f(i: I): Int', 'input I { a: Int }'),
    ],
  ])(
    'should allow the removal of %s after its announced date, and not before',
    (_what, released, current) => {
      expect(compareGraphs(released, current, '2027-01-31').broken).toHaveLength(1)
      expect(compareGraphs(released, current, '2027-02-01')).toMatchObject({
        broken: [],
        announced: [expect.any(String)],
      })
    },
  )

  it('should be broken by the removal of a field whose deprecation has no date', () => {
    const vague = graph(`old: Int ${deprecated('Use kept.')}`)
    expect(compareGraphs(vague, graph(''), '2099-01-01').broken).toHaveLength(1)
    expect(findUndatedDeprecations(vague)).toEqual(['Query.old'])
    expect(findUndatedDeprecations(graph(`old: Int ${announced}`))).toEqual([])
  })
})
