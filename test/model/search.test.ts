import { describe, expect, it } from 'vitest'
import { nameKey, searchFor } from '../../src/model/search.ts'

const zoe = ['Zoë Müller-Østergård', 'zoe@example.com', '+1 (555) 010-0200', null]

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
    expect(searchFor(search)(zoe)).toBe(true)
  })

  it.each([
    ['a word that stands nowhere', 'zoe lovelace'],
    ['digits across the end of a field', '0200 9'],
    ['another number', '+1 555 999'],
    ['signs without digits', '+++'],
  ])('should not find %s', (_what, search) => {
    expect(searchFor(search)(zoe)).toBe(false)
  })
})

describe('the order of names', () => {
  it('should go by letters, not by case or accents, and by the value of numbers', () => {
    const names = ['Apartment 10', 'élan', 'Zoë', 'apartment 2', 'Elan B', 'Apartment 2A']
    const sorted = names.toSorted((a, b) => (nameKey(a) < nameKey(b) ? -1 : 1))
    expect(sorted).toEqual(['apartment 2', 'Apartment 2A', 'Apartment 10', 'élan', 'Elan B', 'Zoë'])
  })
})
