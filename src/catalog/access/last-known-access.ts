import type { AcsCredentialId, AcsEntranceId } from '../../model/ids.ts'
import { toError } from '../../model/to-error.ts'
import { forEachInTurns } from '../../runtime/event-loop.ts'
import { type FreshnessPolicy, isRecentFailure, succeedsWithin } from '../cache/freshness-policy.ts'
import { type EntranceAccessRequest, edgesPerTurn } from './access-side.ts'
import {
  createEntranceAccess,
  type EntranceAccess,
  type EntranceAccessDump,
  type EntranceAccessSource,
} from './entrance-access.ts'

/** Access in one system; stale while Seam fails. */
export type LastKnownAccess = Omit<EntranceAccess, 'loadAll'> & {
  /**
   * Loads everything again for a reconciliation, and resolves to the edges as Seam returned them. Readers that need them meanwhile wait
   * for the same calls.
   */
  reloadAll(
    credentialIds: readonly AcsCredentialId[],
    entranceIds: readonly AcsEntranceId[],
    request: EntranceAccessRequest,
  ): Promise<ReadonlyMap<AcsCredentialId, readonly AcsEntranceId[]>>
  /** Whether the access was restored from a snapshot and not loaded since. */
  readonly isRestored: boolean
  /** Counts the changes. */
  readonly revision: number
  /** Error of the last load; `null` if it succeeded. */
  readonly failure: Error | null
}

/**
 * Creates access that is loaded again once it is older than `maxAgeMs`. The previous edges are kept, and served while Seam fails or is
 * slow, up to `maxStaleAgeMs`, unless they were invalidated. Edges of a snapshot are served at once and refreshed in the background.
 */
