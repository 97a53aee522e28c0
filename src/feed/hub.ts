import type { Viewer } from '../auth/viewer.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Journal } from '../journal/journal.ts'
import type { Logger } from '../log.ts'
import type { Change } from '../model/change.ts'
import type { Batch } from './batch.ts'
import { catchUp } from './catch-up.ts'
import type { Cursors } from './cursors.ts'
import { createGroup, type Group } from './group.ts'

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
  /** How many subscribers there are. */
  readonly size: number
  close(): Promise<void>
}

export type HubOptions = {
  readonly journal: Journal
  readonly catalog: Catalog
  readonly cursors: Cursors
  readonly log: Logger
  /** How often a silent subscription gets an empty batch that moves its cursor on. */
  readonly heartbeatMs?: number
}

/** How often a subscriber that was too slow is looked at again. */
const recheckMs = 200

export async function createHub(options: HubOptions): Promise<Hub> {
  const { journal, catalog, cursors, log } = options
  const groups = new Map<string, Group>()
  const stopped = new AbortController()
  // The catalog is empty now: whatever it reads from here on includes everything the journal holds.
  let position = await journal.head()

  async function follow(): Promise<void> {
    for await (const changes of journal.tail(position, stopped.signal)) {
      catalog.apply(changes)
      position = changes.at(-1)?.offset ?? position
      for (const group of groups.values()) group.push(changes)
    }
  }

  function groupOf(operation: Operation, viewer: Viewer): Group {
    const known = groups.get(operation.key)
    if (known !== undefined) return known
    const onEmpty = (): void => {
      if (groups.get(operation.key) === group) groups.delete(operation.key)
    }
    const group = createGroup({ operation, viewer, catalog, cursors, log, position, onEmpty })
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
    log.fatal({ err: error }, 'the feed lost the journal: subscribers are sent away')
    for (const group of groups.values()) group.end('failed')
  })

  return {
    join: (operation, viewer, after, sink) =>
      catchUp({ group: groupOf(operation, viewer), journal, cursors, viewer, after, sink }),
    get position() {
      return position
    },
    get size() {
      return [...groups.values()].reduce((sum, group) => sum + group.size, 0)
    },
    async close() {
      clearInterval(heartbeat)
      clearInterval(recheck)
      stopped.abort()
      for (const group of groups.values()) group.end('shutdown')
      await following
    },
  }
}
