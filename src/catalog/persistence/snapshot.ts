import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  UserIdentity,
} from '../../model/entities.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
  UserIdentityId,
} from '../../model/ids.ts'
import type { EntranceAccessDump } from '../access/entrance-access.ts'
import type { CollectionDump } from '../cache/collection-state.ts'
import { type CatalogStore, workspacePartition } from '../catalog-store.ts'

/** The cached data of one system. */
export type SystemSnapshot = {
  readonly acsSystemId: AcsSystemId
  readonly users: CollectionDump<AcsUserId, AcsUser> | null
  readonly entrances: CollectionDump<AcsEntranceId, AcsEntrance> | null
  readonly credentials: CollectionDump<AcsCredentialId, AcsCredential> | null
  readonly doors: EntranceAccessDump | null
}

/** The cached data of the workspace itself, without Connect Webviews: their URLs contain a token. */
export type WorkspaceSnapshot = {
  readonly systems: CollectionDump<AcsSystemId, AcsSystem> | null
  readonly accounts: CollectionDump<ConnectedAccountId, ConnectedAccount> | null
  readonly identities: CollectionDump<UserIdentityId, UserIdentity> | null
}

export function takeSystemSnapshot(store: CatalogStore, acsSystemId: AcsSystemId): SystemSnapshot {
  return {
    acsSystemId,
    users: store.users.dump(acsSystemId),
    entrances: store.entrances.dump(acsSystemId),
    credentials: store.credentials.dump(acsSystemId),
    doors: store.cachedEntranceAccess(acsSystemId)?.dump() ?? null,
  }
}

export function takeWorkspaceSnapshot(store: CatalogStore): WorkspaceSnapshot {
  return {
    systems: store.systems.dump(workspacePartition),
    accounts: store.accounts.dump(workspacePartition),
    identities: store.identities.dump(workspacePartition),
  }
}

export async function restoreSystemSnapshot(store: CatalogStore, snapshot: SystemSnapshot): Promise<void> {
  const { acsSystemId, users, entrances, credentials, doors } = snapshot
  if (users !== null) await store.users.restore(acsSystemId, users)
  if (entrances !== null) await store.entrances.restore(acsSystemId, entrances)
  if (credentials !== null) await store.credentials.restore(acsSystemId, credentials)
  if (doors !== null) await store.entranceAccess(acsSystemId).restore(doors)
}

export async function restoreWorkspaceSnapshot(
  store: CatalogStore,
  { systems, accounts, identities }: WorkspaceSnapshot,
): Promise<void> {
  if (systems !== null) await store.systems.restore(workspacePartition, systems)
  if (accounts !== null) await store.accounts.restore(workspacePartition, accounts)
  if (identities !== null) await store.identities.restore(workspacePartition, identities)
}

/** Returns a number that changes whenever the snapshot of a system does. */
export function systemRevision(store: CatalogStore, acsSystemId: AcsSystemId): number {
  const lists = [store.users, store.entrances, store.credentials]
  const accessRevision = store.cachedEntranceAccess(acsSystemId)?.revision ?? 0
  return lists.reduce((sum, list) => sum + list.revision(acsSystemId), accessRevision)
}

/** Returns a number that changes whenever the snapshot of the workspace does. */
export function workspaceRevision({ systems, accounts, identities }: CatalogStore): number {
  return (
    systems.revision(workspacePartition) +
    accounts.revision(workspacePartition) +
    identities.revision(workspacePartition)
  )
}
