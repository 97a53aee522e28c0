import { z } from 'zod'
import type { User } from '../entities.ts'
import { changeUser, createUser, deleteUser } from '../life/users.ts'
import { isBefore, matches, page } from '../pages.ts'
import { dateTime, id, pageParams, phoneNumber, search } from '../params.ts'
import { invalidInput, Refusal } from '../refusal.ts'
import { type Answer, type Call, type Route, route } from '../route.ts'
import { enforce, managementRefusal } from '../rules.ts'
import { doorsNamed } from './entrances.ts'
import { selectedUser, systemOf, userSelector } from './select.ts'

const contact = {
  email_address: z.email('Invalid email').optional(),
  email: z.email('Invalid email').optional(),
  phone_number: phoneNumber().optional(),
}

const createParams = z.object({
  acs_system_id: id(),
  full_name: z.string(),
  ...contact,
  user_identity_id: id().optional(),
  access_schedule: z.object({ starts_at: dateTime().optional(), ends_at: dateTime().nullish() }).optional(),
  acs_access_group_ids: z.array(id()).optional(),
})

const updateParams = z.object({
  ...userSelector,
  full_name: z.string().min(1).optional(),
  ...contact,
  access_schedule: z.object({ starts_at: dateTime(), ends_at: dateTime() }).nullish(),
})

const listParams = z.object({
  acs_system_id: id().optional(),
  user_identity_id: id().optional(),
  user_identity_email_address: z.string().optional(),
  user_identity_phone_number: z.string().optional(),
  created_before: dateTime().optional(),
  search: search().optional(),
  ...pageParams(500),
})

/** `/acs/users/…`: the people of a building. */
export const userRoutes: readonly Route[] = [
  route('POST', '/acs/users/create', createParams, create),
  route('GET', '/acs/users/get', z.object(userSelector), (params, call) => ({
    acs_user: call.views.user(selectedUser(params, call)),
  })),
  route('GET', '/acs/users/list', listParams, list),
  route('PATCH', '/acs/users/update', updateParams, update),
  route('DELETE', '/acs/users/delete', z.object(userSelector), (params, call) => {
    const user = managedUser(params, call)
    deleteUser(call.building, user)
    return {}
  }),
  route('POST', '/acs/users/suspend', z.object(userSelector), (params, call) => suspend(params, call, true)),
  route('POST', '/acs/users/unsuspend', z.object(userSelector), (params, call) =>
    suspend(params, call, false),
  ),
  route('GET', '/acs/users/list_accessible_entrances', z.object(userSelector), (params, call) => {
    const { credentials, entrances } = call.building.state
    const keys = credentials.by('user', selectedUser(params, call).acs_user_id)
    const doors = doorsNamed(
      keys.flatMap((key) => key.entrance_ids),
      entrances,
    )
    return { acs_entrances: doors.map(call.views.entrance) }
  }),
]

function create(params: z.output<typeof createParams>, call: Call): Answer {
  const { building, views } = call
  const { access_schedule, user_identity_id } = params
  const system = systemOf(params.acs_system_id, call)
  if (params.full_name === '') throw new Refusal(400, 'full_name_required', 'A user needs a full_name.')
  if (params.acs_access_group_ids?.length) {
    throw invalidInput('acs_access_group_ids', 'Latch has no access groups.')
  }
  if (user_identity_id !== undefined) {
    if (building.state.identities.get(user_identity_id) === undefined) {
      throw new Refusal(400, 'user_identity_not_found', `There is no user identity ${user_identity_id}.`)
    }
    refuseSecondUser(user_identity_id, system.acs_system_id, call)
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

/** Throws when the identity has a user in that building: it has at most one. */
export function refuseSecondUser(userIdentityId: string, acsSystemId: string, { building }: Call): void {
  const users = building.state.users.by('identity', userIdentityId)
  if (!users.some((user) => user.acs_system_id === acsSystemId)) return
  throw invalidInput('user_identity_id', 'The user identity already has a user in this access system.')
}

function list(params: z.output<typeof listParams>, call: Call): Answer {
  const { users } = call.building.state
  const { acs_system_id, user_identity_id } = params
  const rows = user_identity_id
    ? users.by('identity', user_identity_id)
    : acs_system_id
      ? users.by('system', acs_system_id)
      : users.all()
  const wanted = rows.filter((row) => isWanted(row, params, call))
  return page(
    { key: 'acs_users', rows: wanted, sequence: users.sequence, view: call.views.user },
    params,
    call,
  )
}

function isWanted(row: User, params: z.output<typeof listParams>, { building }: Call): boolean {
  const identity = building.state.identities.get(row.user_identity_id ?? '')
  const { user_identity_email_address: email, user_identity_phone_number: phone } = params
  return (
    (params.acs_system_id ?? row.acs_system_id) === row.acs_system_id &&
    (email === undefined || identity?.email_address === email) &&
    (phone === undefined || identity?.phone_number === phone) &&
    isBefore(params.created_before, row) &&
    matches(
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

function update(params: z.output<typeof updateParams>, call: Call): Answer {
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
    Object.keys(about).length === 0 ? user : changeUser(building, user, about, 'updating_user_information')
  if (access_schedule === undefined) return {}
  const schedule = { access_schedule: access_schedule ?? undefined }
  changeUser(building, changed, schedule, 'updating_access_schedule')
  return {}
}

function suspend(
  params: z.output<z.ZodObject<typeof userSelector>>,
  call: Call,
  isSuspended: boolean,
): Answer {
  const user = managedUser(params, call)
  changeUser(call.building, user, { is_suspended: isSuspended }, 'updating_suspension_state')
  return {}
}

function managedUser(params: Parameters<typeof selectedUser>[0], call: Call): User {
  const user = selectedUser(params, call)
  enforce(managementRefusal(user))
  return user
}
