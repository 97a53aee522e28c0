import type { AcsUser } from '../entities.ts'
import type { UserError } from '../user-error.ts'

/** What somebody writes about a person; absent and `null` are both not given. */
export type PersonInput = {
  readonly fullName?: string | null | undefined
  readonly emailAddress?: string | null | undefined
  readonly phoneNumber?: string | null | undefined
}

const mail = /^[^\s@<>()",;:]+@[^\s@<>()",;:.]+(\.[^\s@<>()",;:.]+)+$/
const e164 = /^\+[1-9]\d{6,14}$/

/** What is wrong with a person's name, e-mail address and phone number. */
export function personErrors(person: PersonInput): UserError[] {
  const { fullName, emailAddress, phoneNumber } = person
  const errors: UserError[] = []
  const object = (field: keyof PersonInput, code: 'REQUIRED' | 'INVALID', message: string): void =>
    void errors.push({ field: [field], code, message })
  if (fullName != null && fullName.trim() === '') object('fullName', 'REQUIRED', 'The name is empty.')
  if (emailAddress != null && (emailAddress.length > 254 || !mail.test(emailAddress)))
    object('emailAddress', 'INVALID', 'This is not an e-mail address.')
  if (phoneNumber != null && !e164.test(phoneNumber))
    object('phoneNumber', 'INVALID', 'Write the phone number in E.164 form, such as +12125550100.')
  return errors
}

/** Whether Latch Mission Control made this person, who is then managed there only (Seam: `latch_resident_user`). */
export function isMissionControlResident(user: AcsUser): boolean {
  return user.warnings.some((warning) => warning.code === 'latch_resident_user')
}

/** Whether Seam is taking something away: it may still be listed. */
export function isBeingDeleted(row: { readonly warnings: AcsUser['warnings'] }): boolean {
  return row.warnings.some((warning) => warning.code === 'being_deleted')
}

/** Why nothing can be changed about this person, or anything they hold, through Seam. */
export function managementErrors(user: AcsUser, field: string): UserError[] {
  if (isMissionControlResident(user))
    return [
      {
        field: [field],
        code: 'NOT_ALLOWED',
        message: 'This person was created in Latch Mission Control, and can be managed only there.',
      },
    ]
  if (isBeingDeleted(user))
    return [{ field: [field], code: 'CONFLICT', message: 'This person is being deleted.' }]
  return []
}

/** Why a new person can't have this e-mail address in a building: Latch takes each once, and a resident of its own comes first. */
export function addressErrors(
  emailAddress: string | null | undefined,
  neighbours: readonly AcsUser[],
): UserError[] {
  if (emailAddress == null) return []
  const wanted = emailAddress.toLowerCase()
  const namesakes = neighbours.filter(
    (user) => user.emailAddress?.toLowerCase() === wanted && !isBeingDeleted(user),
  )
  if (namesakes.length === 0) return []
  const message = namesakes.some(isMissionControlResident)
    ? 'A resident of Latch Mission Control has this e-mail address in this building, and Latch does not support having a person twice. Manage them in Mission Control.'
    : 'Another person in this building has this e-mail address, and Latch takes each only once.'
  return [{ field: ['emailAddress'], code: 'CONFLICT', message }]
}
