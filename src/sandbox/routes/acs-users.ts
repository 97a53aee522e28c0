import { z } from 'zod'
import { createInvalidInputError, SandboxApiError } from '../http/api-error.ts'
import { createPage, isCreatedBefore, matchesSearch } from '../http/pagination.ts'
import {
  createPageSchema,
  dateTimeSchema,
  idSchema,
  phoneNumberSchema,
  searchSchema,
} from '../http/params.ts'
import { type ApiAnswer, type ApiCall, createRoute, type Route } from '../http/route.ts'
import { createUser, deleteUser, updateUser } from '../lifecycle/acs-users.ts'
import { findManagementError, throwIfError } from '../lifecycle/latch-rules.ts'
import type { User } from '../state/entities.ts'
import { requireEntrances } from './entrances.ts'
import { requireSystem, selectUser, userSelectorSchema } from './row-selection.ts'

const contact = {
  email_address: z.email('Invalid email').optional(),
  email: z.email('Invalid email').optional(),
  phone_number: phoneNumberSchema().optional(),
}

const createParams = z.object({
  acs_system_id: idSchema(),
  full_name: z.string(),
  ...contact,
  user_identity_id: idSchema().optional(),
  access_schedule: z
    .object({ starts_at: dateTimeSchema().optional(), ends_at: dateTimeSchema().nullish() })
    .optional(),
  acs_access_group_ids: z.array(idSchema()).optional(),
})

const updateParams = z.object({
  ...userSelectorSchema,
  full_name: z.string().min(1).optional(),
  ...contact,
  access_schedule: z.object({ starts_at: dateTimeSchema(), ends_at: dateTimeSchema() }).nullish(),
})

const listParams = z.object({
  acs_system_id: idSchema().optional(),
  user_identity_id: idSchema().optional(),
  user_identity_email_address: z.string().optional(),
  user_identity_phone_number: z.string().optional(),
  created_before: dateTimeSchema().optional(),
  search: searchSchema().optional(),
  ...createPageSchema(500),
})

/** The routes `/acs/users/…`. */
export const userRoutes: readonly Route[] = [
  createRoute('POST', '/acs/users/create', createParams, create),
  createRoute('GET', '/acs/users/get', z.object(userSelectorSchema), (params, call) => ({
    acs_user: call.views.user(selectUser(params, call)),
  })),
  createRoute('GET', '/acs/users/list', listParams, list),
  createRoute('PATCH', '/acs/users/update', updateParams, update),
  createRoute('DELETE', '/acs/users/delete', z.object(userSelectorSchema), (params, call) => {
    const user = managedUser(params, call)
    deleteUser(call.building, user)
    return {}
  }),
  createRoute('POST', '/acs/users/suspend', z.object(userSelectorSchema), (params, call) =>
    suspend(params, call, true),
  ),
  createRoute('POST', '/acs/users/unsuspend', z.object(userSelectorSchema), (params, call) =>
    suspend(params, call, false),
  ),
  createRoute('GET', '/acs/users/list_accessible_entrances', z.object(userSelectorSchema), (params, call) => {
    const { credentials, entrances } = call.building.state
    const keys = credentials.by('user', selectUser(params, call).acs_user_id)
    const doors = requireEntrances(
      keys.flatMap((key) => key.entrance_ids),
      entrances,
    )
    return { acs_entrances: doors.map(call.views.entrance) }
  }),
]

function create(params: z.output<typeof createParams>, call: ApiCall): ApiAnswer {
  const { building, views } = call
  const { access_schedule, user_identity_id } = params
  const system = requireSystem(params.acs_system_id, call)
  if (params.full_name === '')
    throw new SandboxApiError(400, 'full_name_required', 'A user needs a full_name.')
  if (params.acs_access_group_ids?.length) {
    throw createInvalidInputError('acs_access_group_ids', 'Latch has no access groups.')
  }
  if (user_identity_id !== undefined) {
    if (building.state.identities.get(user_identity_id) === undefined) {
      throw new SandboxApiError(
        400,
        'user_identity_not_found',
        `There is no user identity ${user_identity_id}.`,
      )
    }
    requireNoOtherUser(user_identity_id, system.acs_system_id, call)
  }
  const user = createUser(building, {
    system,
    full_name: params.full_name,
    email_address: params.email_address ?? params.email,
    phone_number: params.phone_number,
    user_identity_id,
    access_schedule: access_schedule && {
      starts_at: access_schedule.starts_at ?? building.clock.stamp(),
      ends_at: access_schedule.ends_at ?? null,
    },
  })
  return { acs_user: views.user(user) }
}

/** Throws if the user identity has an ACS user in the ACS system, since it can have at most one. */
export function requireNoOtherUser(userIdentityId: string, acsSystemId: string, { building }: ApiCall): void {
  const users = building.state.users.by('identity', userIdentityId)
  if (!users.some((user) => user.acs_system_id === acsSystemId)) return
  throw createInvalidInputError(
    'user_identity_id',
    'The user identity already has a user in this access system.',
  )
}

function list(params: z.output<typeof listParams>, call: ApiCall): ApiAnswer {
  const { users } = call.building.state
  const { acs_system_id, user_identity_id } = params
  const rows = user_identity_id
    ? users.by('identity', user_identity_id)
    : acs_system_id
      ? users.by('system', acs_system_id)
      : users.all()
  return createPage(
    {
      key: 'acs_users',
      rows,
      isWanted: (row) => isWanted(row, params, call),
      sequence: users.sequence,
      view: call.views.user,
    },
    params,
    call,
  )
}

function isWanted(row: User, params: z.output<typeof listParams>, { building }: ApiCall): boolean {
  const identity = building.state.identities.get(row.user_identity_id ?? '')
  const { user_identity_email_address: email, user_identity_phone_number: phone } = params
  return (
    (params.acs_system_id ?? row.acs_system_id) === row.acs_system_id &&
    (email === undefined || identity?.email_address === email) &&
    (phone === undefined || identity?.phone_number === phone) &&
    isCreatedBefore(params.created_before, row) &&
    matchesSearch(
      params.search,
      row.full_name,
      row.phone_number,
      row.email_address,
      row.acs_user_id,
      row.user_identity_id,
      identity?.full_name,
      identity?.phone_number,
    )
  )
}

function update(params: z.output<typeof updateParams>, call: ApiCall): ApiAnswer {
  const { building } = call
  const { full_name, email, phone_number, access_schedule } = params
  const email_address = params.email_address ?? email
  const user = managedUser(params, call)
  const about = {
    ...(full_name === undefined ? {} : { full_name }),
    ...(email_address === undefined ? {} : { email_address }),
    ...(phone_number === undefined ? {} : { phone_number }),
  }
  const changed =
    Object.keys(about).length === 0 ? user : updateUser(building, user, about, 'updating_user_information')
  if (access_schedule === undefined) return {}
  const schedule = { access_schedule: access_schedule ?? undefined }
  updateUser(building, changed, schedule, 'updating_access_schedule')
  return {}
}

function suspend(
  params: z.output<z.ZodObject<typeof userSelectorSchema>>,
  call: ApiCall,
  isSuspended: boolean,
): ApiAnswer {
  const user = managedUser(params, call)
  updateUser(call.building, user, { is_suspended: isSuspended }, 'updating_suspension_state')
  return {}
}

function managedUser(params: Parameters<typeof selectUser>[0], call: ApiCall): User {
  const user = selectUser(params, call)
  throwIfError(findManagementError(user))
  return user
}
