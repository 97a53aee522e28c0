import { emailComparisonKey, phoneComparisonKey } from '../../model/contacts.ts'
import type { UserIdentityId } from '../../model/ids.ts'
import { matchingFields } from '../../model/rules/identity-match.ts'
import { MutationRefused } from '../../model/user-error.ts'
import type { NewIdentity } from '../../seam/objects/write-inputs.ts'
import type { StepTools } from '../command.ts'
import { createAcsUserChange } from '../publishing/mutation-changes.ts'
import { type CommandFacts, requireFact, type Step, type StepResult } from '../saga.ts'
import type { AcsUserRef } from './acs-user-steps.ts'
import { ignoreNotFound } from './ignore-not-found.ts'
import { findMatchingIdentities } from './matching-user-identities.ts'

function getContactKey({ emailAddress, phoneNumber }: NewIdentity): string | null {
  if (phoneNumber != null) return phoneComparisonKey(phoneNumber)
  return emailAddress == null ? null : emailComparisonKey(emailAddress)
}

const toResult = (userIdentityId: UserIdentityId): StepResult => ({
  facts: { userIdentityId },
  createdId: userIdentityId,
})

/** Rejects with `MutationRefused` if another user identity has got the e-mail address or phone number since validation. */
async function refuseTakenContact(
  identity: NewIdentity,
  { seam }: StepTools,
  field: string | undefined,
): Promise<void> {
  const { emailAddress = null, phoneNumber = null } = identity
  const contactDetails = { emailAddress, phoneNumber }
  const [conflictingIdentity] = await findMatchingIdentities(contactDetails, seam)
  if (conflictingIdentity === undefined) return
  const { userIdentityId } = conflictingIdentity
  throw new MutationRefused([
    {
      field: [field ?? matchingFields(contactDetails, conflictingIdentity)[0] ?? 'emailAddress'],
      code: 'CONFLICT',
      message: `The user identity ${userIdentityId} already has this email address or phone number, which must be unique in the workspace.`,
      userIdentityId,
    },
  ])
}

/**
 * Creates a user identity. Seam's `user_identity_key` is unique in a workspace, so the user identity is found by it after a lost answer. If
 * the input has none, it is derived from the command id. `field` is the input field of user errors.
 */
export function createUserIdentityStep(tools: StepTools, identity: NewIdentity, field?: string): Step {
  const { seam, commandId, claim } = tools
  const identityKey = identity.key ?? `latchkey-${commandId}`
  return {
    name: 'createUserIdentity',
    // User identities with the same e-mail address or phone number are created one after the other.
    lockName: () => `identity ${getContactKey(identity) ?? identityKey}`,
    inputFieldNames: { user_identity_key: 'userIdentityKey' },
    async listExisting() {
      await refuseTakenContact(identity, tools, field)
      const row = await seam.getIdentityByKey(identityKey)
      return row === null ? [] : [row.userIdentityId]
    },
    async execute() {
      const { userIdentityId } = await seam.createIdentity({ ...identity, key: identityKey })
      // No other command creates a user identity with this `user_identity_key`, so the claim always succeeds.
      await claim(userIdentityId)
      return toResult(userIdentityId)
    },
    async findResult(_facts, existingIds) {
      const row = await seam.getIdentityByKey(identityKey)
      const isCreatedHere =
        row !== null && !existingIds.includes(row.userIdentityId) && (await claim(row.userIdentityId))
      return isCreatedHere ? toResult(row.userIdentityId) : null
    },
    async undo(facts) {
      const userIdentityId = requireFact(facts, 'userIdentityId')
      const row = await seam.getIdentity(userIdentityId)
      // Seam deletes the ACS users of a user identity with it: those that this command did not create must stay.
      const hasOtherAcsUsers = row?.acsUserIds.some((acsUserId) => acsUserId !== facts.acsUserId) ?? true
      if (!hasOtherAcsUsers) await ignoreNotFound(seam.deleteIdentity(userIdentityId))
      return []
    },
  }
}

/** Links an ACS user to a user identity. */
export function linkUserIdentityStep(
  { seam }: StepTools,
  acsUser: AcsUserRef,
  readIdentityId: (facts: CommandFacts) => UserIdentityId,
): Step {
  const result: StepResult = { changes: [createAcsUserChange('UPDATED', acsUser, ['userIdentity'])] }
  return {
    name: 'linkUserIdentity',
    async execute(facts) {
      await seam.addUserToIdentity({ acsUserId: acsUser.acsUserId, userIdentityId: readIdentityId(facts) })
      return result
    },
    async findResult(facts) {
      const row = await seam.getUser(acsUser.acsUserId)
      return row?.userIdentityId === readIdentityId(facts) ? result : null
    },
    async undo(facts) {
      await seam.removeUserFromIdentity({
        acsUserId: acsUser.acsUserId,
        userIdentityId: readIdentityId(facts),
      })
      return [createAcsUserChange('UPDATED', acsUser, ['userIdentity'])]
    },
  }
}
