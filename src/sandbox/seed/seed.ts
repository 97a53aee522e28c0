import { createEntrance } from '../lifecycle/entrances.ts'
import { createFixedId } from '../seeded-random.ts'
import type { Account, Entrance, System } from '../state/entities.ts'
import type { State } from '../state/state.ts'
import { seedAcsUser } from './acs-users.ts'
import { createCreationTime } from './creation-time.ts'

/** Total numbers of ACS systems, entrances and residents, and the number of credentials of each resident (1 to 3). */
export type SeedSize = {
  readonly systems: number
  readonly doors: number
  readonly residents: number
  readonly credentials: number
}

const names = [
  'Riverside 12',
  'Harbor Lofts',
  'Cedar Court',
  'Union Mills',
  'Lakeview Terrace',
  'Foundry Row',
]
const timeZones = ['America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles']

/**
 * Fills an empty workspace: one connected account, its ACS systems, entrances and residents, and the credentials of each resident.
 * All objects are always the same, except for schedules: these are relative to `startMs`, so that some are current, some over and some
 * upcoming.
 */
export function seedState(state: State, size: SeedSize, startMs: number): void {
  const account = seedAccount(state)
  const systems = range(size.systems).map((index) => seedSystem(state, account, index))
  for (const index of range(size.doors)) seedDoor(state, systems, index)
  const doorsBySystem = new Map(
    systems.map(({ acs_system_id }) => [acs_system_id, state.entrances.by('system', acs_system_id)]),
  )
  for (const index of range(size.residents))
    seedAcsUser({ state, systems, doorsBySystem, credentials: size.credentials, startMs }, index)
}

function seedAccount(state: State): Account {
  const account: Account = {
    connected_account_id: createFixedId('connected_account', 0),
    display_name: 'Latch',
    custom_metadata: { portfolio: 'riverside' },
    created_at: createCreationTime('connected_account', 0, 1),
    errors: [],
    warnings: [],
  }
  state.accounts.put(account)
  return account
}

function seedSystem(state: State, account: Account, index: number): System {
  const system: System = {
    acs_system_id: createFixedId('acs_system', index),
    connected_account_id: account.connected_account_id,
    name: names[index] ?? `Building ${index + 1}`,
    time_zone: timeZones[index % timeZones.length] ?? null,
    created_at: createCreationTime('acs_system', index, 2),
    errors: [],
    warnings: [],
  }
  state.systems.put(system)
  return system
}

function seedDoor(state: State, systems: readonly System[], index: number): void {
  const system = systems[index % systems.length]
  if (system === undefined) return
  const place = Math.floor(index / systems.length)
  const identity = {
    id: createFixedId('acs_entrance', index),
    created_at: createCreationTime('acs_entrance', index, 3),
  }
  const door = createEntrance(system, place, identity)
  state.entrances.put(system === systems[0] ? applyEntranceEdgeCase(door, place) : door)
}

/** Returns an entrance of the first ACS system, changed to an edge case at some places. */
function applyEntranceEdgeCase(door: Entrance, place: number): Entrance {
  const { created_at } = door
  switch (place) {
    case 3:
      return { ...door, can_unlock_with_code: false }
    case 4: {
      const { can_unlock_with_code: _unknown, ...rest } = door
      return rest
    }
    case 5: {
      const { is_connected: _unknown, ...latch_metadata } = door.latch_metadata
      return { ...door, latch_metadata }
    }
    case 8:
      return { ...door, latch_metadata: { ...door.latch_metadata, is_connected: false } }
    case 11: {
      const message = 'Finish setting this door up in Latch Mission Control.'
      return { ...door, warnings: [{ warning_code: 'entrance_setup_required', message, created_at }] }
    }
    default:
      return door
  }
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index)
}
