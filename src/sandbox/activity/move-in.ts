import { randomInt } from 'node:crypto'
import { createUser } from '../lifecycle/acs-users.ts'
import { createCredential } from '../lifecycle/credentials.ts'
import { sharedEntranceNames } from '../lifecycle/entrances.ts'
import { createIdentity } from '../lifecycle/user-identities.ts'
import { createPerson } from '../seed/person-names.ts'
import {
  type ActivityContext,
  type ActivityDetails,
  chooseEntrance,
  chooseSystem,
} from './activity-target.ts'

/** Range of the random numbers of residents who move in, above the numbers of the seed's residents. */
const newcomers = { from: 100_000, to: 6_000_000 } as const

/** Moves a resident in: creates a user identity, an ACS user, a mobile key, and one access code each for the apartment and the front entrance. */
export function moveIn(scene: ActivityContext, details: ActivityDetails): Record<string, string> {
  const { building, dice } = scene
  const system = chooseSystem(scene, details)
  const { acs_system_id } = system
  const number = randomInt(newcomers.from, newcomers.to)
  const person = createPerson(number)
  const full_name = details.full_name ?? person.full_name
  const identity = createIdentity(building, { ...person, full_name, user_identity_key: `resident_${number}` })
  const { user_identity_id } = identity
  const user = createUser(building, { ...person, full_name, system, user_identity_id })
  const doors = building.state.entrances.by('system', acs_system_id)
  const apartments = doors.slice(sharedEntranceNames.length)
  const own = apartments.length > 0 ? dice.pick(apartments) : chooseEntrance(scene, { acs_system_id })
  const front = doors[0] ?? own
  const starts_at = building.clock.stamp()
  const doorIds = [...new Set([own.acs_entrance_id, front.acs_entrance_id])]
  createCredential(building, { user, access_method: 'mobile_key', entrance_ids: doorIds, starts_at })
  for (const doorId of doorIds) {
    createCredential(building, { user, access_method: 'code', entrance_ids: [doorId], starts_at })
  }
  return { acs_user_id: user.acs_user_id, user_identity_id, acs_system_id }
}
