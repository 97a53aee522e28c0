import type { AcsSystemId } from '../../model/ids.ts'

/** Stands for the entrances of every system. */
export const everySystem = '*'
export type UsedSystem = AcsSystemId | typeof everySystem

/**
 * The systems whose entrances are in use: clients read access, or filter changes by entrance. Only there does reconciliation compare access,
 * and does the journal record the entrances of a change. A use counts for `ttlMs`.
 */
export type EntranceUsage = {
  readonly ttlMs: number
  recordUse(system: UsedSystem): void
  /** Whether the entrances of a system were used within `ttlMs`, in this process or in another replica as of `setSharedUses`. */
  isUsed(acsSystemId: AcsSystemId): boolean
  /** Returns the uses of this process within `ttlMs`, with the time of the last one, in ms since the epoch. */
  localUses(): ReadonlyMap<UsedSystem, number>
  /** Replaces the uses that all replicas have reported. */
  setSharedUses(systems: ReadonlySet<string>): void
  /** Adds a listener that is called whenever the use of a system begins. */
  onUseStarted(listener: () => void): void
}

export function createEntranceUsage(ttlMs: number, now: () => number): EntranceUsage {
  const usedAt = new Map<UsedSystem, number>()
  const listeners: (() => void)[] = []
  let sharedUses: ReadonlySet<string> = new Set()

  const isRecent = (system: UsedSystem): boolean => {
    const lastUsedAt = usedAt.get(system)
    return lastUsedAt !== undefined && now() - lastUsedAt < ttlMs
  }

  return {
    ttlMs,
    recordUse(system) {
      const isNew = !isRecent(system)
      usedAt.set(system, now())
      if (isNew) for (const listener of listeners) listener()
    },
    isUsed: (acsSystemId) =>
      [acsSystemId, everySystem as UsedSystem].some((each) => isRecent(each) || sharedUses.has(each)),
    localUses() {
      for (const system of usedAt.keys()) if (!isRecent(system)) usedAt.delete(system)
      return new Map(usedAt)
    },
    setSharedUses(systems) {
      sharedUses = systems
    },
    onUseStarted: (listener) => void listeners.push(listener),
  }
}
