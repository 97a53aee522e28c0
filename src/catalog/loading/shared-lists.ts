import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
} from '../../model/entities.ts'
import type { AcsCredentialId, AcsEntranceId, AcsSystemId } from '../../model/ids.ts'
import { groupInTurns } from '../../runtime/event-loop.ts'
import type { CallOptions } from '../../seam/calls/seam-caller.ts'
import type { SeamClient } from '../../seam/client.ts'
import { SeamError } from '../../seam/errors.ts'
import type { EntranceAccessRequest } from '../access/access-side.ts'
import { createEntranceAccessLoader } from '../access/entrance-access-loader.ts'
import { createLastKnownAccess } from '../access/last-known-access.ts'
import type { Collection } from '../cache/collection.ts'
import type { FreshnessPolicy } from '../cache/freshness-policy.ts'
import { createTruncatedLists, type TruncatedLists } from '../cache/truncated-lists.ts'
import { type CatalogStore, shouldListBySystem, workspacePartition } from '../catalog-store.ts'

/** The workspace's lists, read by a reconciliation; `null` is one that Seam may have truncated. */
export type WorkspaceLists = {
  readonly systems: readonly AcsSystem[] | null
  readonly accounts: readonly ConnectedAccount[] | null
  readonly users: readonly AcsUser[] | null
  readonly entrances: readonly AcsEntrance[] | null
  readonly credentials: readonly AcsCredential[] | null
}

/** The workspace's lists while they are being read. */
export type PendingWorkspaceLists = { readonly [Name in keyof WorkspaceLists]: Promise<WorkspaceLists[Name]> }

/** Lists that are being read and shared with readers. After disposal, readers no longer wait for them. */
export type SharedLists = Disposable & {
  /**
   * Loads the access of one system, and caches it if the system is cached or all listed rows fit into memory. Readers that need it
   * meanwhile wait for the same calls.
   */
  loadAccess(system: SystemRows, options: CallOptions, onSeamCall: () => void): Promise<LoadedAccess>
  /** Stores the lists in the collections, so that readers need no calls for them. */
  storeLists(lists: WorkspaceLists): Promise<void>
}

/** The rows of a system, and the number of rows of all systems. */
export type SystemRows = {
  readonly acsSystemId: AcsSystemId
  readonly credentials: readonly AcsCredential[]
  readonly entrances: readonly AcsEntrance[]
  readonly workspaceRowCount: number
}

export type LoadedAccess = {
  readonly entrancesByCredential: ReadonlyMap<AcsCredentialId, readonly AcsEntranceId[]>
  /** Entrances whose list of credentials Seam truncated, and that could not be completed. */
  readonly truncatedEntranceIds: readonly AcsEntranceId[]
}

/**
 * Shares lists whose reading has just begun. Readers that need one meanwhile wait for it, and `prioritize` is called. Every invalidation
 * since this call stays in force. Systems that are not cached are stored only if all listed rows fit into memory.
 */
