import { describe, expect, it } from 'vitest'
import type { UserIdentity } from '../../../src/model/entities.ts'
import type { UserIdentityId } from '../../../src/model/ids.ts'
import {
  type ContactDetails,
  conflictingFields,
  listFieldLabels,
  matchingFields,
} from '../../../src/model/rules/identity-match.ts'
import { aUser } from '../examples.ts'

const identity: UserIdentity = {
  userIdentityId: 'identity' as UserIdentityId,
  key: null,
  displayName: 'Ada Lovelace',
  fullName: 'Ada Lovelace',
  emailAddress: 'ada@example.com',
  phoneNumber: '+12125550100',
  acsUserIds: [],
  createdAt: '2025-01-01T00:00:00Z',
  errors: [],
  warnings: [],
}
const words: ContactDetails = {
  fullName: 'Ada Lovelace',
  emailAddress: 'ada@example.com',
  phoneNumber: '+12125550100',
}

describe('whether a person is the one of a user identity', () => {
  it.each<[string, Partial<ContactDetails>, string[]]>([
    ['all is equal', {}, []],
    ['the name has other case, spaces and accents', { fullName: ' ÁDA  lovelace' }, []],
    ['the address has other case', { emailAddress: 'Ada@EXAMPLE.com' }, []],
    ['the number is written otherwise', { phoneNumber: '+1 (212) 555-0100' }, []],
    ['nothing is given', { fullName: null, emailAddress: null, phoneNumber: null }, []],
    ['the name is empty', { fullName: ' ' }, []],
    ['the name differs', { fullName: 'Grace Hopper' }, ['fullName']],
    ['the address differs', { emailAddress: 'grace@example.com' }, ['emailAddress']],
    ['the number differs', { phoneNumber: '+12125550101' }, ['phoneNumber']],
    [
      'all differs',
      { fullName: 'Grace', emailAddress: 'g@example.com', phoneNumber: '+12125550101' },
      ['fullName', 'emailAddress', 'phoneNumber'],
    ],
  ])('should be answered where %s', (_when, given, expected) => {
    expect(conflictingFields({ ...words, ...given }, identity, [])).toEqual(expected)
  })

  it('should not be contradicted by what the identity does not say', () => {
    const bare = { ...identity, fullName: null, emailAddress: null }
    expect(conflictingFields({ ...words, fullName: 'Grace Hopper' }, bare, [])).toEqual([])
  })

  it('should be contradicted by the ACS users of an identity without a name', () => {
    const bare = { ...identity, fullName: null }
    const grace = { ...words, fullName: 'Grace Hopper' }
    expect(conflictingFields(grace, bare, [aUser])).toEqual(['fullName'])
    expect(conflictingFields(grace, bare, [aUser, { ...aUser, fullName: 'Grace Hopper' }])).toEqual([])
  })

  it('should name what both have', () => {
    expect(matchingFields(words, identity)).toEqual(['emailAddress', 'phoneNumber'])
    expect(matchingFields({ ...words, emailAddress: 'g@example.com' }, identity)).toEqual(['phoneNumber'])
    expect(listFieldLabels(['fullName', 'emailAddress', 'phoneNumber'])).toBe(
      'name, email address and phone number',
    )
    expect(listFieldLabels(['fullName'])).toBe('name')
  })
})
