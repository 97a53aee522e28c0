import type { AcsSystemId } from '../model/ids.ts'
import { type Store, workspace } from './store.ts'
import type { SyncState } from './view.ts'

/** Tells how fresh the picture of one system is, from what has been loaded of it so far. */
export function syncStateOf(store: Store, acsSystemId: AcsSystemId, now: number): SyncState {
  const lists = [store.users, store.entrances, store.credentials]
  const doors = store.knownDoors(acsSystemId)
  const loaded = lists.filter((list) => list.listedAt(acsSystemId) !== null)
  const times = [...loaded.map((list) => list.listedAt(acsSystemId)), doors?.learntAt ?? null]
  const known = times.filter((at) => at !== null)
  const oldest = known.length === 0 ? null : Math.min(...known)
  const failing = lists.filter((list) => list.failureOf(acsSystemId) !== null)
  const failures = [
    ...failing.map((list) => list.failureOf(acsSystemId)),
    doors?.failure ?? null,
    store.systems.failureOf(workspace),
  ].filter((failure) => failure !== null)
  const isLost = failing.some((list) => !list.isServable(acsSystemId)) || oldest === null
  const isOld = loaded.some((list) => !list.isComplete(acsSystemId)) || doors?.isKept === true
  const isStale = failures.length > 0 || isOld
  const isLoading = oldest === null || lists.some((list) => list.isLoading(acsSystemId))
  const cut = store.cuts.of(acsSystemId)
  return {
    state: failures.length > 0 && isLost ? 'FAILED' : isStale ? 'STALE' : isLoading ? 'LOADING' : 'FRESH',
    syncedAt: oldest === null ? null : new Date(oldest).toISOString(),
    lagMs: oldest === null ? null : now - oldest,
    complete: cut === null,
    detail: failures[0]?.message ?? cut,
  }
}
