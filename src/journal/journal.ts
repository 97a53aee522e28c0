import type { Change, NewChange } from '../model/change.ts'

/** What is appended as one: all of it or none, and once for each `dedupeKey` (Seam's `event_id`, for events). */
export type Entry = { readonly dedupeKey: string | null; readonly changes: readonly NewChange[] }

/** What became of an entry: the changes as they stand in the journal, or nothing because it was there already. */
export type Appended = { readonly duplicate: boolean; readonly changes: readonly Change[] }

/**
 * The durable, totally ordered log of changes of one workspace. A change is in it or it did not happen.
 * Offsets are dense integers from 1 within an epoch; a journal that was replaced has another epoch.
 */
export type Journal = {
  readonly epoch: string
  /** Resolves once everything is durable; entries of one call stand in the given order. Rejects with `JournalUnavailable`. */
  append(entries: readonly Entry[]): Promise<readonly Appended[]>
  /** Up to `limit` changes with an offset greater than `after`, in order. */
  read(after: number, limit: number): Promise<readonly Change[]>
  /** The newest offset; 0 in an empty journal. */
  head(): Promise<number>
  /** The smallest offset from which nothing is missing: a reader `after` less than this has lost changes to retention. */
  floor(): Promise<number>
  /**
   * Batches of at most 500 changes after `after`, as they come, until `signal` aborts. Offsets are dense: a batch that begins later
   * than expected says that retention took what is between. Throws `JournalUnavailable` once the journal is closed.
   */
  tail(after: number, signal: AbortSignal): AsyncIterable<readonly Change[]>
  /** Forgets changes recorded before `before` (ISO 8601) and dedupe keys older than both it and 30 days; answers how many changes. */
  trim(before: string): Promise<number>
  /** Keeps a value under a key for `ttlMs`, unless one is there: then that one comes back instead. */
  remember(key: string, value: string, ttlMs: number): Promise<string>
  recall(key: string): Promise<string | null>
  forget(key: string): Promise<void>
  /** The secrets that sign cursors, shared by all who use this store; `id` names one in the cursor. */
  signingKeys(): Promise<readonly SigningKey[]>
  /** Commits what waits, then closes: whatever comes later is refused with `JournalUnavailable`. */
  close(): Promise<void>
}

/** The first of a list signs; all of them verify. */
export type SigningKey = { readonly id: string; readonly secret: Buffer }

/** The store could not be written or read; nothing of the call was kept. */
export class JournalUnavailable extends Error {
  readonly code = 'JOURNAL_UNAVAILABLE'
  override readonly name = 'JournalUnavailable'
}
