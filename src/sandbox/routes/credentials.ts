import { z } from 'zod'
import { createInvalidInputError, requireRow } from '../http/api-error.ts'
import { createPage, isCreatedBefore, matchesSearch } from '../http/pagination.ts'
import { createPageSchema, dateTimeSchema, idSchema, searchSchema } from '../http/params.ts'
import { type ApiAnswer, type ApiCall, createRoute, type Route } from '../http/route.ts'
import { changeCredentialEnd, createCredential, deleteCredential } from '../lifecycle/credentials.ts'
import {
  findAssignmentError,
  findCredentialError,
  findScheduleError,
  readLatchAccessMethod,
  throwIfError,
} from '../lifecycle/latch-rules.ts'
import { getOrCreateUserOfIdentity } from '../lifecycle/user-identities.ts'
import type { Credential, User } from '../state/entities.ts'
import { requireEntrance, requireEntrances } from './entrances.ts'
import { requireSystem, requireUserIdentity, selectUser, userSelectorSchema } from './row-selection.ts'

/** A start that is longer ago than this is replaced with the current time. */
const pastStartMs = 5 * 60_000

const createParams = z.object({
  access_method: z.enum(['code', 'card', 'mobile_key', 'cloud_key']),
  ...userSelectorSchema,
  allowed_acs_entrance_ids: z.array(idSchema()).default([]),
  is_multi_phone_sync_credential: z.boolean().default(false),
  starts_at: dateTimeSchema().optional(),
  ends_at: dateTimeSchema().optional(),
  code: z.string().regex(/^\d+$/, 'Only digits').optional(),
})

const listParams = z.object({
  ...userSelectorSchema,
  created_before: dateTimeSchema().optional(),
  is_multi_phone_sync_credential: z.boolean().optional(),
  search: searchSchema().optional(),
  ...createPageSchema(500),
})

const assignParams = z.object({
  acs_credential_id: idSchema(),
  acs_user_id: idSchema().optional(),
  user_identity_id: idSchema().optional(),
})

const idParams = z.object({ acs_credential_id: idSchema() })

/** The routes `/acs/credentials/…`. */
export const credentialRoutes: readonly Route[] = [
  createRoute('POST', '/acs/credentials/create', createParams, create),
  createRoute('GET', '/acs/credentials/get', idParams, (params, call) =>
    createAnswer(credentialOf(params, call), call),
  ),
  createRoute('GET', '/acs/credentials/list', listParams, list),
  createRoute(
    'PATCH',
    '/acs/credentials/update',
    z.object({
      acs_credential_id: idSchema(),
      code: z.string().regex(/^\d+$/, 'Only digits').optional(),
      ends_at: dateTimeSchema().optional(),
    }),
    (params, call) => {
      const credential = credentialOf(params, call)
      if (params.code !== undefined)
        throw createInvalidInputError('code', 'Latch generates the code; it cannot be changed.')
      const { ends_at } = params
      if (ends_at === undefined) return createAnswer(credential, call)
      throwIfError(findScheduleError(credential.starts_at, ends_at, call.building.clock.nowMs()))
      changeCredentialEnd(call.building, credential.acs_credential_id, ends_at)
      return createAnswer(credentialOf(params, call), call)
    },
  ),
  createRoute('DELETE', '/acs/credentials/delete', idParams, (params, call) => {
    deleteCredential(call.building, credentialOf(params, call))
    return {}
  }),
  createRoute('PATCH', '/acs/credentials/assign', assignParams, (params, call) => {
    const credential = credentialOf(params, call)
    const user = assignee(params, credential, call)
    throwIfError(findAssignmentError(credential, user))
    call.building.state.credentials.put({ ...credential, acs_user_id: user.acs_user_id })
    return createAnswer(credentialOf(params, call), call)
  }),
  createRoute('PATCH', '/acs/credentials/unassign', assignParams, (params, call) => {
    const credential = credentialOf(params, call)
    const user = assignee(params, credential, call)
    if (credential.acs_user_id !== user.acs_user_id) {
      throw createInvalidInputError('acs_user_id', 'The credential is not assigned to this user.')
    }
    call.building.state.credentials.put({ ...credential, acs_user_id: undefined })
    return createAnswer(credentialOf(params, call), call)
  }),
  createRoute('GET', '/acs/credentials/list_accessible_entrances', idParams, (params, call) => {
    const doors = requireEntrances(credentialOf(params, call).entrance_ids, call.building.state.entrances)
    return { acs_entrances: doors.map(call.views.entrance) }
  }),
]

function create(params: z.output<typeof createParams>, call: ApiCall): ApiAnswer {
  const { building } = call
  const access_method = readLatchAccessMethod(params.access_method)
  const entrances = [...new Set(params.allowed_acs_entrance_ids)].map((doorId) =>
    requireEntrance(doorId, call),
  )
  const nowMs = building.clock.nowMs()
  const holder = holderOf(params, call)
  throwIfError(findCredentialError({ ...params, access_method, holder, entrances }, nowMs))
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
  return createAnswer(credential, call)
}

type Holder = Pick<User, 'acs_system_id' | 'user_identity_id'> & {
  /** Returns the ACS user. Creates or links it if necessary, so it must be called after all checks. */
  user(): User
}

/** Returns the ACS user of the new credential: the named one, or that of the user identity in the ACS system. */
function holderOf(params: z.output<typeof createParams>, call: ApiCall): Holder {
  const { acs_user_id, user_identity_id, acs_system_id } = params
  if (acs_user_id !== undefined || user_identity_id === undefined || acs_system_id === undefined) {
    const user = selectUser(params, call)
    return { ...user, user: () => user }
  }
  const identity = requireUserIdentity(user_identity_id, call)
  const system = requireSystem(acs_system_id, call)
  return {
    acs_system_id,
    user_identity_id,
    user: () => getOrCreateUserOfIdentity(call.building, identity, system),
  }
}

function list(params: z.output<typeof listParams>, call: ApiCall): ApiAnswer {
  const { sequence } = call.building.state.credentials
  return createPage(
    {
      key: 'acs_credentials',
      rows: candidates(params, call),
      isWanted: (row) => isWanted(row, params),
      sequence,
      view: call.views.credential,
    },
    params,
    call,
  )
}

/** Returns the credentials in the most specific index, oldest first. */
function candidates(params: z.output<typeof listParams>, { building }: ApiCall): Credential[] {
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
    isCreatedBefore(params.created_before, row) &&
    matchesSearch(params.search, row.display_name, row.code, row.acs_credential_id, row.acs_user_id)
  )
}

function assignee(params: z.output<typeof assignParams>, credential: Credential, call: ApiCall): User {
  const { acs_user_id, user_identity_id } = params
  if (acs_user_id !== undefined) return selectUser({ acs_user_id, user_identity_id }, call)
  return selectUser({ user_identity_id, acs_system_id: credential.acs_system_id }, call)
}

function credentialOf(
  { acs_credential_id }: { acs_credential_id: string },
  { building }: ApiCall,
): Credential {
  return requireRow(building.state.credentials.get(acs_credential_id), 'acs_credential', acs_credential_id)
}

function createAnswer(credential: Credential, { views }: ApiCall): ApiAnswer {
  return { acs_credential: views.credential(credential) }
}
