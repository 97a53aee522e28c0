import type { Viewer } from '../auth/viewer.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Journal } from '../journal/journal.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Change } from '../model/change.ts'
import type { Batch } from './batch.ts'
import { catchUp } from './catch-up.ts'
import type { Cursors } from './cursors.ts'
import { createGroup, type Group } from './group.ts'
import { shareRuns } from './shared.ts'

/** One batch as it goes out: the serialised result of executing the operation over it, and the position after it. */
export type Frame = { readonly cursor: string; readonly body: string }

/** One subscriber's end, as its transport offers it. */
export type Sink = {
  deliver(frame: Frame): void
  /** False while what the reader hasn't taken is at its bound: the hub then drops, and says so later with a gap `TOO_SLOW`. */
  ready(): boolean
  /** The hub is done with this subscriber. */
  end(reason: 'shutdown' | 'failed'): void
}

/** A subscription's document, variables and sight, made ready to run. Operations with the same `key` share executions and bytes. */
export type Operation = {
  readonly key: string
  wants(change: Change): boolean
  /** True when `wants` looks at whose a change is; those whose owner isn't known are then looked up first. */
  readonly needsOwners?: boolean
  /** Executes the operation over one batch; answers the ExecutionResult as JSON. */
  render(batch: Batch): Promise<string>
}

/** Delivers the journal to subscribers: one tail, one execution per distinct operation and batch. */
export type Hub = {
  /**
   * Adds a subscriber; with `after` it first gets everything since that cursor. The first frame comes at once, empty if nothing was
   * missed. Answers how to leave. Throws `BadCursor` for a cursor nobody here wrote.
   */
  join(operation: Operation, viewer: Viewer, after: string | null, sink: Sink): Promise<() => void>
  /** The newest offset that the catalog includes and subscribers are told. */
  readonly position: number
  /** Resolves true once the position is at `offset` or beyond, false if it isn't after `waitMs`, or when `signal` aborts. */
  reached(offset: number, waitMs: number, signal?: AbortSignal): Promise<boolean>
  /** How many subscribers there are. */
  readonly size: number
  /** Changes that wait for an execution, over all operations. */
  readonly pending: number
  close(): Promise<void>
}

export type HubOptions = {
  /** The offset up to which the catalog includes everything; the journal's head for an empty one. */
  readonly position?: number
  readonly journal: Journal
  readonly catalog: Catalog
  readonly cursors: Cursors
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'gapGiven' | 'resumed'>
  /** How often a silent subscription gets an empty batch that moves its cursor on. */
  readonly heartbeatMs?: number
  /** The journal can't be followed any more: it was replaced, or something of ours failed. Subscribers have been sent away. */
  readonly onLost?: (error: unknown) => void
}

/** How often a subscriber that was too slow is looked at again. */
const recheckMs = 200
/** How long a page of the journal is kept for others who come back at the same time. */
const sharedMs = 1_000

export async function createHub(options: HubOptions): Promise<Hub> {
  const { journal, catalog, cursors, log, metrics } = options
  const groups = new Map<string, Group>()
  const stopped = new AbortController()
  const waiters = new Set<{ offset: number; done: (isReached: boolean) => void }>()
  const pages = shareRuns<readonly Change[]>(sharedMs)
  const floors = shareRuns<number>(sharedMs)
  // An empty catalog includes everything: whatever it reads from here on is at least as new as the journal's head.
  let position = options.position ?? (await journal.head())

  async function follow(): Promise<void> {
    for await (const changes of journal.tail(position, stopped.signal)) {
      catalog.apply(changes)
      position = changes.at(-1)?.offset ?? position
      for (const waiter of waiters) if (waiter.offset <= position) waiter.done(true)
      for (const group of groups.values()) group.push(changes)
    }
  }

  function groupOf(operation: Operation, viewer: Viewer): Group {
    const known = groups.get(operation.key)
    if (known !== undefined) return known
    const onEmpty = (): void => {
      if (groups.get(operation.key) === group) groups.delete(operation.key)
    }
    const group = createGroup({ operation, viewer, catalog, cursors, log, metrics, position, onEmpty })
    groups.set(operation.key, group)
    return group
  }

  const heartbeat = setInterval(() => {
    for (const group of groups.values()) group.beat()
  }, options.heartbeatMs ?? 15_000)
  const recheck = setInterval(() => {
    for (const group of groups.values()) group.recheck()
  }, recheckMs)

  const following = follow().catch((error: unknown) => {
    log.error({ err: error }, 'the feed lost the journal: subscribers are sent away')
    for (const group of groups.values()) group.end('failed')
    options.onLost?.(error)
  })

  const read = (after: number, limit: number): Promise<readonly Change[]> =>
    pages(`${after}/${limit}`, () => journal.read(after, limit))

  return {
    join: (operation, viewer, after, sink) =>
      catchUp({
        group: groupOf(operation, viewer),
        head: journal.head,
        floor: () => floors('floor', journal.floor),
        read,
        position,
        cursors,
        metrics,
        viewer,
        after,
        sink,
      }),
    get position() {
      return position
    },
    reached(offset, waitMs, signal) {
      if (offset <= position) return Promise.resolve(true)
      const { promise, resolve } = Promise.withResolvers<boolean>()
      const waiter = { offset, done: resolve }
      const giveUp = (): void => resolve(false)
      waiters.add(waiter)
      const timer = setTimeout(giveUp, waitMs)
      signal?.addEventListener('abort', giveUp)
      if (signal?.aborted === true) giveUp()
      return promise.finally(() => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', giveUp)
        waiters.delete(waiter)
      })
    },
    get size() {
      return sum(groups.values(), (group) => group.size)
    },
    get pending() {
      return sum(groups.values(), (group) => group.pending)
    },
    async close() {
      clearInterval(heartbeat)
      clearInterval(recheck)
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
