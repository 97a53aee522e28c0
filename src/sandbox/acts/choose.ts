import { z } from 'zod'
import type { Building } from '../building.ts'
import type { Account, Credential, Entrance, System, User } from '../entities.ts'
import { dateTime, id } from '../params.ts'
import type { Dice } from '../prng.ts'
import { found, Refusal } from '../refusal.ts'

/** What an act is about; what is not given is left to chance. */
export const actDetails = z.object({
  connected_account_id: id().optional(),
  acs_system_id: id().optional(),
  acs_user_id: id().optional(),
  acs_credential_id: id().optional(),
  acs_entrance_id: id().optional(),
  full_name: z.string().min(1).optional(),
  display_name: z.string().min(1).optional(),
  ends_at: dateTime().optional(),
})

/** What an act is about. */
export type ActDetails = z.infer<typeof actDetails>

/** Where acts take place. */
export type Scene = { readonly building: Building; readonly dice: Dice }

/** The account that is named, or any. Throws a `Refusal` when there is none, as the others here do. */
export function chosenAccount(
  { building, dice }: Scene,
  { connected_account_id: wanted }: ActDetails,
): Account {
  const { accounts } = building.state
  if (wanted !== undefined) return found(accounts.get(wanted), 'connected_account', wanted)
  return any(dice, accounts.all(), 'connected_account')
}

/** The building that is named, or any. */
export function chosenSystem({ building, dice }: Scene, { acs_system_id: wanted }: ActDetails): System {
  const { systems } = building.state
  if (wanted !== undefined) return found(systems.get(wanted), 'acs_system', wanted)
  return any(dice, systems.all(), 'acs_system')
}

/** The user who is named, or any of the building that is named, or any at all. */
export function chosenUser({ building, dice }: Scene, details: ActDetails): User {
  const { users } = building.state
  const { acs_user_id: wanted, acs_system_id } = details
  if (wanted !== undefined) return found(users.get(wanted), 'acs_user', wanted)
  return any(dice, acs_system_id === undefined ? users.all() : users.by('system', acs_system_id), 'acs_user')
}

/** The door that is named, or any of the building that is named, or any at all. */
export function chosenDoor({ building, dice }: Scene, details: ActDetails): Entrance {
  const { entrances } = building.state
  const { acs_entrance_id: wanted, acs_system_id } = details
  if (wanted !== undefined) return found(entrances.get(wanted), 'acs_entrance', wanted)
  const doors = acs_system_id === undefined ? entrances.all() : entrances.by('system', acs_system_id)
  return any(dice, doors, 'acs_entrance')
}

/** The credential that is named, or any that suits, of the user who is named if one is. */
export function chosenCredential(
  { building, dice }: Scene,
  details: ActDetails,
  suits: (credential: Credential) => boolean,
): Credential {
  const { credentials } = building.state
  const { acs_credential_id: wanted, acs_user_id } = details
  if (wanted !== undefined) return found(credentials.get(wanted), 'acs_credential', wanted)
  const all = acs_user_id === undefined ? credentials.all() : credentials.by('user', acs_user_id)
  return any(dice, all.filter(suits), 'acs_credential')
}

function any<Row>(dice: Dice, rows: readonly Row[], kind: string): Row {
  if (rows.length > 0) return dice.pick(rows)
  throw new Refusal(400, 'nothing_to_act_on', `There is no ${kind} this could happen to.`)
}
