import type { AcsCredentialId } from '../../model/ids.ts'
import { forEachInTurns } from '../../runtime/event-loop.ts'
import type { CallOptions } from '../../seam/calls/seam-caller.ts'
import { SeamError } from '../../seam/errors.ts'

/** Options of a reconciliation's request for access. Readers have none. */
export type EntranceAccessRequest = {
  readonly options: CallOptions
  /** Called when a reader waits for the request. */
  prioritize(): void
  /** Called with each call to Seam. */
  onSeamCall(): void
  /** All credentials of the system. */
  readonly credentialIds: readonly AcsCredentialId[]
}

/** Applies the loaded edges of an id, with the version and the time at the start of the load. Resolves to false if they are superseded. */
export type ApplyEdges<Other> = (loadedIds: readonly Other[], version: number, at: number) => Promise<boolean>

/** Edges that are applied in one turn of the event loop. */
export const edgesPerTurn = 2_000

/** The edges of one side (credentials or entrances) to the other, with versions and invalidations. */
export type AccessSide<Id, Other> = {
  readonly invalidations: ReadonlyMap<Id, number>
  edgesOf(id: Id): Set<Other>
  /** Version at which all edges of `id` were loaded; -1 for never. */
  versionOf(id: Id): number
  isKnown(id: Id): boolean
  /** Whether anything is loaded or being loaded. */
  hasAny(): boolean
  /** Invalidates an id at a version; one that is neither loaded nor being loaded only if `includesUnknown`. */
  invalidate(id: Id, version: number, includesUnknown: boolean): void
  clearInvalidations(version: number): void
  load(id: Id, applyEdges: ApplyEdges<Other>, request?: EntranceAccessRequest): Promise<void>
  remove(id: Id): void
  clear(): void
  entries(): [Id, Other[]][]
  /** Lists the ids whose edges were all loaded. */
  knownIds(): readonly Id[]
  /** Restores which ids were all loaded, and which were invalidated since. The edges are restored by themselves. */
  restore(knownIds: readonly Id[], invalidatedIds: readonly Id[], version: number): void
}

export function createAccessSide<Id, Other>(
  fetchEdges: (id: Id, request?: EntranceAccessRequest) => Promise<readonly Other[]>,
  readClock: () => { version: number; at: number },
  runInOrder: <T>(work: () => Promise<T>) => Promise<T>,
): AccessSide<Id, Other> {
  const edges = new Map<Id, Set<Other>>()
  const versions = new Map<Id, number>()
  const invalidations = new Map<Id, number>()
  const loads = new Map<
    Id,
    { version: number; done: Promise<void>; request: EntranceAccessRequest | undefined }
  >()

  function edgesOf(id: Id): Set<Other> {
    const others = edges.get(id) ?? new Set<Other>()
    edges.set(id, others)
    return others
  }

  async function fetchAndApply(
    id: Id,
    version: number,
    at: number,
    applyEdges: ApplyEdges<Other>,
    request?: EntranceAccessRequest,
  ): Promise<void> {
    const loadedIds = await fetchEdges(id, request)
    await runInOrder(async () => {
      if ((versions.get(id) ?? -1) > version || !(await applyEdges(loadedIds, version, at))) return
      versions.set(id, version)
      if ((invalidations.get(id) ?? 0) <= version) invalidations.delete(id)
    })
  }

  function load(id: Id, applyEdges: ApplyEdges<Other>, request?: EntranceAccessRequest): Promise<void> {
    const runningLoad = loads.get(id)
    if (runningLoad !== undefined && runningLoad.version >= (invalidations.get(id) ?? 0)) {
      if (request !== undefined || runningLoad.request === undefined) return runningLoad.done
      runningLoad.request.prioritize()
      // The reconciliation that started the load may be aborted; the readers that wait for it are not.
      return runningLoad.done.catch((error: unknown) => {
        if (error instanceof SeamError && error.code === 'ABORTED') return load(id, applyEdges)
        throw error
      })
    }
    const { version, at } = readClock()
    const done = fetchAndApply(id, version, at, applyEdges, request).finally(() => {
      if (loads.get(id)?.done === done) loads.delete(id)
    })
    loads.set(id, { version, done, request })
    return done
  }

  return {
    invalidations,
    edgesOf,
    versionOf: (id) => versions.get(id) ?? -1,
    isKnown: (id) => versions.has(id) && !invalidations.has(id),
    hasAny: () => versions.size + loads.size > 0,
    invalidate(id, version, includesUnknown) {
      if (includesUnknown || versions.has(id) || loads.has(id)) invalidations.set(id, version)
    },
    clearInvalidations(version) {
      for (const [id, invalidatedAt] of invalidations) if (invalidatedAt <= version) invalidations.delete(id)
    },
    load,
    remove(id) {
      edges.delete(id)
      versions.delete(id)
      invalidations.delete(id)
    },
    entries: () =>
      [...edges].flatMap(([id, others]) => (others.size === 0 ? [] : [[id, [...others]] as [Id, Other[]]])),
    knownIds: () => [...versions.keys()],
    restore(knownIds, invalidatedIds, version) {
      for (const id of knownIds) versions.set(id, version)
      for (const id of invalidatedIds) invalidations.set(id, version + 1)
    },
    clear() {
      for (const index of [edges, versions, invalidations, loads]) index.clear()
    },
  }
}

/**
 * Replaces the edges of `id` by those that were loaded at `version`, except edges that the other side has loaded later. Stops once the load
 * is superseded.
 */
export async function mergeEdges<Id, Other>(
  side: AccessSide<Id, Other>,
  otherSide: AccessSide<Other, Id>,
  id: Id,
  loaded: readonly Other[],
  version: number,
  isSuperseded: () => boolean,
): Promise<void> {
  const edges = side.edgesOf(id)
  const loadedIds = new Set(loaded)
  const shouldSkip = (other: Other): boolean => isSuperseded() || otherSide.versionOf(other) > version
  await forEachInTurns([...edges], edgesPerTurn, (other) => {
    if (loadedIds.has(other) || shouldSkip(other)) return
    edges.delete(other)
    otherSide.edgesOf(other).delete(id)
  })
  await forEachInTurns(loadedIds, edgesPerTurn, (other) => {
    if (shouldSkip(other)) return
    edges.add(other)
    otherSide.edgesOf(other).add(id)
  })
}

export function removeEdges<Id, Other>(
  side: AccessSide<Id, Other>,
  otherSide: AccessSide<Other, Id>,
  id: Id,
): void {
  for (const other of side.edgesOf(id)) otherSide.edgesOf(other).delete(id)
  side.remove(id)
}
