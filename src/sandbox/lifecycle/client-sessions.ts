import type { Building } from '../building.ts'
import type { ClientSession } from '../state/entities.ts'

/** Deletes a client session, and emits the event. */
export function deleteClientSession(building: Building, session: ClientSession): void {
  const { client_session_id } = session
  building.state.sessions.delete(client_session_id)
  building.events.emit('client_session.deleted', { client_session_id })
}
