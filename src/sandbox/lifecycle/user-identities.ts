import { randomUUID } from 'node:crypto'
import type { Building } from '../building.ts'
import type { Identity, System, User } from '../state/entities.ts'
import { createSystemKey } from '../state/state.ts'
import { createUser, deleteUser } from './acs-users.ts'
import { deleteClientSession } from './client-sessions.ts'

/** The fields of a new user identity; `null` is unknown. */
export type NewIdentity = Pick<Identity, 'user_identity_key' | 'full_name' | 'email_address' | 'phone_number'>

/** Creates a user identity. Seam has no event for it. */
export function createIdentity(building: Building, wanted: NewIdentity): Identity {
  const identity: Identity = {
    user_identity_id: randomUUID(),
    ...wanted,
    created_at: building.clock.stamp(),
    errors: [],
    warnings: [],
  }
  building.state.identities.put(identity)
  return identity
}

/**
 * Returns the ACS user of a user identity in an ACS system: the linked one, or else one without user identity that has the same e-mail
 * address or phone number, or else a new one.
 */
export function getOrCreateUserOfIdentity(building: Building, identity: Identity, system: System): User {
  const { users } = building.state
  const { user_identity_id, email_address, phone_number } = identity
  const own = users
    .by('identity', user_identity_id)
    .find((user) => user.acs_system_id === system.acs_system_id)
  if (own !== undefined) return own
  const alike = [
    ...(email_address === null
      ? []
      : users.by('email', createSystemKey(system.acs_system_id, email_address))),
    ...(phone_number === null ? [] : users.by('phone', createSystemKey(system.acs_system_id, phone_number))),
  ]
  const free = alike.find((user) => user.user_identity_id === undefined)
  if (free !== undefined) return linkUser(building, free, user_identity_id)
  return createUser(building, {
    system,
    full_name: getDisplayName(identity),
    email_address: email_address ?? undefined,
    phone_number: phone_number ?? undefined,
    user_identity_id,
  })
}

/** Links an ACS user to a user identity, or unlinks it if `userIdentityId` is `undefined`. Seam has no event for it. */
export function linkUser(building: Building, user: User, userIdentityId: string | undefined): User {
  const linked = { ...user, user_identity_id: userIdentityId }
  building.state.users.put(linked)
  return linked
}

/** Deletes a user identity with its ACS users, their credentials and its client sessions. */
export function deleteIdentity(building: Building, identity: Identity): void {
  const { user_identity_id } = identity
  for (const user of building.state.users.by('identity', user_identity_id)) deleteUser(building, user)
  for (const session of building.state.sessions.by('identity', user_identity_id))
    deleteClientSession(building, session)
  building.state.identities.delete(user_identity_id)
}

/** Returns the display name of a user identity. */
export function getDisplayName(identity: Identity): string {
  const { full_name, email_address, phone_number, user_identity_key } = identity
  return full_name ?? email_address ?? phone_number ?? user_identity_key ?? 'Unnamed'
}
