import { type EntranceUsage, everySystem } from '../catalog/access/entrance-usage.ts'
import type { Journal } from '../journal/journal.ts'
import type { AcsSystemId } from '../model/ids.ts'
import type { Logger } from '../observability/logger.ts'

/** The ACS systems whose entrances are used at any replica. Reconciliation compares access only in these. */
export type SharedEntranceUsage = {
  /** Stores this replica's uses and reads those of the others. Resolves to a filter for the systems that are used at any replica. */
  exchange(): Promise<(acsSystemId: AcsSystemId) => boolean>
  close(): void
}

const keyPrefix = 'entrance-interest/'

/**
 * Shares the uses of all replicas through the journal's store: when a use begins, before every reconciliation, and before a continuing use
 * would expire. A stored use expires `ttlMs` after the last use.
 */
export function createSharedEntranceUsage(
  journal: Pick<Journal, 'putValue' | 'listValues'>,
  localUsage: EntranceUsage,
  log: Pick<Logger, 'debug'>,
  now: () => number,
): SharedEntranceUsage {
  const publishedAt = new Map<string, number>()

  async function publishLocalUses(): Promise<void> {
    const localUses = localUsage.localUses()
    for (const system of publishedAt.keys())
      if (!localUses.has(system as AcsSystemId)) publishedAt.delete(system)
    for (const [system, lastUsedAt] of localUses) {
      const remainingMs = lastUsedAt + localUsage.ttlMs - now()
      if (publishedAt.get(system) === lastUsedAt || remainingMs <= 0) continue
      await journal.putValue(`${keyPrefix}${system}`, '', remainingMs)
      publishedAt.set(system, lastUsedAt)
    }
  }

  async function exchange(): Promise<(acsSystemId: AcsSystemId) => boolean> {
    await publishLocalUses()
    const keys = (await journal.listValues(keyPrefix)).keys()
    const systems = new Set([...keys].map((key) => key.slice(keyPrefix.length)))
    localUsage.setSharedUses(systems)
    return (acsSystemId) => systems.has(everySystem) || systems.has(acsSystemId)
  }

  /** A failed exchange is made up for by the next one. */
  function exchangeSoon(): void {
    exchange().catch((error: unknown) => log.debug({ err: error }, 'uses of entrances could not be shared'))
  }

  localUsage.onUseStarted(exchangeSoon)
  const timer = setInterval(exchangeSoon, localUsage.ttlMs / 4)
  timer.unref()
  return { exchange, close: () => clearInterval(timer) }
}
