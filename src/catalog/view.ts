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
import type { MaybePromise } from './maybe-promise.ts'

/** Freshness of the cached data of one ACS system. */
export type SyncState = {
  readonly state: 'FRESH' | 'STALE' | 'LOADING' | 'FAILED'
  /** Time at which the oldest cached list or access was requested from Seam; ISO 8601. `null` while nothing is loaded. */
  readonly syncedAt: string | null
  readonly lagMs: number | null
  /** False if Seam may have truncated a list; `detail` then has the reason. */
  readonly complete: boolean
  readonly detail: string | null
}

/**
 * The catalog within one viewer's access scope, for one request. Objects outside of the access scope are absent, as if they did not exist.
 * Lists have no guaranteed order. Every method batches with the other calls of the same tick, returns synchronously if the cache is
 * fresh, and rejects with `SeamError` if Seam fails.
 */
export type CatalogView = {
  systems(): MaybePromise<readonly AcsSystem[]>
  system(id: AcsSystemId): MaybePromise<AcsSystem | null>
  /** Lists the ACS users of one system, or of all systems if `acsSystemId` is `null`. The other lists do likewise. */
  users(acsSystemId: AcsSystemId | null): MaybePromise<readonly AcsUser[]>
  user(id: AcsUserId): MaybePromise<AcsUser | null>
  entrances(acsSystemId: AcsSystemId | null): MaybePromise<readonly AcsEntrance[]>
  entrance(id: AcsEntranceId): MaybePromise<AcsEntrance | null>
  credentials(acsSystemId: AcsSystemId | null): MaybePromise<readonly AcsCredential[]>
  credential(id: AcsCredentialId): MaybePromise<AcsCredential | null>
  /** Returns a credential's PIN, from Seam if the cache does not have it. The caller must check that the viewer may see PINs. */
  codeOf(credential: AcsCredential): MaybePromise<Secret | null>
  credentialsOfUser(user: AcsUser): MaybePromise<readonly AcsCredential[]>
  credentialsOfEntrance(entrance: AcsEntrance): MaybePromise<readonly AcsCredential[]>
  entrancesOfCredential(credential: AcsCredential): MaybePromise<readonly AcsEntrance[]>
  usersOfEntrance(entrance: AcsEntrance): MaybePromise<readonly AcsUser[]>
  entrancesOfUser(user: AcsUser): MaybePromise<readonly AcsEntrance[]>
  identity(id: UserIdentityId): MaybePromise<UserIdentity | null>
  usersOfIdentity(identity: UserIdentity): MaybePromise<readonly AcsUser[]>
  accounts(): MaybePromise<readonly ConnectedAccount[]>
  account(id: ConnectedAccountId): MaybePromise<ConnectedAccount | null>
  systemsOfAccount(account: ConnectedAccount): MaybePromise<readonly AcsSystem[]>
  webview(id: ConnectWebviewId): MaybePromise<ConnectWebview | null>
  syncState(id: AcsSystemId): SyncState
}
