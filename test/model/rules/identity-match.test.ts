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
const details: ContactDetails = {
  fullName: 'Ada Lovelace',
  emailAddress: 'ada@example.com',
  phoneNumber: '+12125550100',
}

describe('the comparison of contact details with a user identity', () => {
  it.each<[string, Partial<ContactDetails>, string[]]>([
    ['all fields are equal', {}, []],
    ['the name differs in case, spaces and accents', { fullName: ' ÁDA  lovelace' }, []],
    ['the email address differs in case', { emailAddress: 'Ada@EXAMPLE.com' }, []],
    ['the phone number has different separators', { phoneNumber: '+1 (212) 555-0100' }, []],
    ['no details are given', { fullName: null, emailAddress: null, phoneNumber: null }, []],
    ['the name is blank', { fullName: ' ' }, []],
    ['the name differs', { fullName: 'Grace Hopper' }, ['fullName']],
    ['the email address differs', { emailAddress: 'grace@example.com' }, ['emailAddress']],
    ['the phone number differs', { phoneNumber: '+12125550101' }, ['phoneNumber']],
    [
      'all fields differ',
      { fullName: 'Grace', emailAddress: 'g@example.com', phoneNumber: '+12125550101' },
      ['fullName', 'emailAddress', 'phoneNumber'],
    ],
  ])('should find the conflicting fields if %s', (_condition, overrides, expected) => {
    expect(conflictingFields({ ...details, ...overrides }, identity, [])).toEqual(expected)
  })

  it('should find no conflict in a field that the user identity lacks', () => {
    const identityWithoutName = { ...identity, fullName: null, emailAddress: null }
    expect(conflictingFields({ ...details, fullName: 'Grace Hopper' }, identityWithoutName, [])).toEqual([])
  })

  it('should find a conflict with the ACS users of a user identity without a name', () => {
    const identityWithoutName = { ...identity, fullName: null }
    const grace = { ...details, fullName: 'Grace Hopper' }
    expect(conflictingFields(grace, identityWithoutName, [aUser])).toEqual(['fullName'])
    expect(
      conflictingFields(grace, identityWithoutName, [aUser, { ...aUser, fullName: 'Grace Hopper' }]),
    ).toEqual([])
  })

  it('should find the fields that both have in common, and list their labels', () => {
    expect(matchingFields(details, identity)).toEqual(['emailAddress', 'phoneNumber'])
    expect(matchingFields({ ...details, emailAddress: 'g@example.com' }, identity)).toEqual(['phoneNumber'])
    expect(listFieldLabels(['fullName', 'emailAddress', 'phoneNumber'])).toBe(
      'name, email address and phone number',
    )
    expect(listFieldLabels(['fullName'])).toBe('name')
  })
})
