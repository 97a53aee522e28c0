import { z } from 'zod'
import type { Identity } from '../entities.ts'
import { createIdentity, deleteIdentity, type NewIdentity, userOfIdentity } from '../life/identities.ts'
import { isBefore, matches, page } from '../pages.ts'
import { dateTime, id, pageParams, phoneNumber } from '../params.ts'
import { invalidInput } from '../refusal.ts'
import { type Answer, type Call, type Route, route } from '../route.ts'
import { identityOf, selectedIdentity, systemOf } from './select.ts'

const person = {
  user_identity_key: z.string().min(1).nullish(),
  email_address: z.email('Invalid email').nullish(),
  phone_number: phoneNumber().nullish(),
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

/** `/user_identities/…`: people across buildings. Their users are in `identity-users.ts`. */
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
