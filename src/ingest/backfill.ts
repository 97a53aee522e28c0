import type { Journal } from '../journal/journal.ts'
import type { Held } from '../journal/turn.ts'
import type { Logger } from '../log.ts'
import type { NewChange } from '../model/change.ts'
import { changesOf, type SeamEvent } from '../model/events.ts'
import type { SeamClient } from '../seam/client.ts'
import { entryOf } from './webhook.ts'

export type BackfillOptions = {
  readonly seam: Pick<SeamClient, 'listEvents'>
  readonly journal: Journal
  readonly workspaceId: string
  readonly place: (change: NewChange) => NewChange
  readonly log: Logger
  /** How far before the newest known event the list begins: events may become visible late. */
  readonly overlapMs?: number
  /** What is longer ago isn't asked for any more. */
  readonly reachMs?: number
  /** Events that one call asks for. */
  readonly pageSize?: number
  readonly now?: () => number
}

/** What one run found. */
export type BackfillReport = {
  readonly events: number
  /** Changes that nobody had been told of. */
  readonly changes: number
  /** Events may be missing for good: only a comparison with Seam finds what they told. */
  readonly isHole: boolean
}

export type Backfill = { run(held: Held): Promise<BackfillReport> }

/** Up to where the list of events has been taken over. */
type Position = {
  /** When the first of all starts was: nothing from before it is told. */
  readonly from: string
  /** `created_at` of the newest known event. */
  readonly upTo: string
  /** The newest event, if Seam's list should still have it. */
  readonly eventId: string | null
  /** When the list was last read. */
  readonly checkedAt: number
}

/** The name under which the position is kept in the journal's store. */
const positionKey = 'backfill'
const dayMs = 86_400_000
const chunkSize = 500
/** A position that didn't move is written again once in a while only. */
const rewriteMs = 60_000

/**
 * Takes over from Seam's list of events what no webhook brought. Both carry an `event_id`, so what came before drops out by itself.
 * The position is kept in the journal's store; the first start of all sets it to now, and replays nothing.
 */
export function createBackfill(options: BackfillOptions): Backfill {
  const { seam, journal, log, overlapMs = 60_000, reachMs = 7 * dayMs, now = Date.now } = options
  /** Events of the last answer: the overlap brings them again. */
  let known: ReadonlySet<string> = new Set()

  async function position(held: Held): Promise<Position> {
    const text = await journal.recall(positionKey)
    if (text !== null) return JSON.parse(text) as Position
    // Seam's lists begin after a time; what happens in this millisecond is news.
    const at = new Date(now() - 1).toISOString()
    const first: Position = { from: at, upTo: at, eventId: null, checkedAt: now() }
    await held.keep(positionKey, JSON.stringify(first))
    return first
  }

  async function append(events: readonly SeamEvent[], held: Held): Promise<number> {
    let changes = 0
    const entries = events
      .filter((event) => event.workspace_id === options.workspaceId && !known.has(event.event_id))
      .map((event) => entryOf(event, changesOf(event, 'BACKFILL').map(options.place)))
      .filter((entry) => entry.changes.length > 0)
    for (let start = 0; start < entries.length; start += chunkSize) {
      held.signal.throwIfAborted()
      const appended = await held.append(entries.slice(start, start + chunkSize))
      changes += appended.reduce((sum, each) => sum + each.changes.length, 0)
    }
    return changes
  }

  async function save(before: Position, after: Position, held: Held): Promise<void> {
    const isSame = before.upTo === after.upTo && before.eventId === after.eventId
    if (!isSame || after.checkedAt - before.checkedAt >= rewriteMs)
      await held.keep(positionKey, JSON.stringify(after))
  }

  return {
    async run(held) {
      const before = await position(held)
      const checkedAt = now()
      const since = Math.max(
        Date.parse(before.upTo) - overlapMs,
        Date.parse(before.from),
        checkedAt - reachMs,
      )
      const events = await seam.listEvents(
        {
          since: new Date(since).toISOString(),
          ...(options.pageSize === undefined ? {} : { limit: options.pageSize }),
        },
        { priority: 'background', signal: held.signal },
      )
      const changes = await append(events, held)
      const isForgotten =
        before.eventId !== null && events.every((event) => event.event_id !== before.eventId)
      const isHole = isForgotten || checkedAt - before.checkedAt > reachMs
      if (isHole)
        log.warn(
          { since: before.upTo },
          "Seam's list of events has a hole; what it told is looked for itself",
        )
      const newest = events.at(-1)
      const isNewer = newest !== undefined && Date.parse(newest.created_at) >= Date.parse(before.upTo)
      const last = isNewer ? { upTo: newest.created_at, eventId: newest.event_id } : {}
      await save(before, { ...before, ...(isForgotten ? { eventId: null } : {}), ...last, checkedAt }, held)
      known = new Set(events.map((event) => event.event_id))
      if (changes > 0) log.info({ events: events.length, changes }, 'told what no webhook had brought')
      return { events: events.length, changes, isHole }
    },
  }
}
