import { z } from 'zod'
import { emailComparisonKey, toE164 } from '../contacts.ts'
import type { AcsUser } from '../entities.ts'
import { isInvisible } from '../text-validation.ts'
import type { UserError } from '../user-error.ts'

/** What somebody writes about a person; absent and `null` are both not given. */
export type AcsUserDetails = {
  readonly fullName?: string | null | undefined
  readonly emailAddress?: string | null | undefined
  readonly phoneNumber?: string | null | undefined
}

/** Seam checks e-mail addresses with this: the format `email` of its OpenAPI document is written by the same library. */
const emailSchema = z.email().max(254)

/** A person's words as Seam is given them: trimmed, and the phone number in E.164 form. What isn't given is `null`. */
export function normalizeAcsUserDetails({ fullName, emailAddress, phoneNumber }: AcsUserDetails): {
  readonly fullName: string | null
  readonly emailAddress: string | null
  readonly phoneNumber: string | null
} {
  return {
    fullName: fullName?.trim() ?? null,
    emailAddress: emailAddress?.trim() ?? null,
    phoneNumber: phoneNumber == null ? null : (toE164(phoneNumber) ?? phoneNumber.trim()),
  }
}

/** What is wrong with a person's name, e-mail address and phone number. */
export function acsUserDetailErrors(details: AcsUserDetails): UserError[] {
  const { fullName, emailAddress, phoneNumber } = normalizeAcsUserDetails(details)
  const errors: UserError[] = []
  const addError = (field: keyof AcsUserDetails, code: 'REQUIRED' | 'INVALID', message: string): void =>
    void errors.push({ field: [field], code, message })
  if (fullName !== null && isInvisible(fullName))
    addError('fullName', 'REQUIRED', 'The name is empty. Pass a name with at least one visible character.')
  if (emailAddress !== null && !emailSchema.safeParse(emailAddress).success)
    addError(
      'emailAddress',
      'INVALID',
      "This is not a valid email address for Seam. Use letters from a to z, digits and .+-_' before the @, and a domain such as example.com after it.",
    )
  if (phoneNumber !== null && toE164(phoneNumber) === null)
    addError(
      'phoneNumber',
      'INVALID',
      'This is not a valid international phone number. Write it with + and the country code, and without an extension, such as +12125550100.',
    )
  return errors
}

/** Whether Latch Mission Control made this person, who is then managed there only (Seam: `latch_resident_user`). */
export function isMissionControlUser(user: AcsUser): boolean {
  return user.warnings.some((warning) => warning.code === 'latch_resident_user')
}

/** Whether Seam is taking something away: it may still be listed. */
export function isBeingDeleted(row: { readonly warnings: AcsUser['warnings'] }): boolean {
  return row.warnings.some((warning) => warning.code === 'being_deleted')
}

/** Why nothing can be changed about this person, or anything they hold, through Seam. */
export function managementErrors(user: AcsUser, field: string): UserError[] {
  if (isMissionControlUser(user))
    return [
      {
        field: [field],
        code: 'NOT_ALLOWED',
        message: 'This resident was created in Latch Mission Control. Manage the resident there.',
      },
    ]
  if (isBeingDeleted(user))
    return [{ field: [field], code: 'CONFLICT', message: 'This ACS user is being deleted.' }]
  return []
}

/** Why a new person can't have this e-mail address in a building: Latch takes each once, and a resident of its own comes first. */
export function emailConflictErrors(
  emailAddress: string | null | undefined,
  systemUsers: readonly AcsUser[],
): UserError[] {
  if (emailAddress == null) return []
  // Worked out once: a building has thousands of ACS users.
  const key = emailComparisonKey(emailAddress)
  const usersWithEmail = systemUsers.filter(
    (user) =>
      user.emailAddress !== null && emailComparisonKey(user.emailAddress) === key && !isBeingDeleted(user),
  )
  if (usersWithEmail.length === 0) return []
  const message = usersWithEmail.some(isMissionControlUser)
    ? 'A resident of Latch Mission Control in this building already has this email address, and Latch does not support the same person twice. Manage the resident in Mission Control.'
    : 'Another ACS user in this ACS system already has this email address. Pass another address.'
  return [{ field: ['emailAddress'], code: 'CONFLICT', message }]
}