export function sharePendingLists(
  store: CatalogStore,
  {
    seam,
    maxEntities,
    now,
    freshnessPolicy,
  }: { seam: SeamClient; maxEntities: number; now: () => number; freshnessPolicy: FreshnessPolicy },
  pendingLists: PendingWorkspaceLists,
  prioritize: (name: keyof WorkspaceLists) => void,
): SharedLists {
  const { accounts, credentials, entrances, systems, users } = store
  const fetchedAt = now()
  const versions = {
    accounts: accounts.version,
    credentials: credentials.version,
    entrances: entrances.version,
    systems: systems.version,
    users: users.version,
  }
  const stopSharing = [
    systems.sharePendingList(nullIfReplaceable(pendingLists.systems), () => prioritize('systems')),
    accounts.sharePendingList(nullIfReplaceable(pendingLists.accounts), () => prioritize('accounts')),
    users.sharePendingList(nullIfReplaceable(pendingLists.users), () => prioritize('users')),
    entrances.sharePendingList(nullIfReplaceable(pendingLists.entrances), () => prioritize('entrances')),
    credentials.sharePendingList(nullIfReplaceable(pendingLists.credentials), () =>
      prioritize('credentials'),
    ),
  ]
  /** Creates access that is not stored. */
  function createUncachedAccess(acsSystemId: AcsSystemId, truncatedLists: TruncatedLists) {
    return createLastKnownAccess(
      createEntranceAccessLoader({ seam, acsSystemId, truncatedLists }),
      freshnessPolicy,
    )
  }

  async function loadAccess(
    system: SystemRows,
    options: CallOptions,
    onSeamCall: () => void,
  ): Promise<LoadedAccess> {
    const { acsSystemId, workspaceRowCount } = system
    const isCached = workspaceRowCount <= maxEntities || new Set(store.cachedSystems()).has(acsSystemId)
    const truncatedLists = isCached ? store.truncatedLists : createTruncatedLists()
    const access = isCached
      ? store.entranceAccess(acsSystemId)
      : createUncachedAccess(acsSystemId, truncatedLists)
    const entranceIds = system.entrances.map((row) => row.acsEntranceId)
    const credentialIds = system.credentials.map((row) => row.acsCredentialId)
    const urgent = new AbortController()
    const request: EntranceAccessRequest = {
      options: { ...options, urgentSignal: urgent.signal },
      prioritize: () => urgent.abort(),
      onSeamCall,
      credentialIds,
    }
    const loading = access.reloadAll(credentialIds, entranceIds, request)
    const entrancesByCredential = await (isCached ? store.eviction.pinWhile([acsSystemId], loading) : loading)
    return {
      entrancesByCredential,
      truncatedEntranceIds: entranceIds.filter((id) => truncatedLists.isTruncated(acsSystemId, id)),
    }
  }

  return {
    loadAccess,
    async storeLists(lists) {
      if (lists.systems === null) return
      const rows = [lists.users, lists.entrances, lists.credentials]
      const hasRoom = rows.reduce((sum, each) => sum + (each?.length ?? 0), 0) <= maxEntities
      const cachedIds = new Set(store.cachedSystems())
      const ids = lists.systems.map((row) => row.acsSystemId).filter((id) => hasRoom || cachedIds.has(id))
      await systems.putList(workspacePartition, lists.systems, versions.systems, fetchedAt)
      if (lists.accounts !== null)
        await accounts.putList(workspacePartition, lists.accounts, versions.accounts, fetchedAt)
      await putLists(users, lists.users, ids, versions.users, fetchedAt)
      await putLists(entrances, lists.entrances, ids, versions.entrances, fetchedAt)
      await putLists(credentials, lists.credentials, ids, versions.credentials, fetchedAt)
    },
    [Symbol.dispose]() {
      for (const stop of stopSharing) stop()
      for (const access of store.affectedEntranceAccess(undefined)) access.clearExpectedIds()
    },
  }
}

/** Resolves to `null` if a list failed in a way that lets readers load it otherwise: system by system, or again after an abort. */
async function nullIfReplaceable<T>(list: Promise<T | null>): Promise<T | null> {
  try {
    return await list
  } catch (error) {
    if (!(error instanceof SeamError) || error.code === 'ABORTED' || shouldListBySystem(error)) return null
    throw error
  }
}

async function putLists<Id extends string, T extends { readonly acsSystemId: AcsSystemId }>(
  collection: Collection<Id, AcsSystemId, T>,
  list: readonly T[] | null,
  ids: readonly AcsSystemId[],
  version: number,
  fetchedAt: number,
): Promise<void> {
  if (list === null) return
  const bySystem = await groupInTurns(list, (row) => row.acsSystemId)
  for (const id of ids) await collection.putList(id, bySystem.get(id) ?? [], version, fetchedAt)
}
