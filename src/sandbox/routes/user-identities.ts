import { z } from 'zod'
import { createInvalidInputError } from '../http/api-error.ts'
import { createPage, isCreatedBefore, matchesSearch } from '../http/pagination.ts'
import { createPageSchema, dateTimeSchema, idSchema, phoneNumberSchema } from '../http/params.ts'
import { type ApiAnswer, type ApiCall, createRoute, type Route } from '../http/route.ts'
import {
  createIdentity,
  deleteIdentity,
  getOrCreateUserOfIdentity,
  type NewIdentity,
} from '../lifecycle/user-identities.ts'
import type { Identity } from '../state/entities.ts'
import { requireSystem, requireUserIdentity, selectUserIdentity } from './row-selection.ts'

const person = {
  user_identity_key: z.string().min(1).nullish(),
  email_address: z.email('Invalid email').nullish(),
  phone_number: phoneNumberSchema().nullish(),
  full_name: z.string().min(1).nullish(),
}

const createParams = z.object({ ...person, acs_system_ids: z.array(idSchema()).default([]) })

const updateParams = z.object({ user_identity_id: idSchema(), ...person })

const listParams = z.object({
  user_identity_ids: z.array(idSchema()).optional(),
  credential_manager_acs_system_id: idSchema().optional(),
  created_before: dateTimeSchema().optional(),
  search: z.string().optional(),
  ...createPageSchema(500),
})

const idParams = z.object({ user_identity_id: idSchema() })

/** The routes `/user_identities/…`, except those for ACS users, which are in `user-identity-users.ts`. */
export const identityRoutes: readonly Route[] = [
  createRoute('POST', '/user_identities/create', createParams, create),
  createRoute(
    'GET',
    '/user_identities/get',
    z.object({ user_identity_id: idSchema().optional(), user_identity_key: z.string().optional() }),
    (params, call) => ({ user_identity: call.views.identity(selectUserIdentity(params, call)) }),
  ),
  createRoute('GET', '/user_identities/list', listParams, list),
  createRoute('PATCH', '/user_identities/update', updateParams, (params, call) => {
    const before = requireUserIdentity(params.user_identity_id, call)
    const { user_identity_key, full_name, email_address, phone_number } = params
    const changes = { user_identity_key, full_name, email_address, phone_number }
    const given = Object.entries(changes).filter(([, value]) => value !== undefined)
    const after: Identity = { ...before, ...Object.fromEntries(given) }
    requireUnique(after, call, before.user_identity_id)
    call.building.state.identities.put(after)
    return {}
  }),
  createRoute('DELETE', '/user_identities/delete', idParams, (params, call) => {
    deleteIdentity(call.building, requireUserIdentity(params.user_identity_id, call))
    return {}
  }),
]

function create(params: z.output<typeof createParams>, call: ApiCall): ApiAnswer {
  const { building, views } = call
  const systems = params.acs_system_ids.map((systemId) => requireSystem(systemId, call))
  const wanted: NewIdentity = {
    user_identity_key: params.user_identity_key ?? null,
    full_name: params.full_name ?? null,
    email_address: params.email_address ?? null,
    phone_number: params.phone_number ?? null,
  }
  requireUnique(wanted, call)
  const identity = createIdentity(building, wanted)
  for (const system of systems) getOrCreateUserOfIdentity(building, identity, system)
  return { user_identity: views.identity(identity) }
}

function list(params: z.output<typeof listParams>, call: ApiCall): ApiAnswer {
  const { identities } = call.building.state
  const named = params.user_identity_ids && new Set(params.user_identity_ids)
  const rows = named === undefined ? identities.all() : [...named].flatMap((one) => identities.get(one) ?? [])
  const wanted = rows
    .filter(
      (row) =>
        params.credential_manager_acs_system_id === undefined &&
        isCreatedBefore(params.created_before, row) &&
        matchesSearch(
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
  return createPage(
    { key: 'user_identities', rows: wanted, sequence, view: call.views.identity },
    params,
    call,
  )
}

/** Throws if another user identity has the same `user_identity_key`, e-mail address or phone number. */
function requireUnique(wanted: NewIdentity, { building }: ApiCall, own?: string): void {
  const { identities } = building.state
  const { user_identity_key: key, email_address: email, phone_number: phone } = wanted
  const taken = [
    ['user_identity_key', key === null ? [] : identities.by('key', key)],
    ['email_address', email === null ? [] : identities.by('email', email.toLowerCase())],
    ['phone_number', phone === null ? [] : identities.by('phone', phone)],
  ] as const
  for (const [parameter, rows] of taken) {
    if (rows.every((row) => row.user_identity_id === own)) continue
    throw createInvalidInputError(parameter, 'Another user identity of the workspace has it.')
  }
}
