import { z } from 'zod'
import type { Identity } from '../entities.ts'
import {
  createIdentity,
  deleteIdentity,
  linkUser,
  type NewIdentity,
  userOfIdentity,
} from '../life/identities.ts'
import { isBefore, matches, page } from '../pages.ts'
import { dateTime, id, pageParams } from '../params.ts'
import { found, invalidInput } from '../refusal.ts'
import { type Answer, type Call, type Route, route } from '../route.ts'
import { doorsNamed } from './entrances.ts'
import { identityOf, systemOf } from './select.ts'
import { refuseSecondUser } from './users.ts'

const person = {
  user_identity_key: z.string().min(1).nullish(),
  email_address: z.email('Invalid email').nullish(),
  phone_number: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'Invalid phone number')
    .nullish(),
  full_name: z.string().min(1).nullish(),
}

const createParams = z.object({ ...person, acs_system_ids: z.array(id()).default([]) })

const updateParams = z.object({ user_identity_id: id(), ...person })

const listParams = z.object({
  user_identity_ids: z.array(id()).optional(),
  credential_manager_acs_system_id: id().optional(),
  created_before: dateTime().optional(),
  search: z.string().optional(),
  ...pageParams(500),
})

const one = z.object({ user_identity_id: id() })

/** `/user_identities/…`: people across buildings. */
export const identityRoutes: readonly Route[] = [
  route('POST', '/user_identities/create', createParams, create),
  route(
    'GET',
    '/user_identities/get',
    z.object({ user_identity_id: id().optional(), user_identity_key: z.string().optional() }),
    (params, call) => ({ user_identity: call.views.identity(selectedIdentity(params, call)) }),
  ),
  route('GET', '/user_identities/list', listParams, list),
  route('PATCH', '/user_identities/update', updateParams, (params, call) => {
    const before = identityOf(params.user_identity_id, call)
    const { user_identity_key, full_name, email_address, phone_number } = params
    const changes = { user_identity_key, full_name, email_address, phone_number }
    const given = Object.entries(changes).filter(([, value]) => value !== undefined)
    const after: Identity = { ...before, ...Object.fromEntries(given) }
    refuseTwins(after, call, before.user_identity_id)
    call.building.state.identities.put(after)
    return {}
  }),
  route('DELETE', '/user_identities/delete', one, (params, call) => {
    deleteIdentity(call.building, identityOf(params.user_identity_id, call))
    return {}
  }),
  route(
    'PUT',
    '/user_identities/add_acs_user',
    z.object({
      acs_user_id: id(),
      user_identity_id: id().optional(),
      user_identity_key: z.string().min(1).optional(),
    }),
    addUser,
  ),
  route(
    'DELETE',
    '/user_identities/remove_acs_user',
    one.extend({ acs_user_id: id() }),
    ({ acs_user_id, user_identity_id }, call) => {
      identityOf(user_identity_id, call)
      const user = found(call.building.state.users.get(acs_user_id), 'acs_user', acs_user_id)
      if (user.user_identity_id !== user_identity_id) {
        throw invalidInput('acs_user_id', 'The user is not linked to this user identity.')
      }
      linkUser(call.building, user, undefined)
      return {}
    },
  ),
  route('GET', '/user_identities/list_acs_users', one, (params, call) => ({
    acs_users: usersOf(params, call).map(call.views.user),
  })),
  route('GET', '/user_identities/list_acs_systems', one, (params, call) => {
    const ids = new Set(usersOf(params, call).map((user) => user.acs_system_id))
    const systems = call.building.state.systems.all().filter((system) => ids.has(system.acs_system_id))
    return { acs_systems: systems.map(call.views.system) }
  }),
  route('GET', '/user_identities/list_accessible_entrances', one, (params, call) => {
    const { credentials, entrances } = call.building.state
    const keys = usersOf(params, call).flatMap((user) => credentials.by('user', user.acs_user_id))
    const doors = doorsNamed(
      keys.flatMap((key) => key.entrance_ids),
      entrances,
    )
    return { acs_entrances: doors.map(call.views.entrance) }
  }),
]

function create(params: z.output<typeof createParams>, call: Call): Answer {
  const { building, views } = call
  const systems = params.acs_system_ids.map((systemId) => systemOf(systemId, call))
  const wanted: NewIdentity = {
    user_identity_key: params.user_identity_key ?? null,
    full_name: params.full_name ?? null,
    email_address: params.email_address ?? null,
    phone_number: params.phone_number ?? null,
  }
  refuseTwins(wanted, call)
  const identity = createIdentity(building, wanted)
  for (const system of systems) userOfIdentity(building, identity, system)
  return { user_identity: views.identity(identity) }
}

function addUser(
  params: {
    acs_user_id: string
    user_identity_id?: string | undefined
    user_identity_key?: string | undefined
  },
  call: Call,
): Answer {
  const { building } = call
  const user = found(building.state.users.get(params.acs_user_id), 'acs_user', params.acs_user_id)
  const identity = existingOrNew(params, call)
  if (user.user_identity_id === identity.user_identity_id) return {}
  if (user.user_identity_id !== undefined) {
    throw invalidInput('acs_user_id', 'The user is linked to another user identity.')
  }
  refuseSecondUser(identity.user_identity_id, user.acs_system_id, call)
  linkUser(building, user, identity.user_identity_id)
  return {}
}

/** The identity with this id or key; an unknown key makes a new one. */
function existingOrNew(params: Parameters<typeof selectedIdentity>[0], call: Call): Identity {
  const { user_identity_id, user_identity_key } = params
  if (user_identity_id !== undefined || user_identity_key === undefined) return selectedIdentity(params, call)
  const [known] = call.building.state.identities.by('key', user_identity_key)
  const unnamed = { full_name: null, email_address: null, phone_number: null }
  return known ?? createIdentity(call.building, { user_identity_key, ...unnamed })
}

function selectedIdentity(
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

function list(params: z.output<typeof listParams>, call: Call): Answer {
  const { identities } = call.building.state
  const named = params.user_identity_ids && new Set(params.user_identity_ids)
  const rows = named === undefined ? identities.all() : [...named].flatMap((one) => identities.get(one) ?? [])
  const wanted = rows
    .filter(
      (row) =>
        params.credential_manager_acs_system_id === undefined &&
        isBefore(params.created_before, row) &&
        matches(
          params.search,
          row.full_name,
          row.email_address,
          row.phone_number,
          row.user_identity_key,
          row.user_identity_id,
        ),
    )
    .sort((row, other) => identities.sequence(row) - identities.sequence(other))
  const { sequence } = identities
  return page({ key: 'user_identities', rows: wanted, sequence, view: call.views.identity }, params, call)
}

/** Key, e-mail and phone are each one identity's only. */
function refuseTwins(wanted: NewIdentity, { building }: Call, own?: string): void {
  const { identities } = building.state
  const { user_identity_key: key, email_address: email, phone_number: phone } = wanted
  const taken = [
    ['user_identity_key', key === null ? [] : identities.by('key', key)],
    ['email_address', email === null ? [] : identities.by('email', email.toLowerCase())],
    ['phone_number', phone === null ? [] : identities.by('phone', phone)],
  ] as const
  for (const [parameter, rows] of taken) {
    if (rows.every((row) => row.user_identity_id === own)) continue
    throw invalidInput(parameter, 'Another user identity of the workspace has it.')
  }
}

function usersOf({ user_identity_id }: { user_identity_id: string }, call: Call) {
  identityOf(user_identity_id, call)
  return call.building.state.users.by('identity', user_identity_id)
}
