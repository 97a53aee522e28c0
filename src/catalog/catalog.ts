import { canAccessSystem } from '../auth/access-scope.ts'
import type { AccessScope, Viewer } from '../auth/viewer.ts'
import { getAccessMethod } from '../model/access-method.ts'
import type { Change, NewChange } from '../model/change.ts'
import type { ChangeFilter } from '../model/change-filter.ts'
import type { ComparableFields, RowKind } from '../model/diff.ts'
import type { AcsEntranceId, AcsSystemId, AcsUserId } from '../model/ids.ts'
import type { Logger } from '../observability/logger.ts'
import { runUncounted } from '../observability/operation-cost.ts'
import type { SeamClient } from '../seam/client.ts'
import { createEntranceUsage, type EntranceUsage, everySystem } from './access/entrance-usage.ts'
import { createCatalogStore } from './catalog-store.ts'
import { applyChange, resolveKnownOwners } from './changes/apply-change.ts'
import type { OwnerResolver } from './changes/record-owners.ts'
import { lastServedFields } from './last-served.ts'
import {
  type PendingWorkspaceLists,
  type SharedLists,
  sharePendingLists,
  type WorkspaceLists,
} from './loading/shared-lists.ts'
import { createUnscopedReads } from './loading/unscoped-reads.ts'
import { andThen, type MaybePromise } from './maybe-promise.ts'
import {
  type CatalogPersistence,
  type CatalogPersistenceOptions,
  createCatalogPersistence,
} from './persistence/catalog-persistence.ts'
import { createSnapshotFiles } from './persistence/snapshot-files.ts'
import { createScopedView } from './scoped-view.ts'
import type { CatalogView } from './view.ts'

export type CatalogOptions = {
  readonly seam: SeamClient
  /** Age after which cached data is loaded again: Seam has no event for many changes (docs/seam.md). */
  readonly maxAgeMs: number
  /** Maximum age of data that is served while Seam fails; 0 by default. */
  readonly maxStaleAgeMs?: number
  /** Time that a reader waits for Seam before it is served stale data; 2,000 by default. */
  readonly maxWaitMs?: number
  /** Maximum number of ACS users, entrances and credentials in memory; unlimited by default. */
  readonly maxEntities?: number
  /** Time for which a use of a system's entrances counts; by default three times `maxAgeMs`, a minute at least. */
  readonly entranceUseTtlMs?: number
  readonly now?: () => number
}

/** The cache of one workspace. */
export type Catalog = OwnerResolver & {
  viewFor(viewer: Viewer): CatalogView
  /** Invalidates what changes affect. Must be called before the changes are delivered. */
  applyChanges(changes: readonly Change[]): void
  /** Invalidates everything, for when an unknown set of changes may have been missed. */
  invalidateAll(): void
  /** Saves the catalog in a folder, for the next start on the same journal. */
  persistIn(folder: string, journal: CatalogPersistenceOptions['journal'], log: Logger): CatalogPersistence
  /** Number of ACS users, entrances and credentials in memory. */
  readonly size: number
  /** Shares the lists that a reconciliation has begun to read; `prioritize` is called when a reader waits for one. */
  sharePendingLists(
    pendingLists: PendingWorkspaceLists,
    prioritize: (name: keyof WorkspaceLists) => void,
  ): SharedLists
  /** The systems whose entrances are in use. */
  readonly entranceUsage: EntranceUsage
  /** Records a use of entrances if a viewer's filter of changes is about entrances. */
  recordFilterUsage(viewer: Viewer, filter: ChangeFilter): void
  /** Returns the comparable fields of the row that readers were served last; `null` if it is not cached, or invalidated. */
  lastServed(kind: RowKind, id: string): ComparableFields | null
  /** Lists the entrances that the ACS user of an access scope can unlock; none if the access scope is not of one ACS user. */
  unlockableEntranceIds(accessScope: AccessScope): MaybePromise<readonly AcsEntranceId[]>
}

