import { describe, expect, it } from 'vitest'
import {
  InvalidSearch,
  matchesSearch,
  nameSortKey,
  searchLimits,
  searchWords,
  toSearchableText,
} from '../../src/model/text-search.ts'

const zoe = toSearchableText(['Zoë Müller-Østergård', 'zoe@example.com', '+1 (555) 010-0200', null])
const finds = (search: string): boolean => matchesSearch(searchWords(search), zoe)

describe('search', () => {
  it.each([
    ['a name without its accents', 'zoe muller'],
    ['a name in capitals', 'ZOË'],
    ['an accent in another spelling', 'Zoe\u0308'],
    ['letters that carry their stroke with them', 'ostergard'],
    ['words in another order', 'müller zoë'],
    ['words of several fields', 'zoe example.com'],
    ['a phone number by its digits', '15550100200'],
    ['a phone number as people write it', '+1 555 010'],
    ['a part of a phone number', '010-0200'],
    ['spaces around', '  zoe  '],
    ['nothing at all', ''],
    ['only spaces', '   '],
  ])('should find %s', (_what, search) => {
    expect(finds(search)).toBe(true)
  })

  it.each([
    ['a word that stands nowhere', 'zoe lovelace'],
    ['digits across the end of a field', '0200 9'],
    ['another number', '+1 555 999'],
    ['signs without digits', '+++'],
  ])('should not find %s', (_what, search) => {
    expect(finds(search)).toBe(false)
  })
})

describe('the words of a search', () => {
  const { characters, words } = searchLimits
  const different = (count: number) => Array.from({ length: count }, (_, n) => `w${n}`).join(' ')

  it('should count once, however often they are repeated', () => {
    expect(searchWords('Zoe zoë  ZOE ada')).toEqual(['zoe', 'ada'])
    expect(searchWords('a '.repeat(characters / 2))).toEqual(['a'])
  })

  it('should be refused beyond the limits, with what they are', () => {
    expect(searchWords('x'.repeat(characters))).toHaveLength(1)
    expect(() => searchWords('x'.repeat(characters + 1))).toThrow(InvalidSearch)
    expect(() => searchWords('x'.repeat(characters + 1))).toThrow(/has 201 characters; the maximum is 200/)
    expect(searchWords(different(words))).toHaveLength(words)
    expect(() => searchWords(different(words + 1))).toThrow(/has 21 different words; the maximum is 20/)
  })
})

describe('the order of names', () => {
  it('should go by letters, not by case or accents, and by the value of numbers', () => {
    const names = ['Apartment 10', 'élan', 'Zoë', 'apartment 2', 'Elan B', 'Apartment 2A']
    const sorted = names.toSorted((a, b) => (nameSortKey(a) < nameSortKey(b) ? -1 : 1))
    expect(sorted).toEqual(['apartment 2', 'Apartment 2A', 'Apartment 10', 'élan', 'Elan B', 'Zoë'])
  })
})
