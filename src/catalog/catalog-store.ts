import { setTimeout as delay } from 'node:timers/promises'
import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  ConnectWebview,
  UserIdentity,
} from '../model/entities.ts'
import { evictOldest } from '../model/evict-oldest.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
  ConnectWebviewId,
  UserIdentityId,
} from '../model/ids.ts'
import { runUncounted } from '../observability/operation-cost.ts'
import type { CallOptions } from '../seam/calls/seam-caller.ts'
import type { SeamClient } from '../seam/client.ts'
import { SeamError } from '../seam/errors.ts'
import { createEntranceAccessLoader } from './access/entrance-access-loader.ts'
import { createLastKnownAccess, type LastKnownAccess } from './access/last-known-access.ts'
import { backgroundRefreshDelayMs } from './cache/background-refresh.ts'
import { type Collection, createCollection } from './cache/collection.ts'
import { createEviction, type Eviction } from './cache/eviction.ts'
import type { FreshnessPolicy } from './cache/freshness-policy.ts'
import { createTruncatedLists, type TruncatedLists } from './cache/truncated-lists.ts'

/** The only partition of the collections that Seam lists for the whole workspace. */
export const workspacePartition = 'workspace'
type WorkspacePartition = typeof workspacePartition

/** The collections and the access of one workspace, in memory. */
export type CatalogStore = {
  readonly systems: Collection<AcsSystemId, WorkspacePartition, AcsSystem>
  readonly accounts: Collection<ConnectedAccountId, WorkspacePartition, ConnectedAccount>
  readonly webviews: Collection<ConnectWebviewId, WorkspacePartition, ConnectWebview>
  readonly identities: Collection<UserIdentityId, WorkspacePartition, UserIdentity>
  readonly users: Collection<AcsUserId, AcsSystemId, AcsUser>
  readonly entrances: Collection<AcsEntranceId, AcsSystemId, AcsEntrance>
  readonly credentials: Collection<AcsCredentialId, AcsSystemId, AcsCredential>
  /** The credentials by ACS user, for readers of single ACS users of a system whose credentials are not listed. */
  readonly credentialsByUser: Collection<AcsCredentialId, AcsUserId, AcsCredential>
  /** Returns the access of a system, and creates it empty if it is not cached. */
  entranceAccess(acsSystemId: AcsSystemId): LastKnownAccess
  /** Returns the access of a system if a reader has requested it: changes of other systems use no memory. */
  cachedEntranceAccess(acsSystemId: AcsSystemId): LastKnownAccess | undefined
  /** Returns the cached access that a change in a system affects; that of every system if the system is unknown. */
  affectedEntranceAccess(acsSystemId: AcsSystemId | undefined): readonly LastKnownAccess[]
  /** Returns the owner and access method of a credential that was evicted with its system: the event of its deletion has neither. */
  ownerOfEvicted(id: AcsCredentialId): CredentialOwner | undefined
  readonly truncatedLists: TruncatedLists
  readonly eviction: Eviction
  cachedSystems(): Iterable<AcsSystemId>
  /** Evicts every row, as if nothing had been loaded. */
  evictAll(): void
  /** Invalidates every row, list and edge: each is loaded again before it is served. */
  invalidateAll(): void
  /** Number of ACS users, entrances and credentials in memory. */
  readonly size: number
}

export type CredentialOwner = Pick<AcsCredential, 'acsSystemId' | 'acsUserId' | 'accessMethod'>

/** The partition of the unassigned credentials in `credentialsByUser`. */
const unassigned = 'unassigned' as AcsUserId
/** Maximum number of evicted credentials whose owners are remembered. */
const maxEvictedOwners = 500_000

