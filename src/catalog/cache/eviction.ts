import type { AcsSystemId } from '../../model/ids.ts'

export type EvictionOptions = {
  /** Maximum number of entities in memory. */
  readonly maxEntities: number
  /** Returns the current number of entities. */
  readonly entityCount: () => number
  /** Lists the systems that have entities in memory. */
  readonly cachedSystems: () => Iterable<AcsSystemId>
  /** Removes a system from memory. */
  readonly evict: (acsSystemId: AcsSystemId) => void
}

/** LRU eviction of ACS systems. */
export type Eviction = {
  /** Marks a system as the most recently used. */
  markUsed(acsSystemId: AcsSystemId): void
  /** Protects systems from eviction until work on them has settled and its callers have read the result. Returns `work`. */
  pinWhile<T>(acsSystemIds: readonly AcsSystemId[], work: Promise<T>): Promise<T>
}

/**
 * Evicts the least recently used systems while there are more than `maxEntities`. The most recently used system stays, however large it
 * is, and so does every pinned system. So the limit may be exceeded while one answer needs more.
 */
export function createEviction(options: EvictionOptions): Eviction {
  /** Systems, the least recently used first. */
  const byLastUse = new Set<AcsSystemId>()
  const pinCounts = new Map<AcsSystemId, number>()
  let isScheduled = false

  function markUsed(acsSystemId: AcsSystemId): void {
    byLastUse.delete(acsSystemId)
    byLastUse.add(acsSystemId)
    scheduleEviction()
  }

  /** Evicts in the next turn of the event loop: callers whose list has just been completed read it in this one. */
  function scheduleEviction(): void {
    if (isScheduled || options.entityCount() <= options.maxEntities) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      evictExcess()
    })
  }

  function evictExcess(): void {
    const cached = [...options.cachedSystems()]
    const unused = cached.filter((id) => !byLastUse.has(id))
    for (const id of [...unused, ...[...byLastUse].slice(0, -1)]) {
      if (options.entityCount() <= options.maxEntities) return
      if (pinCounts.has(id)) continue
      byLastUse.delete(id)
      options.evict(id)
    }
  }

  function pin(acsSystemId: AcsSystemId, by: 1 | -1): void {
    const count = (pinCounts.get(acsSystemId) ?? 0) + by
    if (count === 0) pinCounts.delete(acsSystemId)
    else pinCounts.set(acsSystemId, count)
  }

  return {
    markUsed,
    pinWhile(acsSystemIds, work) {
      for (const id of acsSystemIds) {
        markUsed(id)
        pin(id, 1)
      }
      const unpin = (): void =>
        void setImmediate(() => {
          for (const id of acsSystemIds) pin(id, -1)
          scheduleEviction()
        })
      work.then(unpin, unpin)
      return work
    },
  }
}
