import { emailComparisonKey, phoneComparisonKey } from '../../model/contacts.ts'
import type { AccessSchedule, AcsUser } from '../../model/entities.ts'
import type { AcsSystemId, AcsUserId, UserIdentityId } from '../../model/ids.ts'
import { emailConflictErrors, isBeingDeleted } from '../../model/rules/acs-user-details.ts'
import { isSameTime } from '../../model/time.ts'
import { throwIfRefused } from '../../model/user-error.ts'
import type { UserUpdate } from '../../seam/objects/write-inputs.ts'
import type { StepTools } from '../command.ts'
import { createAcsUserChange } from '../publishing/mutation-changes.ts'
import { type CommandFacts, requireFact, type Step, type StepResult } from '../saga.ts'
import { createAndClaim } from './create-and-claim.ts'
import { ignoreNotFound } from './ignore-not-found.ts'

/** An ACS user that is to be created. */
export type PlannedUser = {
  readonly acsSystemId: AcsSystemId
  readonly fullName: string
  readonly emailAddress: string | null
  readonly phoneNumber: string | null
  readonly accessSchedule: AccessSchedule | null
}

type PlannedUserWithIdentity = PlannedUser & { readonly userIdentityId: UserIdentityId | null }

/**
 * Creates an ACS user. Seam accepts no idempotency key or mark for it: after a lost answer, the new ACS user is one with the same details
 * that did not exist before.
 */
export function createAcsUserStep(
  { seam, claim }: StepTools,
  user: PlannedUser,
  readIdentityId: (facts: CommandFacts) => UserIdentityId | null,
): Step {
  const toPlannedUser = (facts: CommandFacts): PlannedUserWithIdentity => ({
    ...user,
    userIdentityId: readIdentityId(facts),
  })
  const listSystemUsers = (): Promise<AcsUser[]> => seam.listUsers({ acsSystemId: user.acsSystemId })
  const filterIdentical = (rows: readonly AcsUser[], facts: CommandFacts): AcsUser[] =>
    rows.filter((row) => isIdenticalUser(row, toPlannedUser(facts)))
  const toResult = (acsUserId: AcsUserId): StepResult => ({
    facts: { acsUserId },
    changes: [createAcsUserChange('CREATED', { acsUserId, acsSystemId: user.acsSystemId })],
    createdId: acsUserId,
  })
  async function findResult(facts: CommandFacts, existingIds: readonly string[]): Promise<StepResult | null> {
    for (const { acsUserId } of filterIdentical(await listSystemUsers(), facts))
      if (!existingIds.includes(acsUserId) && (await claim(acsUserId))) return toResult(acsUserId)
    return null
  }
  return {
    name: 'createAcsUser',
    lockName: () =>
      `user ${user.acsSystemId} ${user.emailAddress === null ? user.fullName : emailComparisonKey(user.emailAddress)}`,
    async listExisting(facts) {
      const rows = await listSystemUsers()
      // Another ACS user may have got the e-mail address since validation.
      throwIfRefused(emailConflictErrors(user.emailAddress, rows))
      return filterIdentical(rows, facts).map((row) => row.acsUserId)
    },
    execute: (facts, existingIds) =>
      createAndClaim({
        create: async () => (await seam.createUser(toPlannedUser(facts))).acsUserId,
        claim,
        findUnclaimed: () => findResult(facts, existingIds),
        toResult,
      }),
    findResult,
    async undo(facts) {
      const acsUserId = requireFact(facts, 'acsUserId')
      await ignoreNotFound(seam.deleteUser(acsUserId))
      return [createAcsUserChange('DELETED', { acsUserId, acsSystemId: user.acsSystemId })]
    },
  }
}

function isIdenticalUser(row: AcsUser, planned: PlannedUserWithIdentity): boolean {
  return (
    row.fullName === planned.fullName &&
    isSameContact(row.emailAddress, planned.emailAddress, emailComparisonKey) &&
    isSameContact(row.phoneNumber, planned.phoneNumber, phoneComparisonKey) &&
    row.userIdentityId === planned.userIdentityId &&
    !isBeingDeleted(row)
  )
}

function isSameContact(a: string | null, b: string | null, normalize: (text: string) => string): boolean {
  return a === null || b === null ? a === b : normalize(a) === normalize(b)
}

/** The ACS user that a step is about. */
export type AcsUserRef = { readonly acsUserId: AcsUserId; readonly acsSystemId: AcsSystemId }

/** Updates the given fields of an ACS user. */
export function updateAcsUserStep({ seam }: StepTools, acsUser: AcsUserRef, changes: UserUpdate): Step {
  const changedFields = Object.keys(changes).filter((name) => changes[name as keyof UserUpdate] !== undefined)
  const result: StepResult = { changes: [createAcsUserChange('UPDATED', acsUser, changedFields)] }
  return {
    name: 'updateAcsUser',
    async execute() {
      await seam.updateUser(acsUser.acsUserId, changes)
      return result
    },
    async findResult() {
      const row = await seam.getUser(acsUser.acsUserId)
      return row !== null && hasAllChanges(row, changes) ? result : null
    },
  }
}

function hasAllChanges(row: AcsUser, { accessSchedule, ...texts }: UserUpdate): boolean {
  const isSameText = Object.entries(texts).every(([name, value]) => row[name as keyof AcsUser] === value)
  if (accessSchedule === undefined || !isSameText) return isSameText
  if (accessSchedule === null || row.accessSchedule === null) return row.accessSchedule === accessSchedule
  const { startsAt, endsAt } = row.accessSchedule
  return isSameTime(startsAt, accessSchedule.startsAt) && isSameTime(endsAt, accessSchedule.endsAt)
}

/** Suspends an ACS user or ends the suspension. */
export function setSuspensionStep({ seam }: StepTools, acsUser: AcsUserRef, isSuspended: boolean): Step {
  const result: StepResult = { changes: [createAcsUserChange('UPDATED', acsUser, ['isSuspended'])] }
  return {
    name: isSuspended ? 'suspendAcsUser' : 'unsuspendAcsUser',
    async execute() {
      await (isSuspended ? seam.suspendUser(acsUser.acsUserId) : seam.unsuspendUser(acsUser.acsUserId))
      return result
    },
    async findResult() {
      const row = await seam.getUser(acsUser.acsUserId)
      return row?.isSuspended === isSuspended ? result : null
    },
  }
}

/** Deletes an ACS user; Seam deletes its credentials with it. */
export function deleteAcsUserStep({ seam }: StepTools, acsUser: AcsUserRef): Step {
  const result: StepResult = { changes: [createAcsUserChange('DELETED', acsUser)] }
  return {
    name: 'deleteAcsUser',
    async execute() {
      await ignoreNotFound(seam.deleteUser(acsUser.acsUserId))
      return result
    },
    async findResult() {
      const row = await seam.getUser(acsUser.acsUserId)
      return row === null || isBeingDeleted(row) ? result : null
    },
  }
}
