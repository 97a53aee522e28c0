import { z } from 'zod'
import type { Credential, User } from '../entities.ts'
import { createCredential, deleteCredential, moveEnd } from '../life/credentials.ts'
import { userOfIdentity } from '../life/identities.ts'
import { isBefore, matches, page } from '../pages.ts'
import { dateTime, id, pageParams, search } from '../params.ts'
import { found, invalidInput } from '../refusal.ts'
import { type Answer, type Call, type Route, route } from '../route.ts'
import { assignmentRefusal, credentialRefusal, enforce, latchMethod, scheduleRefusal } from '../rules.ts'
import { doorsNamed, entranceOf } from './entrances.ts'
import { identityOf, selectedUser, systemOf, userSelector } from './select.ts'

/** Starts further back than this are moved to now. */
const pastStartMs = 5 * 60_000

const createParams = z.object({
  access_method: z.enum(['code', 'card', 'mobile_key', 'cloud_key']),
  ...userSelector,
  allowed_acs_entrance_ids: z.array(id()).default([]),
  is_multi_phone_sync_credential: z.boolean().default(false),
  starts_at: dateTime().optional(),
  ends_at: dateTime().optional(),
  code: z.string().regex(/^\d+$/, 'Only digits').optional(),
})

const listParams = z.object({
  ...userSelector,
  created_before: dateTime().optional(),
  is_multi_phone_sync_credential: z.boolean().optional(),
  search: search().optional(),
  ...pageParams(500),
})

const assignParams = z.object({
  acs_credential_id: id(),
  acs_user_id: id().optional(),
  user_identity_id: id().optional(),
})

const one = z.object({ acs_credential_id: id() })

/** `/acs/credentials/…`: keys and PINs. */
export const credentialRoutes: readonly Route[] = [
  route('POST', '/acs/credentials/create', createParams, create),
  route('GET', '/acs/credentials/get', one, (params, call) => shown(credentialOf(params, call), call)),
  route('GET', '/acs/credentials/list', listParams, list),
  route(
    'PATCH',
    '/acs/credentials/update',
    z.object({
      acs_credential_id: id(),
      code: z.string().regex(/^\d+$/, 'Only digits').optional(),
      ends_at: dateTime().optional(),
    }),
    (params, call) => {
      const credential = credentialOf(params, call)
      if (params.code !== undefined)
        throw invalidInput('code', 'Latch generates the code; it cannot be changed.')
      const { ends_at } = params
      if (ends_at === undefined) return shown(credential, call)
      enforce(scheduleRefusal(credential.starts_at, ends_at, call.building.clock.nowMs()))
      moveEnd(call.building, credential.acs_credential_id, ends_at)
      return shown(credentialOf(params, call), call)
    },
  ),
  route('DELETE', '/acs/credentials/delete', one, (params, call) => {
    deleteCredential(call.building, credentialOf(params, call))
    return {}
  }),
  route('PATCH', '/acs/credentials/assign', assignParams, (params, call) => {
    const credential = credentialOf(params, call)
    const user = assignee(params, credential, call)
    enforce(assignmentRefusal(credential, user))
    call.building.state.credentials.put({ ...credential, acs_user_id: user.acs_user_id })
    return shown(credentialOf(params, call), call)
  }),
  route('PATCH', '/acs/credentials/unassign', assignParams, (params, call) => {
    const credential = credentialOf(params, call)
    const user = assignee(params, credential, call)
    if (credential.acs_user_id !== user.acs_user_id) {
      throw invalidInput('acs_user_id', 'The credential is not assigned to this user.')
    }
    call.building.state.credentials.put({ ...credential, acs_user_id: undefined })
    return shown(credentialOf(params, call), call)
  }),
  route('GET', '/acs/credentials/list_accessible_entrances', one, (params, call) => {
    const doors = doorsNamed(credentialOf(params, call).entrance_ids, call.building.state.entrances)
    return { acs_entrances: doors.map(call.views.entrance) }
  }),
]

