import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  ConnectWebview,
  UserIdentity,
} from '../model/entities.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
  ConnectWebviewId,
  UserIdentityId,
} from '../model/ids.ts'

import type { Secret } from '../model/secret.ts'
/** A value that is at hand, or one that is being fetched: what stands in memory never waits for a promise. */
export type Answer<T> = T | Promise<T>

/** How fresh the gateway's picture of one system is. */
export type SyncState = {
  readonly state: 'FRESH' | 'STALE' | 'LOADING' | 'FAILED'
  /** When the oldest loaded part was last known to agree with Seam; ISO 8601. */
  readonly syncedAt: string | null
  readonly lagMs: number | null
  /** False when a list may have been cut short, with the reason in `detail`. */
  readonly complete: boolean
  readonly detail: string | null
}

/**
 * The catalog as one viewer may see it, for the length of one request. What isn't theirs is absent, exactly as if it didn't exist.
 * Lists have no promised order. Every method batches with its neighbours of the same tick, answers at once from memory where it
 * can, and rejects with `SeamError` where Seam failed.
 */
export type View = {
  systems(): Answer<readonly AcsSystem[]>
  system(id: AcsSystemId): Answer<AcsSystem | null>
  /** Of one system, or of all when `null`. */
  users(acsSystemId: AcsSystemId | null): Answer<readonly AcsUser[]>
  user(id: AcsUserId): Answer<AcsUser | null>
  entrances(acsSystemId: AcsSystemId | null): Answer<readonly AcsEntrance[]>
  entrance(id: AcsEntranceId): Answer<AcsEntrance | null>
  credentials(acsSystemId: AcsSystemId | null): Answer<readonly AcsCredential[]>
  credential(id: AcsCredentialId): Answer<AcsCredential | null>
  /** A credential's PIN: from Seam where only Seam has it. Whoever asks must be allowed to see it. */
  codeOf(credential: AcsCredential): Answer<Secret | null>
  credentialsOfUser(user: AcsUser): Answer<readonly AcsCredential[]>
  credentialsOfEntrance(entrance: AcsEntrance): Answer<readonly AcsCredential[]>
  entrancesOfCredential(credential: AcsCredential): Answer<readonly AcsEntrance[]>
  usersOfEntrance(entrance: AcsEntrance): Answer<readonly AcsUser[]>
  entrancesOfUser(user: AcsUser): Answer<readonly AcsEntrance[]>
  identity(id: UserIdentityId): Answer<UserIdentity | null>
  usersOfIdentity(identity: UserIdentity): Answer<readonly AcsUser[]>
  accounts(): Answer<readonly ConnectedAccount[]>
  account(id: ConnectedAccountId): Answer<ConnectedAccount | null>
  systemsOfAccount(account: ConnectedAccount): Answer<readonly AcsSystem[]>
  webview(id: ConnectWebviewId): Answer<ConnectWebview | null>
  syncState(id: AcsSystemId): SyncState
}
