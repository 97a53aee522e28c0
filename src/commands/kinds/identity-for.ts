import type { AcsUser, UserIdentity } from '../../model/entities.ts'
import type { AcsSystemId, UserIdentityId } from '../../model/ids.ts'
import { refused } from '../../model/user-error.ts'
import type { SeamReads } from '../../seam/reads.ts'
import type { Asker } from '../command.ts'

/** The identity that a person is to have: one that is there, or a new one with these words. */
export type PlannedIdentity =
  | { readonly userIdentityId: UserIdentityId }
  | {
      readonly userIdentityId: null
      readonly fullName: string | null
      readonly emailAddress: string | null
      readonly phoneNumber: string | null
    }

/** Who a person is, in words. */
export type Words = Pick<AcsUser, 'fullName' | 'emailAddress' | 'phoneNumber'>

/**
 * Finds the identity of a person, or plans a new one. The same e-mail address or phone number is the same person, also in another
 * building: Seam takes each for one identity only. Whoever doesn't see every building neither finds nor touches identities of others:
 * for them a new one is made without address and number, and nothing tells whether somebody has these elsewhere.
 */
export async function identityFor(
  words: Words,
  acsSystemId: AcsSystemId,
  { viewer, view }: Asker,
  seam: SeamReads,
): Promise<PlannedIdentity> {
  const { fullName, emailAddress, phoneNumber } = words
  if (viewer.reach.acsSystemIds !== null)
    return { userIdentityId: null, fullName, emailAddress: null, phoneNumber: null }
  const [identity, another] = await samePersons(words, seam)
  if (identity === undefined) return { userIdentityId: null, fullName, emailAddress, phoneNumber }
  if (another !== undefined)
    throw refused(
      null,
      'CONFLICT',
      'The e-mail address and the phone number belong to two different user identities.',
    )
  const users = await view.usersOfIdentity(identity)
  if (users.some((user) => user.acsSystemId === acsSystemId))
    throw refused(
      null,
      'CONFLICT',
      'The user identity with this e-mail address or phone number has another person in this building.',
    )
  return { userIdentityId: identity.userIdentityId }
}

async function samePersons({ emailAddress, phoneNumber }: Words, seam: SeamReads): Promise<UserIdentity[]> {
  const texts = [emailAddress, phoneNumber].filter((text) => text !== null)
  const rows = (await Promise.all(texts.map((search) => seam.listIdentities({ search })))).flat()
  const same = rows.filter(
    (row) =>
      (emailAddress !== null && row.emailAddress?.toLowerCase() === emailAddress.toLowerCase()) ||
      (phoneNumber !== null && row.phoneNumber === phoneNumber),
  )
  return [...new Map(same.map((row) => [row.userIdentityId, row])).values()]
}