function create(params: z.output<typeof createParams>, call: Call): Answer {
  const { building } = call
  const access_method = latchMethod(params.access_method)
  const entrances = [...new Set(params.allowed_acs_entrance_ids)].map((doorId) => entranceOf(doorId, call))
  const nowMs = building.clock.nowMs()
  const holder = holderOf(params, call)
  enforce(credentialRefusal({ ...params, access_method, holder, entrances }, nowMs))
  const isStartMoved = params.starts_at !== undefined && Date.parse(params.starts_at) < nowMs - pastStartMs
  const starts_at = isStartMoved || params.starts_at === undefined ? building.clock.stamp() : params.starts_at
  const credential = createCredential(building, {
    user: holder.user(),
    access_method,
    entrance_ids: entrances.map((door) => door.acs_entrance_id),
    starts_at,
    ends_at: params.ends_at,
    isStartMoved,
  })
  return shown(credential, call)
}

type Holder = Pick<User, 'acs_system_id' | 'user_identity_id'> & {
  /** The user; made or linked only now, if need be. */
  user(): User
}

/** Whom the new credential is for: a user, or the user of an identity in a building. */
function holderOf(params: z.output<typeof createParams>, call: Call): Holder {
  const { acs_user_id, user_identity_id, acs_system_id } = params
  if (acs_user_id !== undefined || user_identity_id === undefined || acs_system_id === undefined) {
    const user = selectedUser(params, call)
    return { ...user, user: () => user }
  }
  const identity = identityOf(user_identity_id, call)
  const system = systemOf(acs_system_id, call)
  return { acs_system_id, user_identity_id, user: () => userOfIdentity(call.building, identity, system) }
}

function list(params: z.output<typeof listParams>, call: Call): Answer {
  const { credentials } = call.building.state
  const wanted = candidates(params, call).filter((row) => isWanted(row, params))
  const { sequence } = credentials
  return page({ key: 'acs_credentials', rows: wanted, sequence, view: call.views.credential }, params, call)
}

/** The credentials of the narrowest index, oldest first. */
function candidates(params: z.output<typeof listParams>, { building }: Call): Credential[] {
  const { credentials, users } = building.state
  const { acs_user_id, user_identity_id, acs_system_id } = params
  if (acs_user_id !== undefined) return credentials.by('user', acs_user_id)
  if (user_identity_id !== undefined) {
    const owned = users.by('identity', user_identity_id)
    const rows = owned.flatMap((user) => credentials.by('user', user.acs_user_id))
    return rows.sort((row, other) => credentials.sequence(row) - credentials.sequence(other))
  }
  return acs_system_id === undefined ? credentials.all() : credentials.by('system', acs_system_id)
}

function isWanted(row: Credential, params: z.output<typeof listParams>): boolean {
  const isMultiPhone = row.access_method === 'mobile_key'
  return (
    (params.acs_system_id ?? row.acs_system_id) === row.acs_system_id &&
    (params.is_multi_phone_sync_credential ?? isMultiPhone) === isMultiPhone &&
    isBefore(params.created_before, row) &&
    matches(params.search, row.display_name, row.code, row.acs_credential_id, row.acs_user_id)
  )
}

function assignee(params: z.output<typeof assignParams>, credential: Credential, call: Call): User {
  const { acs_user_id, user_identity_id } = params
  if (acs_user_id !== undefined) return selectedUser({ acs_user_id, user_identity_id }, call)
  return selectedUser({ user_identity_id, acs_system_id: credential.acs_system_id }, call)
}

function credentialOf({ acs_credential_id }: { acs_credential_id: string }, { building }: Call): Credential {
  return found(building.state.credentials.get(acs_credential_id), 'acs_credential', acs_credential_id)
}

function shown(credential: Credential, { views }: Call): Answer {
  return { acs_credential: views.credential(credential) }
}
