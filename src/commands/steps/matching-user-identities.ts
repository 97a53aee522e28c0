import { emailComparisonKey, phoneComparisonKey } from '../../model/contacts.ts'
import type { UserIdentity } from '../../model/entities.ts'
import { type ContactDetails, matchingFields } from '../../model/rules/identity-match.ts'
import type { SeamReads } from '../../seam/objects/seam-reads.ts'

/** Finds every user identity with the same e-mail address or phone number, in whatever notation. Rejects with `SeamError`. */
export async function findMatchingIdentities(
  contactDetails: Pick<ContactDetails, 'emailAddress' | 'phoneNumber'>,
  seam: Pick<SeamReads, 'listIdentities'>,
): Promise<readonly UserIdentity[]> {
  const { emailAddress, phoneNumber } = contactDetails
  const searchTexts = new Set([
    ...(emailAddress === null ? [] : [emailAddress, emailComparisonKey(emailAddress)]),
    ...(phoneNumber === null ? [] : [phoneNumber, phoneComparisonKey(phoneNumber)]),
  ])
  const lists = await Promise.all([...searchTexts].map((search) => seam.listIdentities({ search })))
  const matches = lists.flat().filter((row) => matchingFields(contactDetails, row).length > 0)
  return [...new Map(matches.map((row) => [row.userIdentityId, row])).values()]
}
