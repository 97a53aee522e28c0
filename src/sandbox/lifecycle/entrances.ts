import { randomUUID } from 'node:crypto'
import type { Building } from '../building.ts'
import type { Entrance, System } from '../state/entities.ts'

/** Names of the first entrances of every ACS system, in this order. All further entrances are apartments. */
export const sharedEntranceNames = [
  'Front Door',
  'Garage',
  'Package Room',
  'Gym',
  'Roof Deck',
  'Laundry Room',
] as const

/** Returns the name of the entrance with the index `index`: a shared one, or an apartment 101, 102, … with four on each floor. */
function createEntranceName(index: number): string {
  const shared = sharedEntranceNames[index]
  if (shared !== undefined) return shared
  const apartment = index - sharedEntranceNames.length
  const floor = 1 + Math.floor(apartment / 4)
  return `Apartment ${floor}0${1 + (apartment % 4)}`
}

/** Creates an online entrance without errors or warnings. */
export function createEntrance(
  system: System,
  index: number,
  identity: { id: string; created_at: string },
): Entrance {
  const display_name = createEntranceName(index)
  const isShared = index < sharedEntranceNames.length
  return {
    acs_entrance_id: identity.id,
    acs_system_id: system.acs_system_id,
    connected_account_id: system.connected_account_id,
    display_name,
    can_unlock_with_mobile_key: true,
    can_unlock_with_code: true,
    can_unlock_with_card: false,
    latch_metadata: {
      accessibility_type: isShared ? 'COMMUNAL' : 'PRIVATE',
      door_name: display_name,
      door_type: index === 0 ? 'ENTRANCE' : isShared ? 'AMENITY' : 'UNIT',
      is_connected: true,
    },
    created_at: identity.created_at,
    errors: [],
    warnings: [],
  }
}

/** Adds an entrance to an ACS system, after the existing ones, and emits the event. */
export function addEntrance(building: Building, system: System): Entrance {
  const { acs_system_id, connected_account_id } = system
  const index = building.state.entrances.countBy('system', acs_system_id)
  const door = createEntrance(system, index, { id: randomUUID(), created_at: building.clock.stamp() })
  const { acs_entrance_id } = door
  building.state.entrances.put(door)
  building.events.emit('acs_entrance.added', { acs_entrance_id, acs_system_id, connected_account_id })
  return door
}

/** Removes an entrance, also from the credentials that unlock it, and emits the event. */
export function removeEntrance(building: Building, door: Entrance): void {
  const { acs_entrance_id, acs_system_id, connected_account_id } = door
  building.state.entrances.delete(acs_entrance_id)
  for (const credential of building.state.credentials.by('entrance', acs_entrance_id)) {
    const entrance_ids = credential.entrance_ids.filter((id) => id !== acs_entrance_id)
    building.state.credentials.put({ ...credential, entrance_ids })
  }
  building.events.emit('acs_entrance.removed', { acs_entrance_id, acs_system_id, connected_account_id })
}

/** Sets whether an entrance is online. Seam has no event for it. */
export function setEntranceOnline(building: Building, door: Entrance, isOnline: boolean): void {
  const latch_metadata = { ...door.latch_metadata, is_connected: isOnline }
  building.state.entrances.patch(door.acs_entrance_id, { latch_metadata })
}
