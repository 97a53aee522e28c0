import { randomInt } from 'node:crypto'
import { createCredential } from '../life/credentials.ts'
import { sharedDoors } from '../life/doors.ts'
import { createIdentity } from '../life/identities.ts'
import { createUser } from '../life/users.ts'
import { personAt } from '../seed/people.ts'
import { type ActDetails, chosenDoor, chosenSystem, type Scene } from './choose.ts'

/** People who move in have numbers beyond those of the people who were there from the start. */
const newcomers = { from: 100_000, to: 6_000_000 } as const

/** Somebody moves in: an identity, a user, a mobile key and a PIN each for their own door and the front door. */
export function moveIn(scene: Scene, details: ActDetails): Record<string, string> {
  const { building, dice } = scene
  const system = chosenSystem(scene, details)
  const { acs_system_id } = system
  const number = randomInt(newcomers.from, newcomers.to)
  const person = personAt(number)
  const full_name = details.full_name ?? person.full_name
  const identity = createIdentity(building, { ...person, full_name, user_identity_key: `resident_${number}` })
  const { user_identity_id } = identity
  const user = createUser(building, { ...person, full_name, system, user_identity_id })
  const doors = building.state.entrances.by('system', acs_system_id)
  const apartments = doors.slice(sharedDoors.length)
  const own = apartments.length > 0 ? dice.pick(apartments) : chosenDoor(scene, { acs_system_id })
  const front = doors[0] ?? own
  const starts_at = building.clock.stamp()
  const doorIds = [...new Set([own.acs_entrance_id, front.acs_entrance_id])]
  createCredential(building, { user, access_method: 'mobile_key', entrance_ids: doorIds, starts_at })
  for (const doorId of doorIds) {
    createCredential(building, { user, access_method: 'code', entrance_ids: [doorId], starts_at })
  }
  return { acs_user_id: user.acs_user_id, user_identity_id, acs_system_id }
}
