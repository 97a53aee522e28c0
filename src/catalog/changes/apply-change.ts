import { getAccessMethod } from '../../model/access-method.ts'
import type { Change, NewChange } from '../../model/change.ts'
import type { AcsSystemId } from '../../model/ids.ts'
import { type CatalogStore, workspacePartition } from '../catalog-store.ts'

/** Invalidates what a change affects, so that the next reader loads it again. Makes no call to Seam. */
export function applyChange(store: CatalogStore, change: Change): void {
  if (change.subject === 'CREDENTIAL') applyToCredential(store, change)
  else if (change.subject === 'USER') applyToUser(store, change)
  else if (change.subject === 'ENTRANCE') applyToEntrance(store, change)
  else applyToConnection(store, change)
}

function applyToCredential(store: CatalogStore, change: Change): void {
  const { acsCredentialId: id, kind } = change
  if (id === null) return
  const acsSystemId = change.acsSystemId ?? store.credentials.peek(id)?.acsSystemId
  if (kind === 'DELETED') {
    store.credentials.remove(id)
    store.credentialsByUser.remove(id)
  } else {
    store.credentials.invalidate(id)
    store.credentialsByUser.invalidate(id)
  }
  for (const access of store.affectedEntranceAccess(acsSystemId)) {
    if (kind === 'DELETED') access.removeCredential(id)
    else access.invalidateCredential(id)
  }
}

function applyToUser(store: CatalogStore, change: Change): void {
  const { acsUserId: id, kind } = change
  if (id === null) return
  const user = store.users.peek(id)
  const identityId = user?.userIdentityId ?? null
  if (identityId !== null) store.identities.invalidate(identityId)
  // The change does not say which identity an ACS user was linked to, nor which one an unknown ACS user has.
  if (user === undefined || kind === 'CREATED' || change.changedFields.includes('userIdentity'))
    store.identities.invalidateAll()
  store.users.invalidate(id)
  if (kind !== 'DELETED') return
  // Seam deletes an ACS user's credentials together with the ACS user.
  store.credentials.invalidateOwnedBy(id)
  store.credentialsByUser.invalidatePartition(id)
  store.users.remove(id)
}

function applyToEntrance(store: CatalogStore, change: Change): void {
  const id = change.acsEntranceIds?.[0]
  if (id === undefined) return
  const acsSystemId = change.acsSystemId ?? store.entrances.peek(id)?.acsSystemId
  if (change.kind === 'DELETED') store.entrances.remove(id)
  else {
    store.entrances.clearTombstone(id)
    store.entrances.invalidate(id)
  }
  for (const access of store.affectedEntranceAccess(acsSystemId)) {
    if (change.kind === 'DELETED') access.removeEntrance(id)
    else access.invalidateEntrance(id)
  }
}

function applyToConnection(store: CatalogStore, change: Change): void {
  const { connectedAccountId, connectWebviewId } = change
  const systemIds = affectedSystems(store, change)
  store.systems.invalidatePartition(workspacePartition)
  store.accounts.invalidatePartition(workspacePartition)
  if (connectWebviewId !== null) store.webviews.invalidate(connectWebviewId)
  if (change.kind === 'DELETED' && connectedAccountId !== null) store.accounts.remove(connectedAccountId)
  // A reconciliation compares the contents of a connection as well, so its difference of the connection itself affects nothing else.
  if (change.origin === 'RECONCILIATION' && change.kind === 'UPDATED') return
  // While a connection is down, Seam's data does not change. After it is back, or has finished a sync, anything may have changed.
  if (change.problem !== null || change.kind === 'DISCONNECTED') return
  if (systemIds === null) store.invalidateAll()
  else for (const id of systemIds) invalidateSystem(store, id)
}

/** Returns the systems of a connection; `null` if they are unknown, so that any system may be affected. */
function affectedSystems(store: CatalogStore, change: Change): readonly AcsSystemId[] | null {
  if (change.acsSystemId !== null) return [change.acsSystemId]
  if (change.connectedAccountId === null) return []
  if (store.systems.listedAt(workspacePartition) === null) return null
  return store.systems.ownedBy(change.connectedAccountId).map((system) => system.acsSystemId)
}

function invalidateSystem(store: CatalogStore, acsSystemId: AcsSystemId): void {
  store.users.invalidatePartition(acsSystemId)
  store.entrances.invalidatePartition(acsSystemId)
  store.credentials.invalidatePartition(acsSystemId)
  store.credentialsByUser.invalidateAll()
  store.cachedEntranceAccess(acsSystemId)?.clear()
}

/**
 * Adds the owners of a change and the access method of its credential from memory: Seam's credential events have neither the ACS user nor
 * the entrances nor the access method.
 */
export function resolveKnownOwners<C extends NewChange>(store: CatalogStore, change: C): C {
  if (change.subject === 'ENTRANCE') {
    const id = change.acsEntranceIds?.[0]
    const acsSystemId = change.acsSystemId ?? (id && store.entrances.peek(id)?.acsSystemId) ?? null
    return { ...change, acsSystemId }
  }
  if (change.subject === 'USER' && change.acsUserId !== null) {
    return {
      ...change,
      acsSystemId: change.acsSystemId ?? store.users.peek(change.acsUserId)?.acsSystemId ?? null,
    }
  }
  if (change.subject === 'CONNECTION') return resolveSystemsOfAccount(store, change)
  if (change.subject !== 'CREDENTIAL' || change.acsCredentialId === null) return change
  const owner = store.credentials.peek(change.acsCredentialId) ?? store.ownerOfEvicted(change.acsCredentialId)
  if (owner === undefined) return change
  const entranceIds = store.cachedEntranceAccess(owner.acsSystemId)?.entrancesOf(change.acsCredentialId)
  return {
    ...change,
    acsSystemId: change.acsSystemId ?? owner.acsSystemId,
    acsUserId: change.acsUserId ?? owner.acsUserId,
    acsEntranceIds: change.acsEntranceIds ?? (entranceIds === undefined ? null : [...entranceIds]),
    accessMethod: change.accessMethod ?? getAccessMethod(owner),
  }
}

function resolveSystemsOfAccount<C extends NewChange>(store: CatalogStore, change: C): C {
  const { acsSystemId, connectedAccountId, acsSystemIds } = change
  if (acsSystemId !== null || connectedAccountId === null || acsSystemIds !== undefined) return change
  const ids = store.systems.ownedBy(connectedAccountId).map((system) => system.acsSystemId)
  return ids.length === 0 ? change : { ...change, acsSystemIds: ids }
}
