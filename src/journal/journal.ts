import type { Change, NewChange } from '../model/change.ts'

/**
 * What is appended as one: all of it or none. It is a duplicate when any of its keys is known, and then all of them are: an event has
 * Seam's `event_id`, and what is told in several ways has a key that all of them name.
 */
export type Entry = { readonly dedupeKeys: readonly string[]; readonly changes: readonly NewChange[] }

/** What became of an entry: the changes as they stand in the journal, or nothing because it was there already. */
export type Appended = { readonly duplicate: boolean; readonly changes: readonly Change[] }

/**
 * The durable, totally ordered log of changes of one workspace. A change is in it or it did not happen.
 * Offsets are dense integers from 1 within an epoch; a journal that was replaced has another epoch.
 */
export type Journal = {
  readonly epoch: string
  /**
   * Resolves once everything is durable; entries of one call stand in the given order. Rejects with `JournalUnavailable`, and with
   * `LeaseLost` when the lease that it's done under is another's by now.
   */
  append(entries: readonly Entry[], lease?: Lease): Promise<readonly Appended[]>
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
  /**
   * Forgets changes recorded before `before` (ISO 8601), and the oldest of more than `keepAtMost`; dedupe keys when they are older
   * than both `before` and 30 days. Answers how many changes.
   */
  trim(before: string, keepAtMost?: number): Promise<number>
  /** Keeps a value under a key for `ttlMs`, unless one is there: then that one comes back instead. */
  remember(key: string, value: string, ttlMs: number): Promise<string>
  /** Keeps a value under a key for `ttlMs`, in place of what is there. Rejects with `LeaseLost` as `append` does. */
  replace(key: string, value: string, ttlMs: number, lease?: Lease): Promise<void>
  recall(key: string): Promise<string | null>
  /** All values whose key begins with `prefix`, by key. For a few hundred of them, not on every request. */
  recallAll(prefix: string): Promise<ReadonlyMap<string, string>>
  forget(key: string): Promise<void>
  /** Takes a lease for `ttlMs` from now, or renews the one that `holder` has; `null` while it is another's. */
  lease(name: string, holder: string, ttlMs: number): Promise<Lease | null>
  /** Gives a lease back; one that is another's by now stays. */
  release(lease: Lease): Promise<void>
  /** The secrets that sign cursors, shared by all who use this store; `id` names one in the cursor. */
  signingKeys(): Promise<readonly SigningKey[]>
  /** Adds a secret, which signs from now on; the one before it still verifies, older ones no more. */
  rotateSigningKey(): Promise<void>
  /**
   * Begins a new epoch over what is there: for a journal that was put back from a backup, which would give offsets out a second time.
   * Whoever has it open must open it anew.
   */
  renew(): Promise<void>
  /** Commits what waits, then closes: whatever comes later is refused with `JournalUnavailable`. */
  close(): Promise<void>
}

/** The right to do what one process at a time does. `token` is greater each time that it goes to another holder. */
export type Lease = { readonly name: string; readonly holder: string; readonly token: number }

/** The first of a list signs; all of them verify. */
export type SigningKey = { readonly id: string; readonly secret: Buffer }

/**
 * The store could not be written or read. In a file, nothing of the call was kept; over a network that ended in the middle something
 * may have been: done again with the same keys, it's there once.
 */
export class JournalUnavailable extends Error {
  readonly code = 'JOURNAL_UNAVAILABLE'
  override readonly name: string = 'JournalUnavailable'
}

/** The journal that was opened is no more: another one stands in its place, to be opened anew. Everything of this one fails. */
export class JournalReplaced extends JournalUnavailable {
  override readonly name = 'JournalReplaced'
}

/** Somebody else holds the lease by now; nothing of the call was kept. */
export class LeaseLost extends Error {
  readonly code = 'LEASE_LOST'
  override readonly name = 'LeaseLost'

  constructor({ name }: Lease) {
    super(`The lease "${name}" went to another process.`)
  }
}