export function createLastKnownAccess(
  source: EntranceAccessSource,
  policy: FreshnessPolicy,
  /** Starts to load everything again, after edges of a snapshot were served. */
  startBackgroundRefresh: (access: Pick<EntranceAccess, 'loadForCredentials'>) => void = () => {},
): LastKnownAccess {
  const { now } = policy
  let current = createEntranceAccess(source, now)
  let previous: EntranceAccess | null = null
  /** The edges that a reconciliation is loading; they replace all others once they are complete. */
  let next: EntranceAccess | null = null
  /** Whether `previous` is from a snapshot, and nothing was loaded since. */
  let isRestored = false
  let revision = 0
  let failure: { readonly at: number; readonly error: Error } | null = null

  const currentAndPrevious = (): EntranceAccess[] => [current, previous].filter((access) => access !== null)

  function updateEach(update: (access: EntranceAccess) => void): void {
    revision++
    for (const access of currentAndPrevious()) update(access)
    if (next !== null) update(next)
  }

  function expireCurrent(): void {
    const { loadedAt } = current
    if (loadedAt !== null && now() - loadedAt >= policy.maxAgeMs) {
      // While Seam fails, `current` has only some of the edges that `previous` has.
      if (failure === null || previous === null) previous = current
      current = createEntranceAccess(source, now)
    }
    if (previous === null || now() - (previous.loadedAt ?? 0) < policy.maxStaleAgeMs) return
    previous = null
    isRestored = false
  }

  /** Returns the last known edges of `ids`; `null` if those of any id are unknown. */
  function findLastKnown<Id, Other>(
    ids: readonly Id[],
    lookUp: (access: EntranceAccess, id: Id) => ReadonlySet<Other> | undefined,
  ): ReadonlySet<Other>[] | null {
    if (previous === null) return null
    const lastKnown: ReadonlySet<Other>[] = []
    for (const id of ids) {
      const edges = lookUp(current, id) ?? lookUp(previous, id)
      if (edges === undefined) return null
      lastKnown.push(edges)
    }
    return lastKnown
  }

  /** Returns the edges of an id without waiting: fresh ones, or stale ones after a recent failure or a restart. */
  function findServable<Id, Other>(
    id: Id,
    lookUp: (access: EntranceAccess, id: Id) => ReadonlySet<Other> | undefined,
  ): ReadonlySet<Other> | undefined {
    expireCurrent()
    const fresh = lookUp(current, id) ?? (next === null ? undefined : lookUp(next, id))
    if (fresh !== undefined) return fresh
    if (!isRestored && !isRecentFailure(failure?.at ?? null, now())) return undefined
    const lastKnown = findLastKnown([id], lookUp)?.[0]
    if (lastKnown !== undefined && isRestored) refreshInBackground()
    return lastKnown
  }

  let isRefreshing = false
  /** Starts a background refresh, unless one is running or has just failed. */
  function refreshInBackground(): void {
    if (isRefreshing || next !== null || isRecentFailure(failure?.at ?? null, now())) return
    isRefreshing = true
    startBackgroundRefresh({
      loadForCredentials: (ids, listEntrances) =>
        recordOutcome(current.loadForCredentials(ids, listEntrances))
          .then((edges) => {
            isRestored = false
            return edges
          })
          .finally(() => {
            isRefreshing = false
          }),
    })
  }

  /** Loads edges; resolves to the last known ones if the load fails or takes longer than `maxWaitMs`. */
  async function loadOrServeStale<Id, Other>(
    ids: readonly Id[],
    lookUp: (access: EntranceAccess, id: Id) => ReadonlySet<Other> | undefined,
    load: (access: EntranceAccess) => Promise<ReadonlySet<Other>[]>,
  ): Promise<ReadonlySet<Other>[]> {
    expireCurrent()
    const loading = recordOutcome(load(next ?? current))
    if (findLastKnown(ids, lookUp) !== null && !(await succeedsWithin(loading, policy.maxWaitMs))) {
      // They may have been invalidated while it waited.
      const lastKnown = findLastKnown(ids, lookUp)
      if (lastKnown !== null) return lastKnown
    }
    return loading
  }

  async function recordOutcome<T>(loading: Promise<T>): Promise<T> {
    try {
      const answer = await loading
      failure = null
      revision++
      return answer
    } catch (thrown) {
      failure = { at: now(), error: toError(thrown) }
      throw thrown
    }
  }

  async function reloadAll(
    credentialIds: readonly AcsCredentialId[],
    entranceIds: readonly AcsEntranceId[],
    request: EntranceAccessRequest,
  ): Promise<ReadonlyMap<AcsCredentialId, readonly AcsEntranceId[]>> {
    const recorder = recordAnswers(source, credentialIds)
    const replacement = createEntranceAccess(recorder.source, now)
    next = replacement
    try {
      const isValid = await replacement.loadAll(credentialIds, entranceIds, request)
      if (next === replacement && isValid) {
        current = replacement
        previous = null
        isRestored = false
        failure = null
        revision++
      }
      return recorder.finish()
    } finally {
      if (next === replacement) next = null
    }
  }

  return {
    reloadAll,
    entrancesOf: (id) => findServable(id, entrancesOf),
    credentialsOf: (id) => findServable(id, credentialsOf),
    loadForCredentials: (ids, listEntrances) =>
      loadOrServeStale(ids, entrancesOf, (access) => access.loadForCredentials(ids, listEntrances)),
    loadForEntrances: (ids) => loadOrServeStale(ids, credentialsOf, (access) => access.loadForEntrances(ids)),
    invalidateCredential: (id) => updateEach((access) => access.invalidateCredential(id)),
    invalidateEntrance: (id) => updateEach((access) => access.invalidateEntrance(id)),
    addCredential: (id) => updateEach((access) => access.addCredential(id)),
    clearExpectedIds: () => current.clearExpectedIds(),
    addEntrance: (id) => updateEach((access) => access.addEntrance(id)),
    removeCredential: (id) => updateEach((access) => access.removeCredential(id)),
    removeEntrance: (id) => updateEach((access) => access.removeEntrance(id)),
    clear() {
      revision++
      current.clear()
      next?.clear()
      previous = null
      isRestored = false
    },
    dump: () => (current.loadedAt === null && previous !== null ? previous : current).dump(),
    async restore(dump: EntranceAccessDump) {
      const restored = createEntranceAccess(source, now)
      await restored.restore(dump)
      previous = restored
      isRestored = true
    },
    get isRestored() {
      return isRestored
    },
    get revision() {
      return revision
    },
    get loadedAt() {
      const times = (failure === null ? [current] : currentAndPrevious()).map((access) => access.loadedAt)
      const knownTimes = times.filter((time) => time !== null)
      return knownTimes.length === 0 ? (previous?.loadedAt ?? null) : Math.min(...knownTimes)
    },
    get failure() {
      return failure?.error ?? null
    },
  }
}

const entrancesOf = (access: EntranceAccess, id: AcsCredentialId) => access.entrancesOf(id)
const credentialsOf = (access: EntranceAccess, id: AcsEntranceId) => access.credentialsOf(id)

/** Wraps a source so that it records what it returns to a reconciliation, until `finish` returns the recorded edges. */
function recordAnswers(source: EntranceAccessSource, credentialIds: readonly AcsCredentialId[]) {
  const entrancesByCredential = new Map<AcsCredentialId, AcsEntranceId[]>()
  for (const id of credentialIds) entrancesByCredential.set(id, [])
  let recorded: typeof entrancesByCredential | null = entrancesByCredential
  const recordingSource: EntranceAccessSource = {
    async credentialsOf(id, request) {
      const credentials = await source.credentialsOf(id, request)
      if (request !== undefined)
        await forEachInTurns(credentials, edgesPerTurn, (credential) => recorded?.get(credential)?.push(id))
      return credentials
    },
    async entrancesOf(id, request) {
      const entrances = await source.entrancesOf(id, request)
      if (request !== undefined) for (const entrance of entrances) recorded?.get(id)?.push(entrance)
      return entrances
    },
  }
  const finish = (): typeof entrancesByCredential => {
    recorded = null
    return entrancesByCredential
  }
  return { source: recordingSource, finish }
}
