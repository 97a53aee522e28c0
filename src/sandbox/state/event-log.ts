import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { SeamEvent } from './entities.ts'

/** The events of the workspace, for `events/list` and for webhooks. */
export type EventLog = {
  /** Records an event of this type with the current time, and passes it to the listeners. */
  emit(type: string, fields: Record<string, unknown>): SeamEvent
  /** Records an event as given, and passes it to the listeners. Fills in missing base fields. */
  publish(event: Partial<SeamEvent>): SeamEvent
  /** Returns the stored events, oldest first. */
  all(): readonly SeamEvent[]
  get(eventId: string): SeamEvent | undefined
  /** Deletes the stored events of a connected account, as Seam does when it deletes the account. */
  forgetAccount(connectedAccountId: string): void
  listen(listener: (event: SeamEvent) => void): void
}

/** Maximum number of stored events. The oldest are deleted first, regardless of `retentionMs`. */
const maxEvents = 50_000

/** Creates an empty event log that stores each event for `retentionMs`. */
export function createEventLog(options: {
  workspaceId: string
  clock: Clock
  retentionMs: number
}): EventLog {
  const { workspaceId, clock, retentionMs } = options
  const listeners: ((event: SeamEvent) => void)[] = []
  let kept: SeamEvent[] = []
  let startsAt = 0

  /** Deletes the oldest events. Copies the array only after every thousand deletions. */
  function prune(): void {
    const oldestMs = clock.nowMs() - retentionMs
    while (startsAt < kept.length && isTooOld(kept[startsAt], oldestMs)) startsAt += 1
    startsAt = Math.max(startsAt, kept.length - maxEvents)
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
