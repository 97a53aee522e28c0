import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { SeamEvent } from './entities.ts'

/** Events of the workspace, for `events/list` and for webhooks. */
export type EventLog = {
  /** Records an event of this type with the current time, and calls the listeners. */
  emit(type: string, fields: Record<string, unknown>): SeamEvent
  /** Records an event as given, and fills in missing base fields. */
  publish(event: Partial<SeamEvent>): SeamEvent
  /** The events that are kept, oldest first. */
  all(): readonly SeamEvent[]
  get(eventId: string): SeamEvent | undefined
  /** Removes the events of an account, as Seam does when the account is deleted. */
  forgetAccount(connectedAccountId: string): void
  listen(listener: (event: SeamEvent) => void): void
}

/** Maximum number of events, regardless of their age. */
const atMost = 50_000

/** Creates an empty log that keeps each event for `retentionMs`. */
export function createEventLog(options: {
  workspaceId: string
  clock: Clock
  retentionMs: number
}): EventLog {
  const { workspaceId, clock, retentionMs } = options
  const listeners: ((event: SeamEvent) => void)[] = []
  let kept: SeamEvent[] = []
  let startsAt = 0

  /** Removes the oldest events. The array is copied only occasionally. */
  function prune(): void {
    const oldestMs = clock.nowMs() - retentionMs
    while (startsAt < kept.length && isTooOld(kept[startsAt], oldestMs)) startsAt += 1
    startsAt = Math.max(startsAt, kept.length - atMost)
    if (startsAt < 1000) return
    kept = kept.slice(startsAt)
    startsAt = 0
  }

  function publish(given: Partial<SeamEvent>): SeamEvent {
    const created_at = clock.stamp()
    const base = { event_id: randomUUID(), event_type: 'unknown', workspace_id: workspaceId }
    const event: SeamEvent = { ...base, created_at, occurred_at: created_at, ...given }
    kept.push(event)
    prune()
    for (const listener of listeners) listener(event)
    return event
  }

  function all(): readonly SeamEvent[] {
    prune()
    return startsAt === 0 ? kept : kept.slice(startsAt)
  }

  return {
    emit: (type, fields) => publish({ event_type: type, ...fields }),
    publish,
    all,
    get: (eventId) => all().find((event) => event.event_id === eventId),
    forgetAccount(connectedAccountId) {
      kept = all().filter((event) => event.connected_account_id !== connectedAccountId)
      startsAt = 0
    },
    listen: (listener) => void listeners.push(listener),
  }
}

function isTooOld(event: SeamEvent | undefined, oldestMs: number): boolean {
  return event !== undefined && Date.parse(event.created_at) < oldestMs
}
