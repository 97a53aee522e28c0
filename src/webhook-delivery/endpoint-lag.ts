import { countVisible, searchVisible } from '../feed/visibility-filter.ts'
import type { Change } from '../model/change.ts'
import type { DeliveryTools } from './delivery-tools.ts'
import { type EndpointReport, getStartPosition } from './endpoint.ts'

/** How far the delivery to an endpoint is behind the journal. */
export type EndpointLag = {
  /** Number of changes for the endpoint that were not accepted yet. Changes beyond the limit are not counted. */
  readonly undeliveredCount: number
  readonly isLowerBound: boolean
  /** When the oldest of them was recorded, or `null` if there is none. */
  readonly oldestUndeliveredAt: string | null
}

/** Number of changes after the position among which those for the endpoint are counted. */
export const maxScannedChanges = 10_000

/**
 * Returns the lag of an endpoint by its saved position and the access scope of its own API key. `null` if that API key has ended, or if the
 * position belongs to another journal. Rejects with `JournalUnavailable` and `ApiKeyStoreUnavailable`.
 */
export async function readEndpointLag(
  report: EndpointReport,
  tools: Pick<DeliveryTools, 'journal' | 'hub' | 'catalog' | 'findViewer'>,
): Promise<EndpointLag | null> {
  const { journal, hub } = tools
  const position = getStartPosition(report)
  if (position === null) return { undeliveredCount: 0, isLowerBound: false, oldestUndeliveredAt: null }
  const viewer = await tools.findViewer(report.endpoint)
  if (viewer === null || position.epoch !== journal.epoch) return null
  const selection = { viewer, filter: report.endpoint.filter }
  // Trimmed changes cannot be delivered any more: the endpoint gets a gap instead.
  const floor = await journal.readFloor()
  const incomplete = position.incomplete.filter((offset) => offset > floor)
  const after = Math.max(position.frontier, floor)
  const upTo = Math.min(hub.position, after + maxScannedChanges)
  const laterCount = await countVisible(selection, tools.catalog, journal, { after, upTo })

  async function readOldest(): Promise<Change | undefined> {
    const [skipped] = incomplete
    if (skipped !== undefined) return (await journal.read(skipped - 1, 1))[0]
    if (laterCount === 0) return undefined
    return (await searchVisible(selection, tools.catalog, journal, { after, upTo, limit: 1 })).changes[0]
  }

  return {
    undeliveredCount: incomplete.length + laterCount,
    isLowerBound: upTo < hub.position,
    oldestUndeliveredAt: (await readOldest())?.recordedAt ?? null,
  }
}
