import type { SeamEvent } from '../model/events.ts'
import { timeKey } from '../model/time.ts'
import type { Caller, CallOptions } from './call.ts'
import { unreadable } from './errors.ts'
import { type Json, Misshapen } from './json.ts'
import { readAll } from './pages.ts'

/** Of which time events are asked for. */
export type EventRange = {
  /** ISO 8601, exclusive. */
  readonly since: string
  /** ISO 8601, exclusive; up to now when absent. */
  readonly until?: string
  /** Rows that one call asks for: 500, Seam's default, when absent. */
  readonly limit?: number
}

const route = 'events/list'
/** Seam's default, and so the least that a full answer may have when more is asked for: no maximum is documented. */
const seamLimit = 500

/**
 * Reads all events of a time, in order of creation. Seam's list has no pages and no mark of its end: a full answer means "maybe
 * more", so it's asked again from the newest time it reached, and what came before is dropped by id. Throws `SeamError`.
 */
export async function listEvents(
  caller: Caller,
  range: EventRange,
  options?: CallOptions,
): Promise<SeamEvent[]> {
  const found = new Map<string, SeamEvent>()
  let { since, limit = seamLimit } = range
  let before = 0
  for (;;) {
    const params = { ...timeFilter(since, range.until), limit }
    const rows = await readAll(caller, route, params, { many: 'events', convert: toEvent }, options)
    for (const event of rows) found.set(event.event_id, event)
    if (rows.length < Math.min(limit, seamLimit)) return [...found.values()].sort(byCreation)
    const next = nextSince(rows)
    if (next !== null && timeKey(next) > timeKey(since)) {
      since = next
      before = 0
    } else {
      // A whole answer of one instant, or one in no order, can't be passed by time: a larger one can hold it.
      if (rows.length <= before)
        throw unreadable(route, 'it holds no more events, however many are asked for')
      if (rows.length < limit && rows.length !== seamLimit) return [...found.values()].sort(byCreation)
      before = rows.length
      limit *= 2
    }
  }
}

/** Seam takes `since` or `between`, not both. */
function timeFilter(since: string, until: string | undefined): object {
  return until === undefined ? { since } : { between: [since, until] }
}

/**
 * From where to go on after a full answer: a millisecond before its newest event, since several may share an instant. `null` where
 * it isn't in order of creation (Seam promises none), since what it left out may then be older.
 */
function nextSince(rows: readonly SeamEvent[]): string | null {
  const keys = rows.map((event) => timeKey(event.created_at))
  const isOrdered = keys.every((key, index) => index === 0 || key >= (keys[index - 1] ?? ''))
  const newestMs = Date.parse(rows.at(-1)?.created_at ?? '')
  return isOrdered && !Number.isNaN(newestMs) ? new Date(newestMs - 1).toISOString() : null
}

function byCreation(one: SeamEvent, other: SeamEvent): number {
  const [a, b] = [timeKey(one.created_at), timeKey(other.created_at)]
  if (a !== b) return a < b ? -1 : 1
  return one.event_id < other.event_id ? -1 : 1
}

function toEvent(row: Json): SeamEvent {
  const { event_id, event_type, workspace_id, created_at, occurred_at = created_at } = row
  const base = { event_id, event_type, workspace_id, created_at, occurred_at }
  for (const [key, value] of Object.entries(base))
    if (typeof value !== 'string' || value === '') throw new Misshapen(`${key} of an event is missing`)
  return { ...row, ...base } as SeamEvent
}
