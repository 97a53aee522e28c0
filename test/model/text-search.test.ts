import { describe, expect, it } from 'vitest'
import {
  InvalidSearch,
  matchesSearch,
  nameSortKey,
  searchLimits,
  searchWords,
  toSearchableText,
} from '../../src/model/text-search.ts'

const textsOfZoe = toSearchableText(['Zoë Müller-Østergård', 'zoe@example.com', '+1 (555) 010-0200', null])
const finds = (search: string): boolean => matchesSearch(searchWords(search), textsOfZoe)

describe('search', () => {
  it.each([
    ['a name without accents', 'zoe muller'],
    ['a name in capitals', 'ZOË'],
    ['an accent as a combining character', 'Zoe\u0308'],
    ['a letter with a stroke', 'ostergard'],
    ['words in another order', 'müller zoë'],
    ['words from several fields', 'zoe example.com'],
    ['a phone number by its digits', '15550100200'],
    ['a phone number with spaces', '+1 555 010'],
    ['a part of a phone number', '010-0200'],
    ['a name with surrounding spaces', '  zoe  '],
    ['every row for an empty search', ''],
    ['every row for a search with only spaces', '   '],
  ])('should find %s', (_case, search) => {
    expect(finds(search)).toBe(true)
  })

  it.each([
    ['a word that no field contains', 'zoe lovelace'],
    ['digits across the end of a field', '0200 9'],
    ['another phone number', '+1 555 999'],
    ['punctuation without digits', '+++'],
  ])('should not find %s', (_case, search) => {
    expect(finds(search)).toBe(false)
  })
})

describe('the words of a search', () => {
  const { characters, words } = searchLimits
  const differentWords = (count: number) => Array.from({ length: count }, (_, n) => `w${n}`).join(' ')

  it('should contain each repeated word once', () => {
    expect(searchWords('Zoe zoë  ZOE ada')).toEqual(['zoe', 'ada'])
    expect(searchWords('a '.repeat(characters / 2))).toEqual(['a'])
  })

  it('should be refused above the limits, with the limits in the message', () => {
    expect(searchWords('x'.repeat(characters))).toHaveLength(1)
    expect(() => searchWords('x'.repeat(characters + 1))).toThrow(InvalidSearch)
    expect(() => searchWords('x'.repeat(characters + 1))).toThrow(/has 201 characters; the maximum is 200/)
    expect(searchWords(differentWords(words))).toHaveLength(words)
    expect(() => searchWords(differentWords(words + 1))).toThrow(/has 21 different words; the maximum is 20/)
  })
})

describe('the order of names', () => {
  it('should depend on letters without case and accents, and on the value of numbers', () => {
    const names = ['Apartment 10', 'élan', 'Zoë', 'apartment 2', 'Elan B', 'Apartment 2A']
    const sorted = names.toSorted((a, b) => (nameSortKey(a) < nameSortKey(b) ? -1 : 1))
    expect(sorted).toEqual(['apartment 2', 'Apartment 2A', 'Apartment 10', 'élan', 'Elan B', 'Zoë'])
  })
})
