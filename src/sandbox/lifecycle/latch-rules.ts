import { createInvalidInputError, createNotSupportedError, type SandboxApiError } from '../http/api-error.ts'
import type { AccessMethod, Credential, Entrance, User } from '../state/entities.ts'
import { isMissionControlUser } from './acs-users.ts'

/** A request of `acs/credentials/create`, with the ACS user (`holder`) and the entrances looked up. */
export type NewCredentialRequest = {
  readonly access_method: AccessMethod
  readonly code?: string | undefined
  readonly is_multi_phone_sync_credential: boolean
  readonly starts_at?: string | undefined
  readonly ends_at?: string | undefined
  readonly holder: Pick<User, 'acs_system_id' | 'user_identity_id'>
  readonly entrances: readonly Entrance[]
}

/** Returns the first rule of Latch that the credential violates, as Seam reports it, or `null` if there is none. */
export function findCredentialError(wanted: NewCredentialRequest, nowMs: number): SandboxApiError | null {
  return (
    findAccessMethodError(wanted) ??
    findEntranceError(wanted) ??
    findScheduleError(wanted.starts_at, wanted.ends_at, nowMs)
  )
}

/** Returns the access method if Latch supports it: access codes and mobile keys. Throws for cards and cloud keys. */
export function readLatchAccessMethod(accessMethod: string): AccessMethod {
  if (accessMethod === 'code' || accessMethod === 'mobile_key') return accessMethod
  throw createNotSupportedError(`Latch has no credentials with the access method ${accessMethod}.`)
}

/**
 * Checks the rules of the access method. An access code unlocks exactly one entrance, and Latch generates its PIN. A mobile key unlocks
 * at least one entrance, from the phones of a user identity.
 */
function findAccessMethodError(wanted: NewCredentialRequest): SandboxApiError | null {
  const { entrances, holder, is_multi_phone_sync_credential: isMultiPhone } = wanted
  if (wanted.code !== undefined)
    return createInvalidInputError('code', 'Latch generates the code; it cannot be chosen.')
  if (wanted.access_method === 'code') {
    if (isMultiPhone)
      return createInvalidInputError('is_multi_phone_sync_credential', 'A code is not for phones.')
    if (entrances.length === 1) return null
    return createInvalidInputError('allowed_acs_entrance_ids', 'A Latch code opens exactly one entrance.')
  }
  if (!isMultiPhone) {
    return createInvalidInputError('is_multi_phone_sync_credential', 'Must be true for a Latch mobile key.')
  }
  if (entrances.length === 0) {
    return createInvalidInputError('allowed_acs_entrance_ids', 'A mobile key opens at least one entrance.')
  }
  if (holder.user_identity_id !== undefined) return null
  return createInvalidInputError('acs_user_id', 'A mobile key needs a user with a user identity.')
}

/** Checks that the entrances belong to the ACS system of the ACS user and support the access method. */
function findEntranceError({
  access_method,
  entrances,
  holder,
}: NewCredentialRequest): SandboxApiError | null {
  for (const door of entrances) {
    if (door.acs_system_id !== holder.acs_system_id) {
      return createInvalidInputError(
        'allowed_acs_entrance_ids',
        `${door.acs_entrance_id} is in another access system.`,
      )
    }
    const canOpen = access_method === 'code' ? door.can_unlock_with_code : door.can_unlock_with_mobile_key
    if (canOpen === false) {
      return createInvalidInputError(
        'allowed_acs_entrance_ids',
        `${door.display_name} does not open with a ${access_method}.`,
      )
    }
  }
  return null
}

/** Checks that the end is in the future and after the start. */
export function findScheduleError(
  startsAt: string | undefined,
  endsAt: string | undefined,
  nowMs: number,
): SandboxApiError | null {
  if (endsAt === undefined) return null
  const endsMs = Date.parse(endsAt)
  if (endsMs <= nowMs) return createInvalidInputError('ends_at', 'Must be in the future.')
  if (startsAt !== undefined && endsMs <= Date.parse(startsAt)) {
    return createInvalidInputError('ends_at', 'Must be after starts_at.')
  }
  return null
}

/** Returns why the credential cannot be assigned to the ACS user, or `null` if it can. */
export function findAssignmentError(credential: Credential, user: User): SandboxApiError | null {
  if (credential.acs_system_id !== user.acs_system_id) {
    return createInvalidInputError('acs_user_id', 'The user is in another access system.')
  }
  if (credential.access_method === 'mobile_key' && user.user_identity_id === undefined) {
    return createInvalidInputError('acs_user_id', 'A mobile key needs a user with a user identity.')
  }
  return null
}

/** Returns an error if the ACS user was created in Latch Mission Control, since Seam cannot manage it. */
export function findManagementError(user: User): SandboxApiError | null {
  if (!isMissionControlUser(user)) return null
  return createNotSupportedError('This user was created in Latch Mission Control and is managed there.')
}

/** Throws the error, if there is one. */
export function throwIfError(error: SandboxApiError | null): void {
  if (error !== null) throw error
}
