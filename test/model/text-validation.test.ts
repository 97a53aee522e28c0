import { describe, expect, it } from 'vitest'
import { idempotencyKeyErrors, isInvisible, textErrors } from '../../src/model/text-validation.ts'

describe('texts in an input', () => {
  it.each(['Jane Doe', '  Jane\n', 'José Müller', 'علی‌رضا', '👩‍👧 Zoë', '李', '°'])(
    'should be accepted: %s',
    (text) => {
      expect(textErrors({ text })).toEqual([])
      expect(isInvisible(text)).toBe(false)
    },
  )

  it('should be refused with their path and the code point of the invalid character', () => {
    const input = { people: [{ fullName: 'Jane' }, { fullName: 'Jo\u001Be', age: 3, phoneNumber: null }] }
    expect(textErrors(input)).toEqual([
      {
        field: ['people', '1', 'fullName'],
        code: 'INVALID',
        message: expect.stringContaining('U+001B'),
      },
    ])
    expect(textErrors('Jos\uFFFD')[0]?.message).toContain('a character was lost')
  })

  it('should be refused as idempotency keys if too long or without a visible character', () => {
    expect(idempotencyKeyErrors(null)).toEqual([])
    expect(idempotencyKeyErrors('k'.repeat(255))).toEqual([])
    for (const key of ['', ' \t', '\u200B', 'k'.repeat(256)])
      expect(idempotencyKeyErrors(key)).toMatchObject([{ field: ['idempotencyKey'], code: 'INVALID' }])
    expect(idempotencyKeyErrors('k'.repeat(241), 240)).toHaveLength(1)
  })
})
