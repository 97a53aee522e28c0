import type { AuditRow } from '../model/audit.ts'
import type { Change, NewChange } from '../model/change.ts'
import type { ChangeCriteria } from '../model/change-filter.ts'
import { dayMs } from '../model/time.ts'
import type { OffsetRange, SearchRange, SearchResult } from './stepwise-search.ts'
import type { TailBatch } from './tail.ts'

/**
 * Changes that are appended atomically. An entry is a duplicate if any of its dedupe keys is known; all its keys are known from then on.
 * An event's key is Seam's `event_id`. What several sources may report has an additional key that all of them use.
 */
export type Entry = {
  readonly dedupeKeys: readonly string[]
  readonly changes: readonly NewChange[]
  /** Appends the entry only if no newer change is about the same objects. */
  readonly onlyIf?: UntouchedCondition
  /** A state that reconciliation may report before the event arrives, which makes the event a duplicate. */
  readonly state?: ReportedState
}

/** A state of an object, such as a connection that is down. */
export type ReportedState = {
  readonly key: string
  /** Keys of the other states of the same object. */
  readonly others: readonly string[]
  /** `true` if reconciliation read the state, `false` if an event reported it. */
  readonly isRead: boolean
  /** When it was read, or when the event occurred, in ms since 1970. */
  readonly at: number
  /** Whether the state lasts until one of `others` is reported, so that a repeated report is a duplicate. */
  readonly isLasting: boolean
}

/** The condition that no change after an offset is about one of these objects. Changes of the same call do not count. */
export type UntouchedCondition = { readonly after: number; readonly ids: readonly string[] }

/** The result of one entry: the changes as recorded; none for a duplicate. */
export type AppendResult = {
  readonly isDuplicate: boolean
  readonly changes: readonly Change[]
  /** The condition failed, or it spans more than `maxConditionChanges` changes. Nothing was appended, and no dedupe key was stored. */
  readonly isOvertaken?: true
}

/** Maximum number of changes after a condition's offset that an append checks. */
export const maxConditionChanges = 1_000

/**
 * The durable, totally ordered log of one workspace's changes. Offsets are dense integers from 1 within an epoch; a journal that was
 * replaced has another epoch.
 */
