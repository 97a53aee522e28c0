import { isSameEmail, isSamePhone } from '../contacts.ts'
import type { AcsUser, UserIdentity } from '../entities.ts'
import { foldText } from '../text-search.ts'

/** Who a person is, in words. */
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
 * What contradicts that a person is the one of a user identity: a name, an e-mail address or a phone number that both have, and that
 * differs in more than its writing. What the identity does not say is taken from its ACS users.
 */
export function conflictingFields(
  details: ContactDetails,
  identity: UserIdentity,
  users: readonly AcsUser[],
): readonly ContactField[] {
  return (Object.keys(comparisons) as ContactField[]).filter((name) => {
    const wanted = nullIfBlank(details[name])
    const identityValue = nullIfBlank(identity[name])
    const known = identityValue === null ? users.map((user) => nullIfBlank(user[name])) : [identityValue]
    const given = known.filter((each) => each !== null)
    return wanted !== null && given.length > 0 && !given.some((each) => comparisons[name](wanted, each))
  })
}

/** The names and addresses of a list, for a message: `name and e-mail address`. */
export function listFieldLabels(names: readonly ContactField[]): string {
  const texts = names.map((name) => fieldLabels[name])
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`
}

/** Which of a person's e-mail address and phone number a user identity has as well. */
export function matchingFields(
  details: Pick<ContactDetails, 'emailAddress' | 'phoneNumber'>,
  identity: UserIdentity,
): readonly ('emailAddress' | 'phoneNumber')[] {
  const names = ['emailAddress', 'phoneNumber'] as const
  return names.filter((name) => {
    const [wanted, identityValue] = [details[name], identity[name]]
    return wanted !== null && identityValue !== null && comparisons[name](wanted, identityValue)
  })
}

function nullIfBlank(text: string | null): string | null {
  return text === null || text.trim() === '' ? null : text
}
