import { isSameEmail, isSamePhone } from '../contacts.ts'
import type { AcsUser, UserIdentity } from '../entities.ts'
import { foldText } from '../text-search.ts'

/** Name, email address and phone number of an ACS user. */
export type ContactDetails = Pick<AcsUser, 'fullName' | 'emailAddress' | 'phoneNumber'>

type ContactField = keyof ContactDetails

const comparisons: Readonly<Record<ContactField, (a: string, b: string) => boolean>> = {
  fullName: (a, b) => foldText(a) === foldText(b),
  emailAddress: isSameEmail,
  phoneNumber: isSamePhone,
}

const fieldLabels: Readonly<Record<ContactField, string>> = {
  fullName: 'name',
  emailAddress: 'email address',
  phoneNumber: 'phone number',
}

/**
 * Returns the fields which show that an ACS user and a user identity are different people: both have a value, and the values differ in more
 * than their notation. For a field that the user identity lacks, the values of its ACS users are compared.
 */
export function conflictingFields(
  details: ContactDetails,
  identity: UserIdentity,
  users: readonly AcsUser[],
): readonly ContactField[] {
  return (Object.keys(comparisons) as ContactField[]).filter((name) => {
    const value = nullIfBlank(details[name])
    const identityValue = nullIfBlank(identity[name])
    const candidates = identityValue === null ? users.map((user) => nullIfBlank(user[name])) : [identityValue]
    const knownValues = candidates.filter((each) => each !== null)
    return (
      value !== null && knownValues.length > 0 && !knownValues.some((each) => comparisons[name](value, each))
    )
  })
}

/** Lists the labels of fields for a message, such as `name and email address`. */
export function listFieldLabels(names: readonly ContactField[]): string {
  const texts = names.map((name) => fieldLabels[name])
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`
}

/** Returns which of the given email address and phone number a user identity also has. */
export function matchingFields(
  details: Pick<ContactDetails, 'emailAddress' | 'phoneNumber'>,
  identity: UserIdentity,
): readonly ('emailAddress' | 'phoneNumber')[] {
  const names = ['emailAddress', 'phoneNumber'] as const
  return names.filter((name) => {
    const [value, identityValue] = [details[name], identity[name]]
    return value !== null && identityValue !== null && comparisons[name](value, identityValue)
  })
}

function nullIfBlank(text: string | null): string | null {
  return text === null || text.trim() === '' ? null : text
}
