import type { Viewer } from '../auth/viewer.ts'
import type { Change } from '../model/change.ts'
import type { Batch } from './batch.ts'

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
  /** Executes the operation over one batch; answers the ExecutionResult as JSON. */
  render(batch: Batch): Promise<string>
}

/** Delivers the journal to subscribers: one tail, one execution per distinct operation and batch. */
export type Hub = {
  /**
   * Adds a subscriber; with `after` it first gets everything since that cursor. Answers how to leave.
   * Throws `BadCursor` for a cursor nobody here wrote.
   */
  join(operation: Operation, viewer: Viewer, after: string | null, sink: Sink): Promise<() => void>
  /** The newest offset that the catalog includes and subscribers were told. */
  readonly position: number
  close(): Promise<void>
}