export type Journal = {
  readonly epoch: string
  /**
   * Returns the id of the term in which an offset was appended. A term is the run of changes that one server appended as one master: two
   * journals of one epoch with the same term at the same offset are equal up to there. Empty in a journal that only one process writes,
   * and for offsets older than terms. `null` beyond the newest offset that this process knows, which `readHead` updates.
   */
  termAt(offset: number): string | null
  /**
   * Appends entries in the given order. Resolves once all of them are durable. Rejects with `JournalUnavailable`, and with `LeaseLost` if
   * `lease` is no longer held.
   */
  append(entries: readonly Entry[], lease?: Lease): Promise<readonly AppendResult[]>
  /** Returns up to `limit` changes with an offset greater than `after`, in order. */
  read(after: number, limit: number): Promise<readonly Change[]>
  /** Finds the changes in a range that meet the criteria. Works in bounded steps, each in a turn of the event loop of its own. */
  search(criteria: ChangeCriteria, range: SearchRange): Promise<SearchResult>
  /** Counts the changes in a range that meet the criteria, in steps as `search` does. The range must not contain trimmed changes. */
  count(criteria: ChangeCriteria, range: OffsetRange): Promise<number>
  /** Returns the newest offset; 0 in an empty journal. */
  readHead(): Promise<number>
  /** Returns the smallest offset after which no change was trimmed. A reader whose position is smaller has missed changes. */
  readFloor(): Promise<number>
  /**
   * Yields batches of at most 500 changes after `after`, as they are appended, until `signal` aborts. A batch of the kind `hole` reports
   * changes that were trimmed before they were read. Throws `JournalUnavailable` once the journal is closed.
   */
  tail(after: number, signal: AbortSignal): AsyncIterable<TailBatch>
  /**
   * Deletes changes recorded more than `olderThanMs` ago, and the oldest changes beyond `keepAtMost`. Deletes dedupe keys that are older than
   * `olderThanMs` and 30 days. An age counts only if both this process's clock and the store's say so. Resolves with the number of
   * deleted changes. Rejects with a `RangeError` if `olderThanMs` is negative or not a number.
   */
  trim(olderThanMs: number, keepAtMost?: number): Promise<number>
  /**
   * Stores a value under a key for `ttlMs`, unless the key has one. Resolves with the stored value. The audit record is written in the same
   * transaction, and only together with a new value.
   */
  putValueIfAbsent(key: string, value: string, ttlMs: number, audit?: AuditRow): Promise<string>
  /**
   * Stores a value under a key for `ttlMs`, replacing any other, and the audit record in the same transaction. Rejects with `LeaseLost` if
   * `lease` is no longer held.
   */
  putValue(key: string, value: string, ttlMs: number, lease?: Lease, audit?: AuditRow): Promise<void>
  getValue(key: string): Promise<string | null>
  /** Returns all values whose key begins with `prefix`, by key. Meant for a few hundred values, and not for every request. */
  listValues(prefix: string): Promise<ReadonlyMap<string, string>>
  /** Deletes a value; if `value` is given, only if it is the stored one. The audit record is written in any case, in the same transaction. */
  deleteValue(key: string, value?: string, audit?: AuditRow): Promise<void>
  /** Stores audit records. A record whose id is stored already is skipped. */
  appendAudit(rows: readonly AuditRow[]): Promise<void>
  /** Returns the audit records of a range, oldest or newest first. */
  readAudit(range: AuditRange): Promise<readonly AuditRow[]>
  /** Deletes audit records from before a time (ISO 8601), and the oldest beyond `keepAtMost`. Resolves with the number of deleted records. */
  trimAudit(before: string, keepAtMost: number): Promise<number>
  /** Acquires a lease for `ttlMs` from now, or renews it for its holder. Resolves to `null` while another holder has it. */
  acquireLease(name: string, holder: string, ttlMs: number): Promise<Lease | null>
  /** Returns the current lease with its holder, or `null` if nobody holds it. */
  getLease(name: string): Promise<Lease | null>
  /** Releases a lease. Has no effect if another holder has acquired it since. */
  releaseLease(lease: Lease): Promise<void>
  /** Returns the keys that sign cursors, the newest first. All processes that use this store share them. */
  listSigningKeys(): Promise<readonly SigningKey[]>
  /** Adds a signing key, which signs from now on. The previous one still verifies; older ones are deleted. */
  rotateSigningKey(audit?: AuditRow): Promise<void>
  /**
   * Begins a new epoch and keeps all changes. For a journal restored from a backup, which would otherwise assign offsets a second time.
   * Processes that have the journal open must open it again.
   */
  renewEpoch(audit?: AuditRow): Promise<void>
  /** Commits waiting appends, then closes. Later calls reject with `JournalUnavailable`. */
  close(): Promise<void>
}

/** A range of the audit trail. Its ends are sort keys (`auditSortKey`), both exclusive; `null` means no limit. */
export type AuditRange = {
  readonly from: string | null
  readonly to: string | null
  readonly limit: number
  readonly isNewestFirst: boolean
}

/** A `ttlMs` for values that do not expire. */
export const foreverMs = 100 * 365 * dayMs

/** Throws a `RangeError` unless the argument is an age in milliseconds: a number that is not negative. */
export function assertAge(olderThanMs: number): void {
  if (!(olderThanMs >= 0))
    throw new RangeError(
      `The age must be a number of milliseconds that is not negative, but it is ${olderThanMs}.`,
    )
}

/** A lease. `token` is a fencing token: it is greater each time that the lease has a new holder. */
export type Lease = { readonly name: string; readonly holder: string; readonly token: number }

/** A key that signs cursors. `id` identifies it in the cursor. */
export type SigningKey = { readonly id: string; readonly secret: Buffer }

/**
 * The store could not be read or written. In a file, nothing of the call was stored. Over a network, a call whose connection broke may have
 * been stored: repeated with the same dedupe keys, it is stored once.
 */
export class JournalUnavailable extends Error {
  readonly code = 'JOURNAL_UNAVAILABLE'
  override readonly name: string = 'JournalUnavailable'
}

/** Another journal has replaced the one that was opened. All calls fail; the journal must be opened again. */
export class JournalReplaced extends JournalUnavailable {
  override readonly name = 'JournalReplaced'
}

/** Another process holds the lease. Nothing of the call was stored. */
export class LeaseLost extends Error {
  readonly code = 'LEASE_LOST'
  override readonly name = 'LeaseLost'

  constructor({ name }: Lease) {
    super(`The lease "${name}" is held by another process now, so nothing was written.`)
  }
}
