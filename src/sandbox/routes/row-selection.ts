import { createInvalidInputError, requireRow } from '../http/api-error.ts'
import { idSchema } from '../http/params.ts'
import type { ApiCall } from '../http/route.ts'
import type { Identity, System, User } from '../state/entities.ts'

/** The parameters that select one ACS user: `acs_user_id`, or `user_identity_id` with `acs_system_id`. */
export const userSelectorSchema = {
  acs_user_id: idSchema().optional(),
  user_identity_id: idSchema().optional(),
  acs_system_id: idSchema().optional(),
}

type UserSelection = {
  acs_user_id?: string | undefined
  user_identity_id?: string | undefined
  acs_system_id?: string | undefined
}

/** Returns the selected ACS user. Throws if the parameters select none or two, or if it does not exist. */
export function selectUser(selection: UserSelection, { building }: ApiCall): User {
  const { acs_user_id, user_identity_id, acs_system_id } = selection
  const { users } = building.state
  if (acs_user_id !== undefined) {
    if (user_identity_id !== undefined)
      throw createInvalidInputError('user_identity_id', 'Not together with acs_user_id.')
    return requireRow(users.get(acs_user_id), 'acs_user', acs_user_id)
  }
  if (user_identity_id === undefined || acs_system_id === undefined) {
    throw createInvalidInputError('acs_user_id', 'Give acs_user_id, or user_identity_id and acs_system_id.')
  }
  const owned = users.by('identity', user_identity_id)
  return requireRow(
    owned.find((user) => user.acs_system_id === acs_system_id),
    'acs_user',
    `of ${user_identity_id} in ${acs_system_id}`,
  )
}

/** Returns the ACS system, or throws a 404. */
export function requireSystem(acsSystemId: string, { building }: ApiCall): System {
  return requireRow(building.state.systems.get(acsSystemId), 'acs_system', acsSystemId)
}

/** Returns the user identity, or throws a 404. */
export function requireUserIdentity(userIdentityId: string, { building }: ApiCall): Identity {
  return requireRow(building.state.identities.get(userIdentityId), 'user_identity', userIdentityId)
}

/** Returns the user identity with the given id or `user_identity_key`. Throws if both or neither are given, or if it does not exist. */
export function selectUserIdentity(
  params: { user_identity_id?: string | undefined; user_identity_key?: string | undefined },
  call: ApiCall,
): Identity {
  const { user_identity_id, user_identity_key } = params
  if (user_identity_id !== undefined && user_identity_key === undefined)
    return requireUserIdentity(user_identity_id, call)
  if (user_identity_id !== undefined || user_identity_key === undefined) {
    throw createInvalidInputError(
      'user_identity_id',
      'Give user_identity_id or user_identity_key, and not both.',
    )
  }
  const [known] = call.building.state.identities.by('key', user_identity_key)
  return requireRow(known, 'user_identity', user_identity_key)
}
