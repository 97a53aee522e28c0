import type { Viewer } from '../auth/viewer.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Journal } from '../journal/journal.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { waitForRoom } from '../runtime/event-loop.ts'
import { catchUp } from './catch-up.ts'
import type { Cursors } from './cursors.ts'
import { createGroupIndex } from './group-index.ts'
import { createSingleFlight } from './single-flight.ts'
import { createSubscriberGroup, type SubscriberGroup } from './subscriber-group.ts'
import type { SubscriberSink, SubscriptionOperation } from './subscription.ts'

/** Delivers the journal to subscribers: one tail, one execution per distinct operation and batch. */
export type SubscriptionHub = {
  /**
   * Adds a subscriber. With cursors in `afterCursors`, it first receives everything after the newest of them. The first frame is sent at once,
   * empty if no change was missed. Resolves to a function that unsubscribes. Rejects with `InvalidCursor` for a cursor that was not issued here.
   */
  subscribe(
    operation: SubscriptionOperation,
    viewer: Viewer,
    afterCursors: readonly string[],
    sink: SubscriberSink,
  ): Promise<() => void>
  /** Newest offset that the catalog includes and that subscribers receive. */
  readonly position: number
  /** Resolves to `true` once the position has reached `offset`, and to `false` after `timeoutMs` or when `signal` aborts. */
  waitForOffset(offset: number, timeoutMs: number, signal?: AbortSignal): Promise<boolean>
  /** Number of subscribers. */
  readonly subscriberCount: number
  /** Number of changes that wait for an execution, over all operations. */
  readonly pendingChangeCount: number
  close(): Promise<void>
}

export type SubscriptionHubOptions = {
  /** Offset up to which the catalog includes everything. Default: the journal's head, for an empty catalog. */
  readonly position?: number
  readonly journal: Journal
  readonly catalog: Catalog
  readonly cursors: Cursors
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'countGap' | 'countResume'>
  /** Interval of empty batches, which advance the cursor of a silent subscription. */
  readonly heartbeatMs?: number
  /** Called if the journal cannot be read any more: it was replaced, or an internal error occurred. All subscriptions have ended then. */
  readonly onJournalLost?: (error: unknown) => void
}

/** Interval at which slow subscribers are checked. */
const slowSubscriberCheckMs = 200
/** Turns of the event loop that each group gets for one batch of the journal before the next one is read. */
const maxTurnsPerBatch = 10
/** How long the journal's floor is cached for subscribers that resume at the same time. */
const floorTtlMs = 1_000

export async function createSubscriptionHub(options: SubscriptionHubOptions): Promise<SubscriptionHub> {
  const { journal, catalog, cursors, log, metrics } = options
  const groups = new Map<string, SubscriberGroup>()
  const groupIndex = createGroupIndex<SubscriberGroup>()
  /** Groups that were given changes of the journal and may still deliver them. */
  const busyGroups = new Set<SubscriberGroup>()
  const stopped = new AbortController()
  const waiters = new Set<{ offset: number; done: (isReached: boolean) => void }>()
  const sharedFloor = createSingleFlight<number>(floorTtlMs)
  // An empty catalog includes everything: all its later loads are at least as new as the journal's head.
  let position = options.position ?? (await journal.readHead())

  async function followJournal(): Promise<void> {
    for await (const batch of journal.tail(position, stopped.signal)) {
      if (batch.kind === 'hole') {
        log.warn({ after: batch.after, upTo: batch.upTo }, 'changes left the journal before they were read')
        catalog.invalidateAll()
        position = batch.upTo
        for (const group of groups.values()) {
          group.skipTo(batch.upTo)
          busyGroups.add(group)
        }
      } else {
        catalog.applyChanges(batch.changes)
        position = batch.changes.at(-1)?.offset ?? position
        for (const group of groupIndex.findFor(batch.changes)) {
          group.enqueue(batch.changes)
          busyGroups.add(group)
        }
      }
      for (const waiter of waiters) if (waiter.offset <= position) waiter.done(true)
      await waitForGroups()
    }
  }

  /**
   * Lets groups that wait for a turn of the event loop work before more of the journal is read, so that they drop nothing that they have time for.
   * Does not wait for a group that waits for anything else or needs more turns.
   */
  async function waitForGroups(): Promise<void> {
    for (let turns = 0; turns < maxTurnsPerBatch; turns++) {
      if (!isAnyQueued()) return
      await waitForRoom(1)
    }
  }

  function isAnyQueued(): boolean {
    let isQueued = false
    for (const group of busyGroups) {
      if (!group.isBusy()) busyGroups.delete(group)
      isQueued ||= group.isQueued()
    }
    return isQueued
  }

  function groupOf(operation: SubscriptionOperation, viewer: Viewer): SubscriberGroup {
    const existing = groups.get(operation.key)
    if (existing !== undefined) return existing
    const onEmpty = (): void => {
      if (groups.get(operation.key) !== group) return
      groups.delete(operation.key)
      groupIndex.delete(group)
      busyGroups.delete(group)
    }
    const group = createSubscriberGroup({
      ...{ operation, viewer, journal, catalog, cursors },
      ...{ log, metrics, onEmpty },
      readPosition: () => position,
    })
    groups.set(operation.key, group)
    groupIndex.add(group)
    catalog.recordFilterUsage(viewer, operation.filter)
    return group
  }

  const heartbeat = setInterval(() => {
    for (const group of groups.values()) {
      catalog.recordFilterUsage(group.viewer, group.filter)
      group.sendHeartbeat()
    }
  }, options.heartbeatMs ?? 15_000)
  const slowSubscriberCheck = setInterval(() => {
    for (const group of groups.values()) group.checkSlowMembers()
  }, slowSubscriberCheckMs)

  const following = followJournal().catch((error: unknown) => {
    log.error({ err: error }, 'the feed lost the journal: subscribers are sent away')
    for (const group of groups.values()) group.end('failed')
    options.onJournalLost?.(error)
  })

  return {
    subscribe: (operation, viewer, afterCursors, sink) =>
      catchUp({
        group: groupOf(operation, viewer),
        readHead: journal.readHead,
        readFloor: () => sharedFloor('floor', journal.readFloor),
        position,
        cursors,
        metrics,
        viewer,
        afterCursors,
        sink,
      }),
    get position() {
      return position
    },
    waitForOffset(offset, timeoutMs, signal) {
      if (offset <= position) return Promise.resolve(true)
      const { promise, resolve } = Promise.withResolvers<boolean>()
      const waiter = { offset, done: resolve }
      const giveUp = (): void => resolve(false)
      waiters.add(waiter)
      const timer = setTimeout(giveUp, timeoutMs)
      signal?.addEventListener('abort', giveUp)
      if (signal?.aborted === true) giveUp()
      return promise.finally(() => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', giveUp)
        waiters.delete(waiter)
      })
    },
    get subscriberCount() {
      return sum(groups.values(), (group) => group.countMembers())
    },
    get pendingChangeCount() {
      return sum(groups.values(), (group) => group.countPendingChanges())
    },
    async close() {
      clearInterval(heartbeat)
      clearInterval(slowSubscriberCheck)
      stopped.abort()
      for (const waiter of waiters) waiter.done(false)
      for (const group of groups.values()) group.end('shutdown')
      await following
    },
  }
}

function sum<T>(items: Iterable<T>, count: (item: T) => number): number {
  let total = 0
  for (const item of items) total += count(item)
  return total
}
