import type { Identity, System, User } from '../entities.ts'
import { id } from '../params.ts'
import { found, invalidInput } from '../refusal.ts'
import type { Call } from '../route.ts'

/** The parameters that name one user: `acs_user_id`, or `user_identity_id` with `acs_system_id`. */
export const userSelector = {
  acs_user_id: id().optional(),
  user_identity_id: id().optional(),
  acs_system_id: id().optional(),
}

type UserSelection = {
  acs_user_id?: string | undefined
  user_identity_id?: string | undefined
  acs_system_id?: string | undefined
}

/** The user that the selector names. Throws when it names none, two at once, or one that isn't there. */
export function selectedUser(selection: UserSelection, { building }: Call): User {
  const { acs_user_id, user_identity_id, acs_system_id } = selection
  const { users } = building.state
  if (acs_user_id !== undefined) {
    if (user_identity_id !== undefined)
      throw invalidInput('user_identity_id', 'Not together with acs_user_id.')
    return found(users.get(acs_user_id), 'acs_user', acs_user_id)
  }
  if (user_identity_id === undefined || acs_system_id === undefined) {
    throw invalidInput('acs_user_id', 'Give acs_user_id, or user_identity_id and acs_system_id.')
  }
  const owned = users.by('identity', user_identity_id)
  return found(
    owned.find((user) => user.acs_system_id === acs_system_id),
    'acs_user',
    `of ${user_identity_id} in ${acs_system_id}`,
  )
}

/** The access system, or 404. */
export function systemOf(acsSystemId: string, { building }: Call): System {
  return found(building.state.systems.get(acsSystemId), 'acs_system', acsSystemId)
}

/** The user identity, or 404. */
export function identityOf(userIdentityId: string, { building }: Call): Identity {
  return found(building.state.identities.get(userIdentityId), 'user_identity', userIdentityId)
}

/** The identity with this id or this key. Throws when both are given, or neither, or when it isn't there. */
export function selectedIdentity(
  params: { user_identity_id?: string | undefined; user_identity_key?: string | undefined },
  call: Call,
): Identity {
  const { user_identity_id, user_identity_key } = params
  if (user_identity_id !== undefined && user_identity_key === undefined)
    return identityOf(user_identity_id, call)
  if (user_identity_id !== undefined || user_identity_key === undefined) {
    throw invalidInput('user_identity_id', 'Give user_identity_id or user_identity_key, and not both.')
  }
  const [known] = call.building.state.identities.by('key', user_identity_key)
  return found(known, 'user_identity', user_identity_key)
}
