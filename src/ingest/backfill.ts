import type { Journal } from '../journal/journal.ts'
import type { Leadership } from '../journal/leader-lease.ts'
import type { NewChange } from '../model/change.ts'
import { changesOfEvent, isOfWorkspace, type SeamEvent } from '../model/seam-events.ts'
import { dayMs } from '../model/time.ts'
import type { Logger } from '../observability/logger.ts'
import type { SeamClient } from '../seam/client.ts'
import { entryOfEvent } from './seam-webhooks/webhook-receiver.ts'

export type BackfillOptions = {
  readonly seam: Pick<SeamClient, 'listEvents'>
  readonly journal: Journal
  readonly workspaceId: string
  /** Adds the owners of a change before any of the same run is published, since a published change can make owners unknown. */
  readonly resolveKnownOwners: (change: NewChange) => NewChange
  readonly log: Logger
  /** How long before the newest known event the list starts, since events may become visible late. */
  readonly overlapMs?: number
  /** Maximum age of the events that are requested. */
  readonly maxLookbackMs?: number
  /** Number of events requested per call. */
  readonly pageSize?: number
  readonly now?: () => number
}

/** Result of one run. */
export type BackfillReport = {
  readonly events: number
  /** Number of changes that were not in the journal before. */
  readonly changes: number
  /** Whether events may be permanently missing, so that only reconciliation finds their changes. */
  readonly hasGap: boolean
}

export type Backfill = {
  /** On the very first start, stores the time from which events are published. Called before any state that events change is read. */
  prepare(leadership: Leadership): Promise<void>
  run(leadership: Leadership): Promise<BackfillReport>
}

/** Position up to which Seam's event list has been appended to the journal. */
type Position = {
  /** Time of the very first start. Earlier events are not published. */
  readonly from: string
  /** `created_at` of the newest known event. */
  readonly upTo: string
  /** Id of the newest event, or `null` if Seam's list may no longer contain it. */
  readonly eventId: string | null
  /** When the list was last read, in ms since the epoch. */
  readonly checkedAt: number
}

/** Name of the position in the journal's store. */
const positionKey = 'backfill'
const chunkSize = 500
/** Minimum time between two writes of an unchanged position. */
const minSaveIntervalMs = 60_000

/**
 * Appends events from Seam's event list that no webhook delivered. The `event_id` is the dedupe key of both, so known events are skipped.
 * The position is stored in the journal's store. The very first start sets it to the current time and replays nothing.
 */
export function createBackfill(options: BackfillOptions): Backfill {
  const { seam, journal, log, overlapMs = 60_000, maxLookbackMs = 7 * dayMs, now = Date.now } = options
  /** Ids of the events in the last response, which the overlap returns again. */
  let knownEventIds: ReadonlySet<string> = new Set()
  /** Whether this is the very first start, so that there is nothing to backfill yet. */
  let isFirstStart = false

  async function loadPosition(leadership: Leadership): Promise<Position> {
    const text = await journal.getValue(positionKey)
    if (text !== null) return JSON.parse(text) as Position
    // `since` is exclusive in Seam's list; an event in this millisecond must be included.
    const startedAt = new Date(now() - 1).toISOString()
    const first: Position = { from: startedAt, upTo: startedAt, eventId: null, checkedAt: now() }
    await leadership.putValue(positionKey, JSON.stringify(first))
    isFirstStart = true
    return first
  }

  async function appendEvents(events: readonly SeamEvent[], leadership: Leadership): Promise<number> {
    let changes = 0
    const entries = events
      .filter((event) => isOfWorkspace(event, options.workspaceId) && !knownEventIds.has(event.event_id))
      .map((event) => entryOfEvent(event, changesOfEvent(event, 'BACKFILL').map(options.resolveKnownOwners)))
      .filter((entry) => entry.changes.length > 0)
    for (let start = 0; start < entries.length; start += chunkSize) {
      leadership.signal.throwIfAborted()
      const appended = await leadership.append(entries.slice(start, start + chunkSize))
      changes += appended.reduce((sum, each) => sum + each.changes.length, 0)
    }
    return changes
  }

  async function savePosition(before: Position, after: Position, leadership: Leadership): Promise<void> {
    const isSame = before.upTo === after.upTo && before.eventId === after.eventId
    if (!isSame || after.checkedAt - before.checkedAt >= minSaveIntervalMs)
      await leadership.putValue(positionKey, JSON.stringify(after))
  }

  return {
    async prepare(leadership) {
      await loadPosition(leadership)
    },
    async run(leadership) {
      const before = await loadPosition(leadership)
      if (isFirstStart) {
        isFirstStart = false
        return { events: 0, changes: 0, hasGap: false }
      }
      const checkedAt = now()
      const since = Math.max(
        Date.parse(before.upTo) - overlapMs,
        Date.parse(before.from),
        checkedAt - maxLookbackMs,
      )
      const events = await seam.listEvents(
        {
          since: new Date(since).toISOString(),
          ...(options.pageSize === undefined ? {} : { limit: options.pageSize }),
        },
        { priority: 'background', signal: leadership.signal },
      )
      const changes = await appendEvents(events, leadership)
      const isNewestExpired =
        before.eventId !== null && events.every((event) => event.event_id !== before.eventId)
      const hasGap = isNewestExpired || checkedAt - before.checkedAt > maxLookbackMs
      if (hasGap)
        log.warn(
          { since: before.upTo },
          "Seam's event list has a gap; reconciliation will search for the missing changes",
        )
      const newest = events.at(-1)
      const isNewer = newest !== undefined && Date.parse(newest.created_at) >= Date.parse(before.upTo)
      const last = isNewer ? { upTo: newest.created_at, eventId: newest.event_id } : {}
      await savePosition(
        before,
        { ...before, ...(isNewestExpired ? { eventId: null } : {}), ...last, checkedAt },
        leadership,
      )
      knownEventIds = new Set(events.map((event) => event.event_id))
      if (changes > 0)
        log.info(
          { events: events.length, changes },
          'backfill published changes for which no webhook was received',
        )
      return { events: events.length, changes, hasGap }
    },
  }
}
