import { sharedEntranceNames } from '../lifecycle/entrances.ts'
import { createFixedId, createSeededRandom } from '../seeded-random.ts'
import type { Credential, Entrance, Identity, System, User } from '../state/entities.ts'
import type { State } from '../state/state.ts'
import { createCreationTime } from './creation-time.ts'
import { applyCredentialEdgeCase, applyUserEdgeCase } from './edge-cases.ts'
import { createPerson } from './person-names.ts'

const dayMs = 24 * 3_600_000

/** Maximum number of credentials of each resident. */
export const maxCredentialsPerResident = 3

/** What all residents of a workspace share. */
export type ResidentSeed = {
  readonly state: State
  readonly systems: readonly System[]
  /** The entrances of each ACS system, oldest first. */
  readonly doorsBySystem: ReadonlyMap<string, readonly Entrance[]>
  /** Number of credentials of each resident: 1 to 3. */
  readonly credentials: number
  readonly startMs: number
}

/**
 * Adds one resident: a user identity, an ACS user, a mobile key and two access codes, or the first of these credentials. One resident in a
 * hundred has no user identity, and so access codes only. Another one has the user identity of the resident before, and is that person's
 * ACS user in the next ACS system.
 */
export function seedAcsUser(seed: ResidentSeed, index: number): void {
  const { state, systems, startMs } = seed
  const system = systems[index % systems.length]
  if (system === undefined) return
  const sharesIdentity = index % 100 === 91 && systems.length > 1
  const personIndex = sharesIdentity ? index - 1 : index
  const user = createResidentUser(system, index, personIndex)
  if (user.user_identity_id !== undefined && !sharesIdentity) state.identities.put(createIdentityAt(index))
  state.users.put(user)
  const doors = doorsOf(
    seed.doorsBySystem.get(system.acs_system_id) ?? [],
    Math.floor(index / systems.length),
    index,
  )
  for (let place = 0; place < seed.credentials; place += 1) {
    const credential = createCredentialAt(user, doors, index, place, startMs)
    state.credentials.put(applyCredentialEdgeCase(credential, index, place, startMs))
  }
}

function createResidentUser(system: System, index: number, personIndex: number): User {
  const created_at = createCreationTime('acs_user', index, 37)
  return applyUserEdgeCase(
    {
      acs_user_id: createFixedId('acs_user', index),
      acs_system_id: system.acs_system_id,
      connected_account_id: system.connected_account_id,
      ...createPerson(personIndex),
      is_suspended: false,
      user_identity_id: createFixedId('user_identity', personIndex),
      pending_mutations: [],
      last_successful_sync_at: created_at,
      created_at,
      errors: [],
      warnings: [],
    },
    index,
  )
}

function createIdentityAt(index: number): Identity {
  return {
    user_identity_id: createFixedId('user_identity', index),
    user_identity_key: `resident_${index + 1}`,
    ...createPerson(index),
    created_at: createCreationTime('acs_user', index, 37),
    errors: [],
    warnings: [],
  }
}

type ResidentDoors = { own: Entrance; front: Entrance; onKey: Entrance[] }

/** Returns the entrances of the resident at `place` of an ACS system with these doors: an apartment, the front entrance, and a random choice of shared ones. */
function doorsOf(doors: readonly Entrance[], place: number, index: number): ResidentDoors | null {
  const [front, garage = front, ...amenities] = doors.slice(0, sharedEntranceNames.length)
  if (front === undefined || garage === undefined) return null
  const apartments = doors.slice(sharedEntranceNames.length)
  const own = apartments[place % Math.max(apartments.length, 1)] ?? garage
  const dice = createSeededRandom(`doors/${index}`)
  const used = amenities.filter(() => dice.next() < 0.6)
  return { own, front, onKey: [...new Set([own, front, ...used])] }
}

/** Creates a credential. `place` 0 is the mobile key, 1 the access code for the apartment, 2 the access code for the front entrance. */
function createCredentialAt(
  user: User,
  doors: ResidentDoors | null,
  index: number,
  place: number,
  startMs: number,
): Credential {
  const isKey = place === 0 && user.user_identity_id !== undefined
  const doorsOfPlace = doors === null ? [] : isKey ? doors.onKey : [place === 1 ? doors.own : doors.front]
  const number = index * maxCredentialsPerResident + place
  const dice = createSeededRandom(`credential/${number}`)
  const created_at = createCreationTime('acs_user', index, 37)
  const startsMs = startMs - (30 + dice.below(300)) * dayMs
  const hasEnd = dice.next() < 0.4
  const endsMs = startMs + (20 + dice.below(330)) * dayMs
  return {
    acs_credential_id: createFixedId('acs_credential', number),
    acs_system_id: user.acs_system_id,
    connected_account_id: user.connected_account_id,
    acs_user_id: user.acs_user_id,
    access_method: isKey ? 'mobile_key' : 'code',
    entrance_ids: doorsOfPlace.map((door) => door.acs_entrance_id),
    stage: 'issued',
    display_name: isKey ? 'Mobile key' : 'Code',
    ...(isKey ? {} : { code: String(dice.below(10_000_000)).padStart(7, '0') }),
    starts_at: new Date(startsMs).toISOString(),
    ends_at: hasEnd ? new Date(endsMs).toISOString() : undefined,
    is_issued: true,
    issued_at: created_at,
    is_latest_desired_state_synced_with_provider: true,
    latest_desired_state_synced_with_provider_at: created_at,
    created_at,
    errors: [],
    warnings: [],
  }
}