/** Creates the collections, each with the cheapest of Seam's routes for its lists and rows (docs/seam.md). */
export function createCatalogStore(
  seam: SeamClient,
  policy: FreshnessPolicy,
  maxEntities: number,
): CatalogStore {
  const accessBySystem = new Map<AcsSystemId, LastKnownAccess>()
  const truncatedLists = createTruncatedLists()
  const evictedOwners = new Map<AcsCredentialId, CredentialOwner>()

  /** Lists a system's rows, and records whether Seam may have truncated them. */
  async function listPartition<T>(
    list: (filter: { acsSystemId: AcsSystemId }, policy: CallOptions) => Promise<readonly T[]>,
    acsSystemId: AcsSystemId,
  ): Promise<readonly T[]> {
    let truncationReason: string | null = null
    const onTruncated = (reason: string): void => {
      truncationReason = reason
    }
    const rows = await list({ acsSystemId }, { onTruncated })
    truncatedLists.record(acsSystemId, list.name, truncationReason)
    return rows
  }

  /**
   * Lists the rows of the whole workspace. Resolves to `null` if Seam truncated the list, or failed in a way that one system may have
   * caused: the lists of the other systems can still be read. Rejects if Seam fails in another way.
   */
  async function listPartitions<T>(
    list: (filter: object, policy: CallOptions) => Promise<readonly T[]>,
    systemIds: readonly AcsSystemId[],
  ): Promise<readonly T[] | null> {
    let isTruncated = false
    try {
      const rows = await list({}, { onTruncated: () => (isTruncated = true) })
      if (!isTruncated) for (const systemId of systemIds) truncatedLists.record(systemId, list.name, null)
      return isTruncated ? null : rows
    } catch (error) {
      if (systemIds.length <= maxSplitLists && shouldListBySystem(error)) return null
      throw error
    }
  }

  const credentials = createCollection<AcsCredentialId, AcsSystemId, AcsCredential>(
    {
      idOf: (row) => row.acsCredentialId,
      partitionOf: (row) => row.acsSystemId,
      ownerOf: (row) => row.acsUserId,
      listPartition: (acsSystemId) => listPartition(seam.listCredentials, acsSystemId),
      listPartitions: (systemIds) => listPartitions(seam.listCredentials, systemIds),
      maxIdsPerFetch: 1,
      fetch: fetchOneByOne(seam.getCredential),
      onAdded: (row) => accessBySystem.get(row.acsSystemId)?.addCredential(row.acsCredentialId),
    },
    policy,
  )
  const credentialsByUser = createCollection<AcsCredentialId, AcsUserId, AcsCredential>(
    {
      idOf: (row) => row.acsCredentialId,
      partitionOf: (row) => row.acsUserId ?? unassigned,
      async listPartition(acsUserId) {
        const { version } = credentials
        const rows = await seam.listCredentials({ acsUserId })
        await credentials.put(rows, version)
        return rows
      },
      maxIdsPerFetch: 1,
      fetch: fetchOneByOne(seam.getCredential),
    },
    policy,
  )
  const entrances = createCollection<AcsEntranceId, AcsSystemId, AcsEntrance>(
    {
      idOf: (row) => row.acsEntranceId,
      partitionOf: (row) => row.acsSystemId,
      listPartition: (acsSystemId) => listPartition(seam.listEntrances, acsSystemId),
      listPartitions: (systemIds) => listPartitions(seam.listEntrances, systemIds),
      fetch: (ids) => seam.listEntrances({ ids }),
      onAdded: (row) => accessBySystem.get(row.acsSystemId)?.addEntrance(row.acsEntranceId),
    },
    policy,
  )

  /** Loads all access of a system in the background. A failure is in `LastKnownAccess.failure`. */
  async function refreshInBackground(
    acsSystemId: AcsSystemId,
    access: Pick<LastKnownAccess, 'loadForCredentials'>,
  ): Promise<void> {
    await delay(backgroundRefreshDelayMs)
    await Promise.all([
      credentials.ensureLoaded([acsSystemId], false),
      entrances.ensureLoaded([acsSystemId], false),
    ])
    const ids = credentials.rowsIn(acsSystemId).map((row) => row.acsCredentialId)
    const list = async () => entrances.rowsIn(acsSystemId).map((row) => row.acsEntranceId)
    await access.loadForCredentials(ids, list).catch(() => undefined)
  }

  function entranceAccess(acsSystemId: AcsSystemId): LastKnownAccess {
    const cached = accessBySystem.get(acsSystemId)
    if (cached !== undefined) return cached
    const source = createEntranceAccessLoader({
      seam,
      acsSystemId,
      collections: { credentials, entrances },
      truncatedLists,
    })
    const created = createLastKnownAccess(source, policy, (access) =>
      runUncounted(() => void refreshInBackground(acsSystemId, access)),
    )
    accessBySystem.set(acsSystemId, created)
    return created
  }

  const systems = createCollection<AcsSystemId, WorkspacePartition, AcsSystem>(
    {
      idOf: (row) => row.acsSystemId,
      partitionOf: () => workspacePartition,
      ownerOf: (row) => row.connectedAccountId,
      listPartition: () => seam.listSystems(),
      maxIdsPerFetch: 1,
      fetch: fetchOneByOne(seam.getSystem),
    },
    policy,
  )
  const accounts = createCollection<ConnectedAccountId, WorkspacePartition, ConnectedAccount>(
    {
      idOf: (row) => row.connectedAccountId,
      partitionOf: () => workspacePartition,
      listPartition: () => seam.listAccounts(),
      maxIdsPerFetch: 1,
      fetch: fetchOneByOne(seam.getAccount),
    },
    policy,
  )
  const identities = createCollection<UserIdentityId, WorkspacePartition, UserIdentity>(
    {
      idOf: (row) => row.userIdentityId,
      partitionOf: () => workspacePartition,
      listPartition: () => seam.listIdentities({}),
      fetch: (ids) => seam.listIdentities({ ids }),
    },
    policy,
  )
  const users = createCollection<AcsUserId, AcsSystemId, AcsUser>(
    {
      idOf: (row) => row.acsUserId,
      partitionOf: (row) => row.acsSystemId,
      ownerOf: (row) => row.userIdentityId,
      listPartition: (acsSystemId) => listPartition(seam.listUsers, acsSystemId),
      listPartitions: (systemIds) => listPartitions(seam.listUsers, systemIds),
      maxIdsPerFetch: 1,
      fetch: fetchOneByOne(seam.getUser),
    },
    policy,
  )

  function* cachedSystems(): Iterable<AcsSystemId> {
    const seen = new Set<AcsSystemId>()
    for (const collection of [users, entrances, credentials])
      for (const id of collection.cachedPartitions()) {
        if (!seen.has(id)) yield id
        seen.add(id)
      }
  }

  function evictSystem(acsSystemId: AcsSystemId): void {
    for (const row of credentials.rowsIn(acsSystemId))
      evictedOwners.set(row.acsCredentialId, {
        acsSystemId,
        acsUserId: row.acsUserId,
        accessMethod: row.accessMethod,
      })
    evictOldest(evictedOwners, maxEvictedOwners)
    for (const { acsUserId } of credentials.rowsIn(acsSystemId))
      credentialsByUser.evictPartition(acsUserId ?? unassigned)
    for (const { userIdentityId } of users.rowsIn(acsSystemId))
      if (userIdentityId !== null) identities.evict(userIdentityId)
    for (const collection of [users, entrances, credentials]) collection.evictPartition(acsSystemId)
    accessBySystem.delete(acsSystemId)
    truncatedLists.evict(acsSystemId)
  }

  const entityCount = (): number => users.size + entrances.size + credentials.size

  const webviews = createCollection<ConnectWebviewId, WorkspacePartition, ConnectWebview>(
    {
      idOf: (row) => row.connectWebviewId,
      partitionOf: () => workspacePartition,
      listPartition: async () => [],
      maxIdsPerFetch: 1,
      fetch: fetchOneByOne(seam.getWebview),
    },
    policy,
  )

  return {
    systems,
    accounts,
    webviews,
    identities,
    users,
    entrances,
    credentials,
    credentialsByUser,
    entranceAccess,
    truncatedLists,
    ownerOfEvicted: (id) => evictedOwners.get(id),
    eviction: createEviction({ maxEntities, entityCount, cachedSystems, evict: evictSystem }),
    cachedSystems,
    evictAll() {
      for (const acsSystemId of [...cachedSystems()]) evictSystem(acsSystemId)
      for (const collection of [systems, accounts, identities]) collection.evictPartition(workspacePartition)
    },
    invalidateAll() {
      for (const collection of [
        systems,
        accounts,
        webviews,
        identities,
        users,
        entrances,
        credentials,
        credentialsByUser,
      ])
        collection.invalidateAll()
      for (const entranceAccess of accessBySystem.values()) entranceAccess.clear()
    },
    get size() {
      return entityCount()
    },
    cachedEntranceAccess: (acsSystemId) => accessBySystem.get(acsSystemId),
    affectedEntranceAccess(acsSystemId) {
      if (acsSystemId === undefined) return [...accessBySystem.values()]
      const cached = accessBySystem.get(acsSystemId)
      return cached === undefined ? [] : [cached]
    },
  }
}

/** Maximum number of systems that are listed one by one after the list of the workspace fails. */
const maxSplitLists = 50

/** Whether one system may have caused an error of a list of all systems, so that the systems should be listed one by one. */
export function shouldListBySystem(error: unknown): boolean {
  if (!(error instanceof SeamError)) return false
  const { code, status } = error
  const isAnswered = status !== null && code !== 'RATE_LIMITED' && code !== 'UNAUTHORIZED'
  return isAnswered || code === 'BAD_RESPONSE'
}

/** Fetches rows one by one, for the kinds that Seam cannot list by ids. */
function fetchOneByOne<Id, T>(
  get: (id: Id) => Promise<T | null>,
): (ids: readonly Id[]) => Promise<readonly T[]> {
  return async (ids) => (await Promise.all(ids.map((id) => get(id)))).filter((row) => row !== null)
}
