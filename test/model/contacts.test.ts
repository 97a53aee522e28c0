import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  emailComparisonKey,
  isSameEmail,
  isSamePhone,
  phoneComparisonKey,
  toE164,
} from '../../src/model/contacts.ts'

describe('phone numbers', () => {
  it.each([
    ['+12125550100', '+1 (212) 555-0100'],
    ['+12125550100', 'tel:+1-212-555-0100'],
    ['+442079460958', '+44 (0)20 7946 0958'],
    ['+1 212 555 0100 ext. 5', '+12125550100 x5'],
    ['555-0100', '555 0100'],
  ])('should be the same: %s and %s', (a, b) => {
    expect(isSamePhone(a, b)).toBe(true)
  })

  it.each([
    ['+12125550100', '+12125550101'],
    ['+12125550100', '+1 212 555 0100 ext. 5'],
    ['+12125550100', '+442079460958'],
    ['+12125550100', null],
    [null, null],
  ])('should differ: %s and %s', (a, b) => {
    expect(isSamePhone(a, b)).toBe(false)
    expect(isSamePhone(b, a)).toBe(false)
  })

  it('should have a comparison key that equals the comparison key of itself', () => {
    const number = fc
      .tuple(fc.integer({ min: 200, max: 989 }), fc.integer({ min: 2_000_000, max: 9_999_999 }))
      .map(([area, rest]) => `+1${area}${rest}`)
    fc.assert(
      fc.property(number, (text) => {
        expect(phoneComparisonKey(phoneComparisonKey(text))).toBe(phoneComparisonKey(text))
      }),
    )
  })
})

describe('toE164', () => {
  it.each([
    ['+1 (212) 555-0100', '+12125550100'],
    ['+1.212.555.0100', '+12125550100'],
    ['+1–212–555–0100', '+12125550100'],
    ['+44 (0)20 7946 0018', '+442079460018'],
    ['+49 30/123456', '+4930123456'],
    ['+39 06 1234 5678', '+390612345678'],
    ['\u202A+1 212 555 0100\u202C', '+12125550100'],
    ['\uFF0B\uFF11\uFF12\uFF11\uFF12\uFF15\uFF15\uFF15\uFF10\uFF11\uFF10\uFF10', '+12125550100'],
    ['+999 12-34-567', '+9991234567'],
    ['+12125550100', '+12125550100'],
  ])('should convert %s', (text, number) => {
    expect(toE164(text)).toBe(number)
    expect(toE164(number)).toBe(number)
  })

  it.each([
    '212 555 0100',
    '0012125550100',
    '+',
    '+0123456789',
    '+12',
    '+12345678901234567890',
    '+1 212 555 0100 ext. 5',
    'call +1 212 555 0100',
    '+1 212 555 0100 home',
    '+1 212 555 0100, +1 212 555 0101',
    '',
  ])('should return null for %j', (text) => {
    expect(toE164(text)).toBeNull()
  })
})

describe('email addresses', () => {
  it('should be the same regardless of case and surrounding spaces', () => {
    expect(isSameEmail('Ann.Poe@Example.com', ' ann.poe@example.COM ')).toBe(true)
    expect(isSameEmail('ann@example.com', 'anne@example.com')).toBe(false)
    expect(isSameEmail(null, null)).toBe(false)
    expect(emailComparisonKey('A@b.c')).toBe('a@b.c')
  })
})
