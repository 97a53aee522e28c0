import type { AccessSchedule, AcsUser } from '../../model/entities.ts'
import type { AcsSystemId, AcsUserId, UserIdentityId } from '../../model/ids.ts'
import { addressErrors, isBeingDeleted } from '../../model/rules/person.ts'
import { timeKey } from '../../model/time.ts'
import { refuseIf } from '../../model/user-error.ts'
import type { UserChanges } from '../../seam/inputs.ts'
import type { Tools } from '../command.ts'
import type { Done, Facts, Step } from '../saga.ts'
import { userChange } from '../tell.ts'
import { unlessGone } from './gone.ts'

/** A person as they're to be created. */
export type PlannedUser = {
  readonly acsSystemId: AcsSystemId
  readonly fullName: string
  readonly emailAddress: string | null
  readonly phoneNumber: string | null
  readonly accessSchedule: AccessSchedule | null
}

/** What creating a person leaves in the facts. */
export type UserFacts = Facts & { readonly acsUserId: AcsUserId }

type Planned = PlannedUser & { readonly userIdentityId: UserIdentityId | null }

/**
 * Creates a person in a building. Seam has no keys of its own for them: one whose answer was lost is known by everything that was
 * asked for, and by not having been there before.
 */
export function createUserStep(
  { seam, claim }: Tools,
  user: PlannedUser,
  identityOf: (facts: Facts) => UserIdentityId | null,
): Step {
  const planned = (facts: Facts): Planned => ({ ...user, userIdentityId: identityOf(facts) })
  const neighbours = (): Promise<AcsUser[]> => seam.listUsers({ acsSystemId: user.acsSystemId })
  const twinsAmong = (rows: readonly AcsUser[], facts: Facts): AcsUser[] =>
    rows.filter((row) => isTwin(row, planned(facts)))
  const done = (acsUserId: AcsUserId): Done => ({
    facts: { acsUserId },
    changes: [userChange('CREATED', { acsUserId, acsSystemId: user.acsSystemId })],
  })
  return {
    name: 'createAcsUser',
    lock: () => `user ${user.acsSystemId} ${user.emailAddress?.toLowerCase() ?? user.fullName}`,
    async before(facts) {
      const rows = await neighbours()
      // Somebody may have got the address since the rules were applied.
      refuseIf(addressErrors(user.emailAddress, rows))
      return twinsAmong(rows, facts).map((row) => row.acsUserId)
    },
    async do(facts) {
      const { acsUserId } = await seam.createUser(planned(facts))
      await claim(acsUserId)
      return done(acsUserId)
    },
    async find(facts, before) {
      for (const { acsUserId } of twinsAmong(await neighbours(), facts))
        if (!before.includes(acsUserId) && (await claim(acsUserId))) return done(acsUserId)
      return null
    },
    async undo(facts) {
      const { acsUserId } = facts as UserFacts
      await unlessGone(seam.deleteUser(acsUserId))
      return [userChange('DELETED', { acsUserId, acsSystemId: user.acsSystemId })]
    },
  }
}

function isTwin(row: AcsUser, wanted: Planned): boolean {
  return (
    row.fullName === wanted.fullName &&
    row.emailAddress?.toLowerCase() === wanted.emailAddress?.toLowerCase() &&
    row.phoneNumber === wanted.phoneNumber &&
    row.userIdentityId === wanted.userIdentityId &&
    !isBeingDeleted(row)
  )
}

/** Whom a step is about. */
export type Person = { readonly acsUserId: AcsUserId; readonly acsSystemId: AcsSystemId }

/** Changes what is given about a person. */
export function updateUserStep({ seam }: Tools, person: Person, changes: UserChanges): Step {
  const names = Object.keys(changes).filter((name) => changes[name as keyof UserChanges] !== undefined)
  const done: Done = { changes: [userChange('UPDATED', person, names)] }
  return {
    name: 'updateAcsUser',
    async do() {
      await seam.updateUser(person.acsUserId, changes)
      return done
    },
    async find() {
      const row = await seam.getUser(person.acsUserId)
      return row !== null && hasAll(row, changes) ? done : null
    },
  }
}

function hasAll(row: AcsUser, { accessSchedule, ...texts }: UserChanges): boolean {
  const isSameText = Object.entries(texts).every(([name, value]) => row[name as keyof AcsUser] === value)
  if (accessSchedule === undefined || !isSameText) return isSameText
  if (accessSchedule === null || row.accessSchedule === null) return row.accessSchedule === accessSchedule
  const { startsAt, endsAt } = row.accessSchedule
  return sameTime(startsAt, accessSchedule.startsAt) && sameTime(endsAt, accessSchedule.endsAt)
}

function sameTime(a: string | null, b: string | null): boolean {
  return a === null || b === null ? a === b : timeKey(a) === timeKey(b)
}

/** Suspends a person, or lets them in again. */
export function suspensionStep({ seam }: Tools, person: Person, isSuspended: boolean): Step {
  const done: Done = { changes: [userChange('UPDATED', person, ['isSuspended'])] }
  return {
    name: isSuspended ? 'suspendAcsUser' : 'unsuspendAcsUser',
    async do() {
      await (isSuspended ? seam.suspendUser(person.acsUserId) : seam.unsuspendUser(person.acsUserId))
      return done
    },
    async find() {
      const row = await seam.getUser(person.acsUserId)
      return row?.isSuspended === isSuspended ? done : null
    },
  }
}

/** Deletes a person; Seam takes their credentials away with them. */
export function deleteUserStep({ seam }: Tools, person: Person): Step {
  const done: Done = { changes: [userChange('DELETED', person)] }
  return {
    name: 'deleteAcsUser',
    async do() {
      await unlessGone(seam.deleteUser(person.acsUserId))
      return done
    },
    async find() {
      const row = await seam.getUser(person.acsUserId)
      return row === null || isBeingDeleted(row) ? done : null
    },
  }
}
