import type { AcsCredential, AcsUser } from '../model/entities.ts'
import type { AcsSystemId } from '../model/ids.ts'
import type { Reach } from './viewer.ts'

/** Decides by the data alone what a reach includes. Doors of a resident depend on their credentials: the catalog resolves those. */
export function reachesSystem(reach: Reach, acsSystemId: AcsSystemId): boolean {
  return reach.acsSystemIds === null || reach.acsSystemIds.has(acsSystemId)
}

export function reachesUser(reach: Reach, user: AcsUser): boolean {
  return (
    reachesSystem(reach, user.acsSystemId) &&
    (reach.residentId === null || reach.residentId === user.acsUserId)
  )
}

export function reachesCredential(reach: Reach, credential: AcsCredential): boolean {
  return (
    reachesSystem(reach, credential.acsSystemId) &&
    (reach.residentId === null || reach.residentId === credential.acsUserId)
  )
}

/** Whether a reach has no bounds. */
export function reachesEverything(reach: Reach): boolean {
  return reach.acsSystemIds === null && reach.residentId === null
}
