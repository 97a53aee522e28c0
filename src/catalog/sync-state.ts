import type { AcsSystemId } from '../model/ids.ts'
import { SeamError } from '../seam/errors.ts'
import { type CatalogStore, workspacePartition } from './catalog-store.ts'
import type { SyncState } from './view.ts'

/** Computes the freshness of one system's cached data at `now`, in ms since the epoch. */
export function syncStateOf(store: CatalogStore, acsSystemId: AcsSystemId, now: number): SyncState {
  const lists = [store.users, store.entrances, store.credentials]
  const access = store.cachedEntranceAccess(acsSystemId)
  const loaded = lists.filter((list) => list.listedAt(acsSystemId) !== null)
  const times = [...loaded.map((list) => list.listedAt(acsSystemId)), access?.loadedAt ?? null]
  const knownTimes = times.filter((time) => time !== null)
  const oldest = knownTimes.length === 0 ? null : Math.min(...knownTimes)
  const failing = lists.filter((list) => list.failureOf(acsSystemId) !== null)
  const failures = [
    ...failing.map((list) => list.failureOf(acsSystemId)),
    access?.failure ?? null,
    store.systems.failureOf(workspacePartition),
  ].filter((failure) => failure !== null)
  const isLost = failing.some((list) => !list.canServeStale(acsSystemId)) || oldest === null
  const isOld = loaded.some((list) => !list.isFresh(acsSystemId)) || access?.isRestored === true
  const isStale = failures.length > 0 || isOld
  const isLoading = oldest === null || lists.some((list) => list.isLoading(acsSystemId))
  const truncation = store.truncatedLists.reasonFor(acsSystemId)
  return {
    state: failures.length > 0 && isLost ? 'FAILED' : isStale ? 'STALE' : isLoading ? 'LOADING' : 'FRESH',
    syncedAt: oldest === null ? null : new Date(oldest).toISOString(),
    lagMs: oldest === null ? null : now - oldest,
    complete: truncation === null,
    detail: detailOf(failures[0]) ?? truncation,
  }
}

/** Returns the text of a failure for clients. Only texts of `SeamError` are written for clients; others are internal. */
function detailOf(failure: Error | undefined): string | null {
  if (failure === undefined) return null
  return failure instanceof SeamError ? failure.message : 'Unexpected error.'
}