export function createCatalog(options: CatalogOptions): Catalog {
  const now = options.now ?? Date.now
  const maxEntities = options.maxEntities ?? Number.POSITIVE_INFINITY
  const { maxAgeMs, maxStaleAgeMs = 0, maxWaitMs = 2_000 } = options
  const freshnessPolicy = { maxAgeMs, maxStaleAgeMs, maxWaitMs, now }
  const store = createCatalogStore(options.seam, freshnessPolicy, maxEntities)
  const entranceUsage = createEntranceUsage(options.entranceUseTtlMs ?? Math.max(3 * maxAgeMs, 60_000), now)
  const reads = createUnscopedReads(store, now)
  const countedReads = countEntranceUsage(reads, entranceUsage)

  /** A connection's owners are its ACS systems; a credential's are its ACS user and entrances. */
  function isMissingOwners({ subject, kind, ...ids }: NewChange): boolean {
    if (kind === 'DELETED') return false
    if (subject === 'CONNECTION')
      return ids.acsSystemId === null && ids.acsSystemIds === undefined && ids.connectedAccountId !== null
    if (subject !== 'CREDENTIAL' || ids.acsCredentialId === null) return false
    const isOwnerKnown = ids.acsUserId !== null || store.credentials.peek(ids.acsCredentialId) !== undefined
    return !isOwnerKnown || isMissingEntrances(ids)
  }

  const isMissingEntrances = ({
    acsSystemId,
    acsEntranceIds,
  }: Pick<NewChange, 'acsSystemId' | 'acsEntranceIds'>) =>
    acsEntranceIds === null && acsSystemId !== null && entranceUsage.isUsed(acsSystemId)

  function resolveOwners<C extends NewChange>(change: C): MaybePromise<C> {
    const partlyResolved = resolveKnownOwners(store, change)
    const { acsCredentialId: id } = partlyResolved
    if (!isMissingOwners(partlyResolved)) return partlyResolved
    if (id === null) return andThen(reads.systems(), () => resolveKnownOwners(store, partlyResolved))
    return andThen(reads.credential(id), (credential) => {
      if (credential === null) return partlyResolved
      const { acsSystemId, acsUserId } = credential
      const withOwner = {
        ...partlyResolved,
        acsSystemId,
        acsUserId: partlyResolved.acsUserId ?? acsUserId,
        accessMethod: partlyResolved.accessMethod ?? getAccessMethod(credential),
      }
      if (!isMissingEntrances(withOwner)) return withOwner
      return andThen(reads.entrancesOfCredential(credential), (entrances) => ({
        ...withOwner,
        acsEntranceIds: entrances.map((entrance) => entrance.acsEntranceId),
      }))
    })
  }

  function unlockableEntranceIds({
    acsUserId: scopedUserId,
  }: AccessScope): MaybePromise<readonly AcsEntranceId[]> {
    if (scopedUserId === null) return []
    return andThen(countedReads.user(scopedUserId), (user) =>
      user === null
        ? []
        : andThen(countedReads.entrancesOfUser(user), (rows) => rows.map((row) => row.acsEntranceId)),
    )
  }

  /** Returns the system of an entrance, or else of an ACS user. A cached row is enough, since the system never changes. */
  async function systemOf(
    id: AcsEntranceId | null,
    scopedUserId: AcsUserId | null,
  ): Promise<AcsSystemId | null> {
    const cached = id === null ? scopedUserId && store.users.peek(scopedUserId) : store.entrances.peek(id)
    const row =
      cached || (await (id === null ? scopedUserId && reads.user(scopedUserId) : reads.entrance(id)))
    return row ? row.acsSystemId : null
  }

  function recordFilterUsage(
    { accessScope }: Viewer,
    { acsEntranceId, acsSystemId, subjects }: ChangeFilter,
  ): void {
    const recordSystem = (system: AcsSystemId | null): void => {
      if (system !== null && canAccessSystem(accessScope, system)) entranceUsage.recordUse(system)
    }
    // A filter without an entrance selects changes of all subjects, and does not count as a use of entrances.
    const isAboutEntrancesOnly = subjects?.length === 1 && subjects[0] === 'ENTRANCE'
    if (acsEntranceId === null && !isAboutEntrancesOnly) return
    if (acsEntranceId !== null || accessScope.acsUserId !== null)
      // If Seam fails, nothing is recorded: the client's next request records the use.
      return void runUncounted(() => systemOf(acsEntranceId, accessScope.acsUserId)).then(
        recordSystem,
        () => undefined,
      )
    const systems = acsSystemId === null ? accessScope.acsSystemIds : [acsSystemId]
    if (systems === null) entranceUsage.recordUse(everySystem)
    else for (const system of systems) recordSystem(system)
  }

  function applyChanges(changes: readonly Change[]): void {
    for (const change of changes) applyChange(store, change)
  }

  return {
    viewFor: (viewer) => createScopedView(countedReads, viewer.accessScope),
    applyChanges,
    invalidateAll: store.invalidateAll,
    persistIn: (folder, journal, log) =>
      createCatalogPersistence({
        store,
        files: createSnapshotFiles(folder, log),
        journal,
        log,
        applyChanges,
        maxEntities,
      }),
    sharePendingLists: (pendingLists, prioritize) =>
      sharePendingLists(
        store,
        { seam: options.seam, maxEntities, now, freshnessPolicy },
        pendingLists,
        prioritize,
      ),
    entranceUsage,
    recordFilterUsage,
    lastServed: (kind, id) => lastServedFields(store, kind, id),
    get size() {
      return store.size
    },
    resolveKnownOwners: (change) => resolveKnownOwners(store, change),
    resolveOwners,
    isMissingOwners,
    unlockableEntranceIds,
  }
}

/** Wraps reads so that those that return access to entrances record a use of the system's entrances. */
function countEntranceUsage<Reads extends CatalogView>(reads: Reads, usage: EntranceUsage): Reads {
  const recordUsage =
    <Row extends { readonly acsSystemId: AcsSystemId }, T>(read: (row: Row) => T) =>
    (row: Row): T => {
      usage.recordUse(row.acsSystemId)
      return read(row)
    }
  return {
    ...reads,
    credentialsOfEntrance: recordUsage(reads.credentialsOfEntrance),
    usersOfEntrance: recordUsage(reads.usersOfEntrance),
    entrancesOfCredential: recordUsage(reads.entrancesOfCredential),
    entrancesOfUser: recordUsage(reads.entrancesOfUser),
  }
}
