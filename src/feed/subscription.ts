import type { Change } from '../model/change.ts'
import type { ChangeFilter } from '../model/change-filter.ts'

export type GapReason = 'TOO_SLOW' | 'EXPIRED' | 'JOURNAL_REPLACED' | 'SIGHT_CHANGED'

/** Changes are missing before a batch; the client must fetch again. `missed` is their number, or `null` if it is unknown. */
export type Gap = { readonly reason: GapReason; readonly missed: number | null }

/** One delivery of a subscription. `cursor` is the position after it, also if `changes` is empty. */
export type Batch = { readonly cursor: string; readonly gap: Gap | null; readonly changes: readonly Change[] }

/** A batch as it is sent: the serialised result of the operation, and the position after it. */
export type RenderedBatch = { readonly cursor: string; readonly body: string }

/** Receives the batches of one subscriber; implemented by its transport. */
export type SubscriberSink = {
  deliver(batch: RenderedBatch): void
  /** Returns `false` while the unread bytes of the reader are at their limit. The hub then skips batches, and sends a `TOO_SLOW` gap later. */
  isReady(): boolean
  /** Called once when the hub ends the subscription. */
  end(reason: 'shutdown' | 'failed'): void
}

/** A subscription's document, variables and access scope. Operations with the same `key` share executions and bytes. */
export type SubscriptionOperation = {
  readonly key: string
  readonly filter: ChangeFilter
  /** Maximum number of changes per execution: fewer for expensive operations. Default: 500. */
  readonly maxChangesPerBatch?: number
  /** Executes the operation for one batch. Resolves to the `ExecutionResult` as JSON. */
  render(batch: Batch): Promise<string>
}
