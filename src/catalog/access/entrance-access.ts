import type { AcsCredentialId, AcsEntranceId } from '../../model/ids.ts'
import { forEachInTurns } from '../../runtime/event-loop.ts'
import {
  type AccessSide,
  type ApplyEdges,
  createAccessSide,
  type EntranceAccessRequest,
  edgesPerTurn,
  mergeEdges,
  removeEdges,
} from './access-side.ts'

/** Loads access in one system from Seam. */
export type EntranceAccessSource = {
  /** Lists the credentials that unlock an entrance (`acs/entrances/list_credentials_with_access`). */
  readonly credentialsOf: (
    id: AcsEntranceId,
    request?: EntranceAccessRequest,
  ) => Promise<readonly AcsCredentialId[]>
  /** Lists the entrances that a credential unlocks (`acs/credentials/list_accessible_entrances`). */
  readonly entrancesOf: (
    id: AcsCredentialId,
    request?: EntranceAccessRequest,
  ) => Promise<readonly AcsEntranceId[]>
}

/**
 * The cached edges between the credentials and the entrances of one system: an edge means that the credential unlocks the entrance. Seam
 * returns them per entrance or per credential, so they are loaded from the side that takes fewer calls. Changes invalidate single
 * credentials and entrances; an invalidated one is loaded again before it is served.
 *
 * Versions work as in a collection: a load has the version at its start, and clears invalidations up to that version only.
 */
export type EntranceAccess = {
  /** Returns the entrances of a credential; `undefined` if they must be loaded. */
  entrancesOf(id: AcsCredentialId): ReadonlySet<AcsEntranceId> | undefined
  /** Returns the credentials of an entrance; `undefined` if they must be loaded. */
  credentialsOf(id: AcsEntranceId): ReadonlySet<AcsCredentialId> | undefined
  /**
   * Loads the entrances of credentials from the cheaper side, and resolves to them in the order of `ids`. `listEntrances` lists all
   * entrances of the system; it is called only for more than a few unknown credentials.
   */
  loadForCredentials(
    ids: readonly AcsCredentialId[],
    listEntrances: () => Promise<readonly AcsEntranceId[]>,
  ): Promise<ReadonlySet<AcsEntranceId>[]>
  loadForEntrances(ids: readonly AcsEntranceId[]): Promise<ReadonlySet<AcsCredentialId>[]>
  /**
   * Loads all edges from the cheaper side for a reconciliation, which has listed the system's credentials and entrances. Resolves to
   * whether the edges are still valid, that is, were not cleared meanwhile.
   */
  loadAll(
    credentialIds: readonly AcsCredentialId[],
    entranceIds: readonly AcsEntranceId[],
    request: EntranceAccessRequest,
  ): Promise<boolean>
  /** Ends the effect of `loadAll` on `addCredential` and `addEntrance`, once all its rows have been added to the collections. */
  clearExpectedIds(): void
  /** Invalidates a new credential, unless `loadAll` has its edges. */
  addCredential(id: AcsCredentialId): void
  invalidateCredential(id: AcsCredentialId): void
  /** Invalidates an entrance whose credentials may have changed. */
  invalidateEntrance(id: AcsEntranceId): void
  /** Invalidates a new entrance, unless `loadAll` has its edges. */
  addEntrance(id: AcsEntranceId): void
  removeCredential(id: AcsCredentialId): void
  removeEntrance(id: AcsEntranceId): void
  clear(): void
  /** Returns the edges for a snapshot; `null` if nothing is loaded. */
  dump(): EntranceAccessDump | null
  /** Restores the edges of a snapshot. Nothing may be loaded yet. */
  restore(dump: EntranceAccessDump): Promise<void>
  /** Time at which the oldest load started, in ms since the epoch; `null` if nothing is loaded. */
  readonly loadedAt: number | null
}

/** Access in a snapshot. */
export type EntranceAccessDump = {
  readonly at: number
  /** Whether every entrance of the system was loaded. */
  readonly isWhole: boolean
  /** The credentials of each entrance that any credential unlocks. An entrance may be listed several times, with some of them each. */
  readonly edges: readonly (readonly [AcsEntranceId, readonly AcsCredentialId[]])[]
  readonly knownCredentials: readonly AcsCredentialId[]
  readonly invalidatedCredentials: readonly AcsCredentialId[]
  readonly knownEntrances: readonly AcsEntranceId[]
  readonly invalidatedEntrances: readonly AcsEntranceId[]
}

