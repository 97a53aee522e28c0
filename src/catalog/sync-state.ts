import type { AcsSystemId } from '../model/ids.ts'
import type { Store } from './store.ts'
import type { SyncState } from './view.ts'

/** Tells how fresh the picture of one system is, from what has been loaded of it so far. */
export function syncStateOf(store: Store, acsSystemId: AcsSystemId, now: number): SyncState {
  const lists = [store.users, store.entrances, store.credentials]
  const times = lists.map((list) => list.listedAt(acsSystemId)).filter((at) => at !== null)
  const doorsAt = store.knownDoors(acsSystemId)?.learntAt ?? null
  if (doorsAt !== null) times.push(doorsAt)
  const oldest = times.length === 0 ? null : Math.min(...times)
  const failure = store.failure(acsSystemId)
  const loaded = lists.filter((list) => list.listedAt(acsSystemId) !== null)
  const isStale = loaded.some((list) => !list.isComplete(acsSystemId))
  const isLoading = oldest === null || lists.some((list) => list.isLoading(acsSystemId))
  return {
    state: failure !== null ? 'FAILED' : isLoading ? 'LOADING' : isStale ? 'STALE' : 'FRESH',
    syncedAt: oldest === null ? null : new Date(oldest).toISOString(),
    lagMs: oldest === null ? null : now - oldest,
    complete: true,
    detail: failure,
  }
}
