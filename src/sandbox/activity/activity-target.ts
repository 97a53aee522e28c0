import { z } from 'zod'
import type { Building } from '../building.ts'
import { requireRow, SandboxApiError } from '../http/api-error.ts'
import { dateTimeSchema, idSchema } from '../http/params.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { Account, Credential, Entrance, System, User } from '../state/entities.ts'

/** The ids of the objects of an activity. Objects that are not named are chosen at random. */
export const activityDetailsSchema = z.object({
  connected_account_id: idSchema().optional(),
  acs_system_id: idSchema().optional(),
  acs_user_id: idSchema().optional(),
  acs_credential_id: idSchema().optional(),
  acs_entrance_id: idSchema().optional(),
  full_name: z.string().min(1).optional(),
  display_name: z.string().min(1).optional(),
  ends_at: dateTimeSchema().optional(),
})

/** The objects of an activity. */
export type ActivityDetails = z.infer<typeof activityDetailsSchema>

/** The state that activities read and change. */
export type ActivityContext = { readonly building: Building; readonly dice: SeededRandom }

/** Returns the named connected account, or a random one. Throws a `SandboxApiError` if there is none, as all functions of this file do. */
export function chooseAccount(
  { building, dice }: ActivityContext,
  { connected_account_id: wanted }: ActivityDetails,
): Account {
  const { accounts } = building.state
  if (wanted !== undefined) return requireRow(accounts.get(wanted), 'connected_account', wanted)
  return any(dice, accounts.all(), 'connected_account')
}

/** Returns the named ACS system, or a random one. */
export function chooseSystem(
  { building, dice }: ActivityContext,
  { acs_system_id: wanted }: ActivityDetails,
): System {
  const { systems } = building.state
  if (wanted !== undefined) return requireRow(systems.get(wanted), 'acs_system', wanted)
  return any(dice, systems.all(), 'acs_system')
}

/** Returns the named ACS user, or a random one of the named ACS system, or of all ACS systems. */
export function chooseUser({ building, dice }: ActivityContext, details: ActivityDetails): User {
  const { users } = building.state
  const { acs_user_id: wanted, acs_system_id } = details
  if (wanted !== undefined) return requireRow(users.get(wanted), 'acs_user', wanted)
  return any(dice, acs_system_id === undefined ? users.all() : users.by('system', acs_system_id), 'acs_user')
}

/** Returns the named entrance, or a random one of the named ACS system, or of all ACS systems. */
export function chooseEntrance({ building, dice }: ActivityContext, details: ActivityDetails): Entrance {
  const { entrances } = building.state
  const { acs_entrance_id: wanted, acs_system_id } = details
  if (wanted !== undefined) return requireRow(entrances.get(wanted), 'acs_entrance', wanted)
  const doors = acs_system_id === undefined ? entrances.all() : entrances.by('system', acs_system_id)
  return any(dice, doors, 'acs_entrance')
}

/** Returns the named credential, or a random eligible one; if an ACS user is named, one of its credentials. */
export function chooseCredential(
  { building, dice }: ActivityContext,
  details: ActivityDetails,
  suits: (credential: Credential) => boolean,
): Credential {
  const { credentials } = building.state
  const { acs_credential_id: wanted, acs_user_id } = details
  if (wanted !== undefined) return requireRow(credentials.get(wanted), 'acs_credential', wanted)
  const all = acs_user_id === undefined ? credentials.all() : credentials.by('user', acs_user_id)
  return any(dice, all.filter(suits), 'acs_credential')
}

function any<Row>(dice: SeededRandom, rows: readonly Row[], kind: string): Row {
  if (rows.length > 0) return dice.pick(rows)
  throw new SandboxApiError(400, 'nothing_to_act_on', `There is no ${kind} this could happen to.`)
}
