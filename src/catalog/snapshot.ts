import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  UserIdentity,
} from '../model/entities.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
  UserIdentityId,
} from '../model/ids.ts'
import type { Dump } from './collection.ts'
import type { DoorsDump } from './doors.ts'
import { type Store, workspace } from './store.ts'

/** What is known of one system, as it can be kept on disk: without any PIN. */
export type SystemSnapshot = {
  readonly acsSystemId: AcsSystemId
  readonly users: Dump<AcsUserId, AcsUser> | null
  readonly entrances: Dump<AcsEntranceId, AcsEntrance> | null
  readonly credentials: Dump<AcsCredentialId, AcsCredential> | null
  readonly doors: DoorsDump | null
}

/** What is known of the workspace itself. Connect Webviews are left out: their addresses carry a token. */
export type WorkspaceSnapshot = {
  readonly systems: Dump<AcsSystemId, AcsSystem> | null
  readonly accounts: Dump<ConnectedAccountId, ConnectedAccount> | null
  readonly identities: Dump<UserIdentityId, UserIdentity> | null
}

export function takeSystem(store: Store, acsSystemId: AcsSystemId): SystemSnapshot {
  const credentials = store.credentials.dump(acsSystemId)
  return {
    acsSystemId,
    users: store.users.dump(acsSystemId),
    entrances: store.entrances.dump(acsSystemId),
    credentials: credentials && { ...credentials, rows: credentials.rows.map(withoutCode) },
    doors: store.knownDoors(acsSystemId)?.dump() ?? null,
  }
}

export function takeWorkspace(store: Store): WorkspaceSnapshot {
  return {
    systems: store.systems.dump(workspace),
    accounts: store.accounts.dump(workspace),
    identities: store.identities.dump(workspace),
  }
}

export function restoreSystem(store: Store, snapshot: SystemSnapshot): void {
  const { acsSystemId, users, entrances, credentials, doors } = snapshot
  if (users !== null) store.users.restore(acsSystemId, users)
  if (entrances !== null) store.entrances.restore(acsSystemId, entrances)
  if (credentials !== null) store.credentials.restore(acsSystemId, credentials)
  if (doors !== null) store.doors(acsSystemId).restore(doors)
}

export function restoreWorkspace(store: Store, { systems, accounts, identities }: WorkspaceSnapshot): void {
  if (systems !== null) store.systems.restore(workspace, systems)
  if (accounts !== null) store.accounts.restore(workspace, accounts)
  if (identities !== null) store.identities.restore(workspace, identities)
}

/** A number that is another one once there is something new to keep of a system. */
export function revisionOf(store: Store, acsSystemId: AcsSystemId): number {
  const lists = [store.users, store.entrances, store.credentials]
  const doors = store.knownDoors(acsSystemId)?.revision ?? 0
  return lists.reduce((sum, list) => sum + list.revision(acsSystemId), doors)
}

/** The same for the workspace itself. */
export function revisionOfWorkspace({ systems, accounts, identities }: Store): number {
  return systems.revision(workspace) + accounts.revision(workspace) + identities.revision(workspace)
}

function withoutCode(row: AcsCredential): AcsCredential {
  return row.code === null ? row : { ...row, code: null, isCodeAtSeam: true }
}
