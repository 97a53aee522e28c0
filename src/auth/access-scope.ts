import type { AcsCredential, AcsUser } from '../model/entities.ts'
import type { AcsSystemId } from '../model/ids.ts'
import type { AccessScope } from './viewer.ts'

/** Decides from the data alone what an access scope includes. The entrances of a resident depend on credentials; the catalog resolves them. */
export function canAccessSystem(accessScope: AccessScope, acsSystemId: AcsSystemId): boolean {
  return accessScope.acsSystemIds === null || accessScope.acsSystemIds.has(acsSystemId)
}

export function canAccessAcsUser(accessScope: AccessScope, user: AcsUser): boolean {
  return (
    canAccessSystem(accessScope, user.acsSystemId) &&
    (accessScope.acsUserId === null || accessScope.acsUserId === user.acsUserId)
  )
}

export function canAccessCredential(accessScope: AccessScope, credential: AcsCredential): boolean {
  return (
    canAccessSystem(accessScope, credential.acsSystemId) &&
    (accessScope.acsUserId === null || accessScope.acsUserId === credential.acsUserId)
  )
}

/** Returns whether an access scope is unlimited. */
export function hasFullAccess(accessScope: AccessScope): boolean {
  return accessScope.acsSystemIds === null && accessScope.acsUserId === null
}
