import type { SeamEvent } from '../../model/seam-events.ts'
import { timeSortKey } from '../../model/time.ts'
import { readAll } from '../calls/list-pages.ts'
import type { CallOptions, SeamCaller } from '../calls/seam-caller.ts'
import { createUnreadableError } from '../errors.ts'
import { type JsonObject, MalformedRow } from './json-fields.ts'

/** Time range of an event list. */
export type EventRange = {
  /** ISO 8601, exclusive. */
  readonly since: string
  /** ISO 8601, exclusive; the current time if absent. */
  readonly until?: string
  /** Rows requested per call; 500 (Seam's default) if absent. */
  readonly limit?: number
}

const eventsRoute = 'events/list'
/** Seam's default limit. A response to a higher limit is full if it has at least this many rows, since Seam documents no maximum. */
const defaultLimit = 500

/**
 * Returns all events of a time range in order of creation. Seam's list has no pagination and does not mark its end: after a full response,
 * the list is requested again from the newest time in it, and duplicates are dropped by id. Rejects with `SeamError`.
 */
export async function listEvents(
  caller: SeamCaller,
  range: EventRange,
  options?: CallOptions,
): Promise<SeamEvent[]> {
  const eventsById = new Map<string, SeamEvent>()
  let { since, limit = defaultLimit } = range
  let previousCount = 0
  for (;;) {
    const params = { ...createTimeFilter(since, range.until), limit }
    const rows = await readAll(caller, eventsRoute, params, { listKey: 'events', convert: toEvent }, options)
    for (const event of sortOldestFirst(rows)) eventsById.set(event.event_id, event)
    if (rows.length < Math.min(limit, defaultLimit)) return [...eventsById.values()].sort(compareByCreation)
    const next = findNextSince(rows)
    if (next !== null && timeSortKey(next) > timeSortKey(since)) {
      since = next
      previousCount = 0
    } else {
      // A full response of a single instant, or an unordered one, gives no time to continue from: a larger limit is requested instead.
      if (rows.length <= previousCount)
        throw createUnreadableError(eventsRoute, 'it does not contain more events at a higher limit')
      if (rows.length < limit && rows.length !== defaultLimit)
        return [...eventsById.values()].sort(compareByCreation)
      previousCount = rows.length
      limit *= 2
    }
  }
}

/** Creates the time filter: Seam accepts either `since` or `between`. */
function createTimeFilter(since: string, until: string | undefined): object {
  return until === undefined ? { since } : { between: [since, until] }
}

/**
 * Returns the time to continue from after a full response: 1 ms before its newest event, since several events may share an instant. Returns
 * `null` if the response is not in order of creation (Seam guarantees no order), since omitted events may then be older.
 */
function findNextSince(rows: readonly SeamEvent[]): string | null {
  const keys = rows.map((event) => timeSortKey(event.created_at))
  const isOrdered = keys.every((key, index) => index === 0 || key >= (keys[index - 1] ?? ''))
  const newestMs = Date.parse(rows.at(-1)?.created_at ?? '')
  return isOrdered && !Number.isNaN(newestMs) ? new Date(newestMs - 1).toISOString() : null
}

/** Sorts by creation time; events of one instant keep the order of Seam's list, since sorting is stable. */
function compareByCreation(one: SeamEvent, other: SeamEvent): number {
  const [a, b] = [timeSortKey(one.created_at), timeSortKey(other.created_at)]
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** Reverses a list in descending order, because its events of one instant are in descending order too. */
function sortOldestFirst(rows: readonly SeamEvent[]): readonly SeamEvent[] {
  const steps = rows.slice(1).map((row, index) => compareByCreation(rows[index] ?? row, row))
  const isReversed = steps.some((step) => step > 0) && steps.every((step) => step >= 0)
  return isReversed ? rows.toReversed() : rows
}

function toEvent(row: JsonObject): SeamEvent {
  const { event_id, event_type, workspace_id, created_at, occurred_at = created_at } = row
  const base = { event_id, event_type, workspace_id, created_at, occurred_at }
  for (const [key, value] of Object.entries(base))
    if (typeof value !== 'string' || value === '') throw new MalformedRow(`${key} of an event is missing`)
  return { ...row, ...base } as SeamEvent
}
