import type { SeamEvent } from '../model/events.ts'
import type { Caller, CallOptions } from './call.ts'
import type { Json } from './convert.ts'
import { readAll, unreadable } from './pages.ts'

export type EventRange = {
  /** ISO 8601, exclusive. */
  readonly since: string
  /** Rows that one call asks for; Seam's default is 500. */
  readonly limit?: number
}

const defaultLimit = 500

/**
 * Reads all events since a time, in order of creation. Seam's list has no pages and no mark of its end: a full answer means "maybe
 * more", so it's asked again from the newest time it reached, and what came before is dropped by id.
 */
export async function listEvents(
  caller: Caller,
  range: EventRange,
  options?: CallOptions,
): Promise<SeamEvent[]> {
  const limit = range.limit ?? defaultLimit
  const found = new Map<string, SeamEvent>()
  for (let since = range.since; ; ) {
    const params = { since, limit }
    const rows = await readAll(caller, 'events/list', params, 'events', toEvent, options)
    const before = found.size
    for (const event of rows) found.set(event.event_id, event)
    if (rows.length < limit) return sorted([...found.values()])
    const newest =
      rows
        .map((event) => event.created_at)
        .toSorted()
        .at(-1) ?? since
    // A whole answer of one instant can't be passed by time; a larger answer can hold it.
    if (found.size === before || newest === since)
      return listEvents(caller, { since: range.since, limit: limit * 2 }, options)
    since = justBefore(newest)
  }
}

/** A millisecond earlier: `since` is exclusive, and several events may share an instant. */
function justBefore(time: string): string {
  return new Date(Date.parse(time) - 1).toISOString()
}

function sorted(events: SeamEvent[]): SeamEvent[] {
  const key = (event: SeamEvent): string => `${event.created_at} ${event.event_id}`
  return events.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

function toEvent(row: Json): SeamEvent {
  const { event_id, event_type, created_at } = row
  if (typeof event_id !== 'string' || typeof event_type !== 'string' || typeof created_at !== 'string') {
    throw unreadable('events/list', 'an event has no id, type or time')
  }
  return row as SeamEvent
}
