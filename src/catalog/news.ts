import type { Change, NewChange } from '../model/change.ts'
import type { AcsSystemId } from '../model/ids.ts'
import { type Store, workspace } from './store.ts'

/**
 * Takes news into account before it's told: what a change touched is fetched again before anybody reads it. Costs no call by itself;
 * what nobody asks for is never fetched.
 */
export function applyChange(store: Store, change: Change): void {
  if (change.subject === 'CREDENTIAL') applyToCredential(store, change)
  else if (change.subject === 'USER') applyToUser(store, change)
  else if (change.subject === 'ENTRANCE') applyToEntrance(store, change)
  else applyToConnection(store, change)
}

function applyToCredential(store: Store, change: Change): void {
  const { acsCredentialId: id, kind } = change
  if (id === null) return
  const acsSystemId = change.acsSystemId ?? store.credentials.peek(id)?.acsSystemId
  const doors = acsSystemId === undefined ? undefined : store.knownDoors(acsSystemId)
  if (kind === 'DELETED') {
    store.credentials.remove(id)
    store.ownCredentials.remove(id)
    doors?.removeCredential(id)
  } else {
    store.credentials.doubt(id)
    store.ownCredentials.doubt(id)
    doors?.doubtCredential(id)
  }
}

function applyToUser(store: Store, change: Change): void {
  const { acsUserId: id, kind } = change
  if (id === null) return
  const identityId = store.users.peek(id)?.userIdentityId ?? null
  if (identityId !== null) store.identities.doubt(identityId)
  // Nobody says which identity a new link is to.
  if (kind === 'CREATED' || change.changedFields.includes('userIdentity')) store.identities.doubtAll()
  store.users.doubt(id)
  if (kind !== 'DELETED') return
  // Seam takes a user's credentials away with the user.
  for (const credential of store.credentials.ownedBy(id)) store.credentials.doubt(credential.acsCredentialId)
  store.ownCredentials.doubtPart(id)
  store.users.remove(id)
}

function applyToEntrance(store: Store, change: Change): void {
  const id = change.acsEntranceIds?.[0]
  if (id === undefined) return
  const acsSystemId = change.acsSystemId ?? store.entrances.peek(id)?.acsSystemId
  const doors = acsSystemId === undefined ? undefined : store.knownDoors(acsSystemId)
  if (change.kind === 'DELETED') {
    store.entrances.remove(id)
    doors?.removeEntrance(id)
    return
  }
  store.entrances.revive(id)
  store.entrances.doubt(id)
  doors?.doubtEntrance(id)
}

function applyToConnection(store: Store, change: Change): void {
  const { connectedAccountId, connectWebviewId } = change
  const children = systemsOf(store, change)
  store.systems.doubtPart(workspace)
  store.accounts.doubtPart(workspace)
  if (connectWebviewId !== null) store.webviews.doubt(connectWebviewId)
  if (change.kind === 'DELETED' && connectedAccountId !== null) store.accounts.remove(connectedAccountId)
  // What a comparison found different of a connection itself says nothing of what is in it: that was compared too.
  if (change.origin === 'RECONCILIATION' && change.kind === 'UPDATED') return
  // While a connection is down nothing new comes in; once it's back, or has finished a sync, anything may have.
  if (change.problem === null && change.kind !== 'DISCONNECTED')
    for (const id of children) doubtSystem(store, id)
}

function systemsOf(store: Store, change: Change): readonly AcsSystemId[] {
  if (change.acsSystemId !== null) return [change.acsSystemId]
  if (change.connectedAccountId === null) return []
  return store.systems.ownedBy(change.connectedAccountId).map((system) => system.acsSystemId)
}

function doubtSystem(store: Store, acsSystemId: AcsSystemId): void {
  store.users.doubtPart(acsSystemId)
  store.entrances.doubtPart(acsSystemId)
  store.credentials.doubtPart(acsSystemId)
  store.ownCredentials.doubtAll()
  store.knownDoors(acsSystemId)?.forget()
}

/** Fills in whose a change is, as far as memory tells: Seam's credential events name neither user nor entrances. */
export function placeChange<C extends NewChange>(store: Store, change: C): C {
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
  if (change.subject !== 'CREDENTIAL' || change.acsCredentialId === null) return change
  const owner = store.credentials.peek(change.acsCredentialId) ?? store.ownerOf(change.acsCredentialId)
  if (owner === undefined) return change
  const doors = store.knownDoors(owner.acsSystemId)?.entrancesOf(change.acsCredentialId)
  return {
    ...change,
    acsSystemId: change.acsSystemId ?? owner.acsSystemId,
    acsUserId: change.acsUserId ?? owner.acsUserId,
    acsEntranceIds: change.acsEntranceIds ?? (doors === undefined ? null : [...doors]),
  }
}
