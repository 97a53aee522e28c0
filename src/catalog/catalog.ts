import { reachesEverything, reachesSystem } from '../auth/reach.ts'
import type { Reach, Viewer } from '../auth/viewer.ts'
import type { Logger } from '../log.ts'
import type { Change, NewChange } from '../model/change.ts'
import type { Facets } from '../model/diff.ts'
import type { AcsSystemId } from '../model/ids.ts'
import type { SeamClient } from '../seam/client.ts'
import { andThen } from './answer.ts'
import { createKeeping, type Keeping, type KeepingOptions } from './keeping.ts'
import { applyChange, placeChange } from './news.ts'
import { createReads } from './reads.ts'
import { type RowKind, servedFacets } from './served.ts'
import { createSnapshotFiles } from './snapshot-files.ts'
import { createStore } from './store.ts'
import type { Answer, View } from './view.ts'
import { viewOf } from './view-of.ts'

export type CatalogOptions = {
  readonly seam: SeamClient
  /** What is older is read from Seam again: many changes have no event (facts §4.2). */
  readonly maxAgeMs: number
  /** How old an answer may be while Seam can't be asked; nothing too old is served where it's not given. */
  readonly staleMs?: number
  /** How long a reader waits for Seam where something older could be served. */
  readonly patienceMs?: number
  /** Users, entrances and credentials that may stay in memory. */
  readonly entitiesAtMost?: number
  readonly now?: () => number
}

/** What the gateway knows of the workspace now. */
export type Catalog = {
  view(viewer: Viewer): View
  /** Brings the catalog up to date with changes, before they are told to anybody. */
  apply(changes: readonly Change[]): void
  /** Keeps what is known in a folder, for the next start on the same journal. */
  keepIn(folder: string, journal: KeepingOptions['journal'], log: Logger): Keeping
  /** Users, entrances and credentials in memory. */
  readonly size: number
  /** Whether anybody has asked who opens what in a system. */
  knowsDoors(acsSystemId: AcsSystemId): boolean
  /** What readers saw last of a row, as far as memory tells and nothing is in doubt. */
  served(kind: RowKind, id: string): Facets | null
  /** Fills in a change's owners from memory. */
  place<C extends NewChange>(change: C): C
  /** Fills in a change's owners, asking Seam where memory doesn't know; leaves them `null` where Seam doesn't either. */
  locate(change: Change): Answer<Change>
  /** Whether a change is within a reach. It should have been located; one whose owner nobody knows is not. */
  sees(reach: Reach, change: Change): Answer<boolean>
}

export function createCatalog(options: CatalogOptions): Catalog {
  const now = options.now ?? Date.now
  const atMost = options.entitiesAtMost ?? Number.POSITIVE_INFINITY
  const { maxAgeMs, staleMs = 0, patienceMs = 2_000 } = options
  const store = createStore(options.seam, { maxAgeMs, staleMs, patienceMs, now }, atMost)
  const reads = createReads(store, now)

  function locate(change: Change): Answer<Change> {
    const placed = placeChange(store, change)
    const { acsCredentialId: id } = placed
    if (placed.subject !== 'CREDENTIAL' || placed.kind === 'DELETED' || id === null) return placed
    if (placed.acsUserId !== null && placed.acsEntranceIds !== null) return placed
    return andThen(reads.credential(id), (credential) =>
      credential === null
        ? placed
        : andThen(reads.entrancesOfCredential(credential), (entrances) => ({
            ...placed,
            acsSystemId: credential.acsSystemId,
            acsUserId: credential.acsUserId,
            acsEntranceIds: entrances.map((entrance) => entrance.acsEntranceId),
          })),
    )
  }

  function seesConnection(reach: Reach, change: Change): Answer<boolean> {
    if (reach.residentId !== null) return false
    if (change.acsSystemId !== null) return reachesSystem(reach, change.acsSystemId)
    const { connectedAccountId } = change
    if (connectedAccountId === null) return false
    return store.systems
      .ownedBy(connectedAccountId)
      .some((system) => reachesSystem(reach, system.acsSystemId))
  }

  function seesOfResident(reach: Reach, change: Change): Answer<boolean> {
    const { residentId } = reach
    if (residentId === null) return true
    if (change.subject !== 'ENTRANCE') return change.acsUserId === residentId
    const id = change.acsEntranceIds?.[0]
    return andThen(reads.user(residentId), (user) =>
      user === null
        ? false
        : andThen(reads.entrancesOfUser(user), (doors) => doors.some((door) => door.acsEntranceId === id)),
    )
  }

  function apply(changes: readonly Change[]): void {
    for (const change of changes) applyChange(store, change)
  }

  return {
    view: (viewer) => viewOf(reads, viewer.reach),
    apply,
    keepIn: (folder, journal, log) =>
      createKeeping({ store, files: createSnapshotFiles(folder), journal, log, apply, atMost }),
    knowsDoors: store.hasAskedDoors,
    served: (kind, id) => servedFacets(store, kind, id),
    get size() {
      return store.size
    },
    place: (change) => placeChange(store, change),
    locate,
    sees(reach, change) {
      if (reachesEverything(reach)) return true
      if (change.subject === 'CONNECTION') return seesConnection(reach, change)
      const isInSystem =
        change.acsSystemId === null ? reach.acsSystemIds === null : reachesSystem(reach, change.acsSystemId)
      return isInSystem && seesOfResident(reach, change)
    },
  }
}
