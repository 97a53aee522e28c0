import { randomUUID } from 'node:crypto'
import { addBeingDeletedWarning, type Building, createProblem, isDisconnected } from '../building.ts'
import type { PendingMutation, Schedule, SeamIssueError, System, User } from '../state/entities.ts'
import { createSystemKey } from '../state/state.ts'
import { markDeleted, removeCredential } from './credentials.ts'

/** The fields of a new ACS user. */
export type NewUser = {
  readonly system: System
  readonly full_name: string
  readonly email_address?: string | undefined
  readonly phone_number?: string | undefined
  readonly user_identity_id?: string | undefined
  readonly access_schedule?: Schedule | undefined
}

/** Creates an ACS user, with a pending mutation until Latch has created it too. */
export function createUser(building: Building, wanted: NewUser): User {
  const { system, ...given } = wanted
  const { acs_system_id, connected_account_id } = system
  const created_at = building.clock.stamp()
  const user: User = {
    acs_user_id: randomUUID(),
    acs_system_id,
    connected_account_id,
    ...given,
    is_suspended: false,
    pending_mutations: [{ mutation_code: 'creating', message: 'Latch is creating this user.', created_at }],
    last_successful_sync_at: null,
    created_at,
    errors: [],
    warnings: [],
  }
  building.state.users.put(user)
  emitUserEvent(building, 'acs_user.created', user)
  building.timers.after(building.issueDelayMs, () => completeUserMutations(building, user.acs_user_id))
  return building.state.users.get(user.acs_user_id) ?? user
}

/** A change of an ACS user that Latch applies later. */
export type UserMutation =
  | 'updating_user_information'
  | 'updating_access_schedule'
  | 'updating_suspension_state'

/** Changes an ACS user immediately, with a pending mutation until Latch has applied the change. Seam has no event for it. */
export function updateUser(building: Building, user: User, changes: Partial<User>, code: UserMutation): User {
  const changed = { ...user, ...changes }
  const pending: PendingMutation = {
    mutation_code: code,
    message: 'Latch has not taken this change over yet.',
    created_at: building.clock.stamp(),
    from: getMutableFields(user, code),
    to: getMutableFields(changed, code),
  }
  const others = user.pending_mutations.filter((one) => one.mutation_code !== code)
  building.state.users.put({ ...changed, pending_mutations: [...others, pending] })
  building.timers.after(building.issueDelayMs, () => completeUserMutations(building, user.acs_user_id))
  return building.state.users.get(user.acs_user_id) ?? changed
}

function getMutableFields(user: User, code: UserMutation): Record<string, unknown> {
  switch (code) {
    case 'updating_user_information': {
      const { full_name, email_address, phone_number } = user
      return { full_name, email_address: email_address ?? null, phone_number: phone_number ?? null }
    }
    case 'updating_access_schedule':
      return {
        starts_at: user.access_schedule?.starts_at ?? null,
        ends_at: user.access_schedule?.ends_at ?? null,
      }
    case 'updating_suspension_state':
      return { is_suspended: user.is_suspended ?? false }
  }
}

/** Completes all pending mutations of an ACS user, as Latch does. Does nothing while the connected account is disconnected. */
export function completeUserMutations(building: Building, userId: string): void {
  const user = building.state.users.get(userId)
  if (user === undefined || isDisconnected(building, user.connected_account_id)) return
  const wasCreating = user.pending_mutations.some((one) => one.mutation_code === 'creating')
  const last_successful_sync_at = building.clock.stamp()
  const errors = wasCreating ? [...user.errors, ...findEmailConflicts(building, user)] : user.errors
  building.state.users.patch(userId, { pending_mutations: [], last_successful_sync_at, errors })
}

/** Marks an ACS user and its credentials as being deleted, and removes them after `deleteDelayMs`. */
export function deleteUser(building: Building, user: User): void {
  const { users, credentials } = building.state
  users.patch(user.acs_user_id, { warnings: addBeingDeletedWarning(building, user.warnings) })
  for (const credential of credentials.by('user', user.acs_user_id)) markDeleted(building, credential)
  building.timers.after(building.deleteDelayMs, () => removeUser(building, user.acs_user_id))
}

/** Removes an ACS user and its credentials immediately, and emits the events. */
export function removeUser(building: Building, userId: string): void {
  const user = building.state.users.get(userId)
  if (user === undefined) return
  for (const credential of building.state.credentials.by('user', userId)) {
    removeCredential(building, credential.acs_credential_id)
  }
  building.state.users.delete(userId)
  emitUserEvent(building, 'acs_user.deleted', user)
}

/**
 * Returns the error of a new ACS user whose e-mail address is in use: Latch accepts an address once per ACS system. The error is
 * another one if a resident of Latch Mission Control has the address.
 */
function findEmailConflicts(building: Building, user: User): SeamIssueError[] {
  if (user.email_address === undefined) return []
  const sameEmail = building.state.users.by('email', createSystemKey(user.acs_system_id, user.email_address))
  const others = sameEmail.filter((other) => other.acs_user_id !== user.acs_user_id)
  if (others.length === 0) return []
  const isResident = others.some(isMissionControlUser)
  return isResident
    ? [
        createProblem(
          building,
          'latch_conflict_with_resident_user',
          'The person is also a resident in Mission Control.',
        ),
      ]
    : [
        createProblem(
          building,
          'failed_to_create_on_acs_system',
          'The e-mail address is already in use in Latch.',
        ),
      ]
}

/** Whether Latch Mission Control created the ACS user. Seam shows such an ACS user and cannot manage it. */
export function isMissionControlUser(user: User): boolean {
  return user.warnings.some((one) => one.warning_code === 'latch_resident_user')
}

function emitUserEvent(building: Building, type: string, user: User): void {
  const { acs_system_id, acs_user_id, connected_account_id } = user
  building.events.emit(type, { acs_system_id, acs_user_id, connected_account_id })
}