/** Maximum number of credentials that are requested by themselves without listing the entrances, which is a call as well. */
const maxSingleCredentials = 3
/** Maximum number of invalidated credentials or entrances; with more, everything is cleared. */
const maxInvalidations = 200

export function createEntranceAccess(source: EntranceAccessSource, now: () => number): EntranceAccess {
  const readClock = () => ({ version, at: now() })
  // Responses are applied one after the other, since a large one takes several turns of the event loop.
  let lastApplied: Promise<unknown> = Promise.resolve()
  const runInOrder = <T>(work: () => Promise<T>): Promise<T> => {
    const done = lastApplied.then(work, work)
    lastApplied = done
    return done
  }
  const credentials = createAccessSide<AcsCredentialId, AcsEntranceId>(
    source.entrancesOf,
    readClock,
    runInOrder,
  )
  const entrances = createAccessSide<AcsEntranceId, AcsCredentialId>(
    source.credentialsOf,
    readClock,
    runInOrder,
  )
  let version = 0
  let clearedAtVersion = 0
  /** Version up to which every entrance of the system is known; then credentials that are not invalidated are known as well. */
  let completeAtVersion: number | null = null
  let loadedAt: number | null = null
  /** Ids that `loadAll` has loaded and that were not added to the collections since. */
  const expectedIds = new Set<string>()

  function clear(): void {
    clearedAtVersion = ++version
    credentials.clear()
    entrances.clear()
    completeAtVersion = null
    loadedAt = null
    expectedIds.clear()
  }

  const isCredentialKnown = (id: AcsCredentialId): boolean =>
    credentials.isKnown(id) ||
    (completeAtVersion !== null && entrances.invalidations.size === 0 && !credentials.invalidations.has(id))
  const isEntranceKnown = (id: AcsEntranceId): boolean =>
    entrances.isKnown(id) && credentials.invalidations.size === 0

  function invalidateCredential(id: AcsCredentialId): void {
    credentials.invalidate(id, ++version, entrances.hasAny())
    if (credentials.invalidations.size > maxInvalidations) clear()
  }

  /** Loads every entrance. The credentials then have the version of the entrance that was requested first. */
  async function loadEveryEntrance(
    ids: readonly AcsEntranceId[],
    request?: EntranceAccessRequest,
  ): Promise<void> {
    const startVersion = version
    await Promise.all(ids.filter((id) => !entrances.isKnown(id)).map((id) => loadEntrance(id, request)))
    if (clearedAtVersion > startVersion) return
    completeAtVersion = ids.reduce((lowest, id) => Math.min(lowest, entrances.versionOf(id)), version)
    credentials.clearInvalidations(completeAtVersion)
  }

  function loadCredential(id: AcsCredentialId, request?: EntranceAccessRequest): Promise<void> {
    return credentials.load(id, createEdgeApplier(credentials, entrances, id), request)
  }

  function loadEntrance(id: AcsEntranceId, request?: EntranceAccessRequest): Promise<void> {
    return entrances.load(id, createEdgeApplier(entrances, credentials, id), request)
  }

  function createEdgeApplier<Id, Other>(
    side: AccessSide<Id, Other>,
    otherSide: AccessSide<Other, Id>,
    id: Id,
  ): ApplyEdges<Other> {
    return async (loadedIds, loadVersion, at) => {
      const isSuperseded = (): boolean => loadVersion < clearedAtVersion
      if (isSuperseded()) return false
      loadedAt = Math.min(loadedAt ?? at, at)
      await mergeEdges(side, otherSide, id, loadedIds, loadVersion, isSuperseded)
      return !isSuperseded()
    }
  }

  return {
    entrancesOf(id) {
      return isCredentialKnown(id) ? credentials.edgesOf(id) : undefined
    },
    credentialsOf(id) {
      return isEntranceKnown(id) ? entrances.edgesOf(id) : undefined
    },
    async loadForCredentials(ids, listEntrances) {
      for (let entranceIds: readonly AcsEntranceId[] | null = null; ; ) {
        const unknown = [...new Set(ids)].filter((id) => !isCredentialKnown(id))
        if (entranceIds === null && unknown.length > maxSingleCredentials) entranceIds = await listEntrances()
        if (
          entranceIds !== null &&
          unknown.length > entranceIds.length &&
          entranceIds.every(entrances.isKnown)
        )
          clear()
        const startVersion = version
        const unknownEntrances = entranceIds?.filter((id) => !entrances.isKnown(id)) ?? []
        if (
          entranceIds !== null &&
          unknownEntrances.length > 0 &&
          isCheaperByEntrance(unknownEntrances, unknown)
        ) {
          await loadEveryEntrance(entranceIds)
          continue
        }
        await Promise.all(unknown.map((id) => loadCredential(id)))
        // Loads that started before a `clear` are not applied: load again.
        if (clearedAtVersion <= startVersion) return ids.map(credentials.edgesOf)
      }
    },
    async loadForEntrances(ids) {
      for (;;) {
        const startVersion = version
        const unknown = [...new Set(ids)].filter((id) => !entrances.isKnown(id))
        await Promise.all([
          ...unknown.map((id) => loadEntrance(id)),
          ...[...credentials.invalidations.keys()].map((id) => loadCredential(id)),
        ])
        if (clearedAtVersion <= startVersion) return ids.map(entrances.edgesOf)
      }
    },
    async loadAll(credentialIds, entranceIds, request) {
      const startVersion = version
      for (const id of [...credentialIds, ...entranceIds]) expectedIds.add(id)
      if (isCheaperByEntrance(entranceIds, credentialIds)) await loadEveryEntrance(entranceIds, request)
      else await Promise.all(credentialIds.map((id) => loadCredential(id, request)))
      return clearedAtVersion <= startVersion
    },
    clearExpectedIds: () => expectedIds.clear(),
    invalidateCredential,
    addCredential(id) {
      if (!expectedIds.delete(id)) invalidateCredential(id)
    },
    addEntrance(id) {
      if (expectedIds.delete(id)) return
      version++
      if (completeAtVersion !== null || entrances.hasAny()) entrances.invalidate(id, version, true)
    },
    invalidateEntrance(id) {
      // The edges of a credential that was loaded by itself are invalid for this entrance, and nothing else would invalidate them.
      if (completeAtVersion === null) return clear()
      entrances.invalidate(id, ++version, true)
      if (entrances.invalidations.size > maxInvalidations) clear()
    },
    removeCredential(id) {
      version++
      expectedIds.delete(id)
      removeEdges(credentials, entrances, id)
    },
    removeEntrance(id) {
      version++
      expectedIds.delete(id)
      removeEdges(entrances, credentials, id)
    },
    clear,
    dump: () =>
      loadedAt === null
        ? null
        : {
            at: loadedAt,
            isWhole: completeAtVersion !== null,
            edges: entrances.entries(),
            knownCredentials: credentials.knownIds(),
            invalidatedCredentials: [...credentials.invalidations.keys()],
            knownEntrances: entrances.knownIds(),
            invalidatedEntrances: [...entrances.invalidations.keys()],
          },
    async restore({ at, isWhole, edges, ...dump }) {
      await forEachInTurns(pairsOf(edges), edgesPerTurn, ([entrance, credential]) => {
        entrances.edgesOf(entrance).add(credential)
        credentials.edgesOf(credential).add(entrance)
      })
      credentials.restore(dump.knownCredentials, dump.invalidatedCredentials, version)
      entrances.restore(dump.knownEntrances, dump.invalidatedEntrances, version)
      completeAtVersion = isWhole ? version : null
      loadedAt = at
      version++
    },
    get loadedAt() {
      return loadedAt
    },
  }
}

function* pairsOf(
  edges: EntranceAccessDump['edges'],
): Generator<readonly [AcsEntranceId, AcsCredentialId], void> {
  for (const [entrance, credentials] of edges)
    for (const credential of credentials) yield [entrance, credential]
}

/** Whether loading by entrance takes fewer calls than loading by credential. */
function isCheaperByEntrance(
  entrances: readonly AcsEntranceId[],
  credentials: readonly AcsCredentialId[],
): boolean {
  return entrances.length < credentials.length
}
