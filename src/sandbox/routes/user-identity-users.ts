import { z } from 'zod'
import { createInvalidInputError, requireRow } from '../http/api-error.ts'
import { idSchema } from '../http/params.ts'
import { type ApiAnswer, type ApiCall, createRoute, type Route } from '../http/route.ts'
import { createIdentity, linkUser } from '../lifecycle/user-identities.ts'
import type { Identity, User } from '../state/entities.ts'
import { requireNoOtherUser } from './acs-users.ts'
import { requireEntrances } from './entrances.ts'
import { requireUserIdentity, selectUserIdentity } from './row-selection.ts'

const idParams = z.object({ user_identity_id: idSchema() })

const addParams = z.object({
  acs_user_id: idSchema(),
  user_identity_id: idSchema().optional(),
  user_identity_key: z.string().min(1).optional(),
})

/** The routes `/user_identities/…` for the ACS users of a user identity, their ACS systems and their entrances. */
export const identityUserRoutes: readonly Route[] = [
  createRoute('PUT', '/user_identities/add_acs_user', addParams, addUser),
  createRoute(
    'DELETE',
    '/user_identities/remove_acs_user',
    idParams.extend({ acs_user_id: idSchema() }),
    ({ acs_user_id, user_identity_id }, call) => {
      requireUserIdentity(user_identity_id, call)
      const user = requireRow(call.building.state.users.get(acs_user_id), 'acs_user', acs_user_id)
      if (user.user_identity_id !== user_identity_id) {
        throw createInvalidInputError('acs_user_id', 'The user is not linked to this user identity.')
      }
      linkUser(call.building, user, undefined)
      return {}
    },
  ),
  createRoute('GET', '/user_identities/list_acs_users', idParams, (params, call) => ({
    acs_users: usersOf(params, call).map(call.views.user),
  })),
  createRoute('GET', '/user_identities/list_acs_systems', idParams, (params, call) => {
    const ids = new Set(usersOf(params, call).map((user) => user.acs_system_id))
    const systems = call.building.state.systems.all().filter((system) => ids.has(system.acs_system_id))
    return { acs_systems: systems.map(call.views.system) }
  }),
  createRoute('GET', '/user_identities/list_accessible_entrances', idParams, (params, call) => {
    const { credentials, entrances } = call.building.state
    const keys = usersOf(params, call).flatMap((user) => credentials.by('user', user.acs_user_id))
    const doors = requireEntrances(
      keys.flatMap((key) => key.entrance_ids),
      entrances,
    )
    return { acs_entrances: doors.map(call.views.entrance) }
  }),
]

function addUser(params: z.output<typeof addParams>, call: ApiCall): ApiAnswer {
  const { building } = call
  const user = userOf(params.acs_user_id, call)
  const known = knownIdentity(params, call)
  if (user.user_identity_id !== undefined && user.user_identity_id === known?.user_identity_id) return {}
  if (user.user_identity_id !== undefined) {
    throw createInvalidInputError('acs_user_id', 'The user is linked to another user identity.')
  }
  if (known !== undefined) requireNoOtherUser(known.user_identity_id, user.acs_system_id, call)
  const { user_identity_key = null } = params
  const unnamed = { full_name: null, email_address: null, phone_number: null }
  const identity = known ?? createIdentity(building, { user_identity_key, ...unnamed })
  linkUser(building, user, identity.user_identity_id)
  return {}
}

/** Returns the named user identity, or `undefined` for a new `user_identity_key`. */
function knownIdentity(params: z.output<typeof addParams>, call: ApiCall): Identity | undefined {
  const { user_identity_id, user_identity_key } = params
  if (user_identity_id !== undefined || user_identity_key === undefined)
    return selectUserIdentity(params, call)
  return call.building.state.identities.by('key', user_identity_key)[0]
}

function userOf(acsUserId: string, { building }: ApiCall): User {
  return requireRow(building.state.users.get(acsUserId), 'acs_user', acsUserId)
}

function usersOf({ user_identity_id }: { user_identity_id: string }, call: ApiCall): User[] {
  requireUserIdentity(user_identity_id, call)
  return call.building.state.users.by('identity', user_identity_id)
}
