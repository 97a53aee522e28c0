import { setImmediate as nextTurn } from 'node:timers/promises'
import { type AuditRow, auditSortKey } from '../../model/audit.ts'
import type { Change, NewChange } from '../../model/change.ts'
import { createBoundedClock } from '../bounded-clock.ts'
import {
  type AppendResult,
  assertAge,
  type Entry,
  type Journal,
  type Lease,
  LeaseLost,
  type SigningKey,
  type UntouchedCondition,
} from '../journal.ts'
import {
  generateEpoch,
  generateSigningKey,
  maxSigningKeys,
  minDedupeRetentionMs,
} from '../journal-identity.ts'
import { createRecentChanges, createTailRead } from '../recent-changes.ts'
import { createRecordClock } from '../record-clock.ts'
import { decodeChange, pickChangeFields } from '../record-encoding.ts'
import { countInSteps, searchInSteps } from '../stepwise-search.ts'
import { createAppendSignal, createTail } from '../tail.ts'
import { createConditionChecker } from './append-conditions.ts'
import { createErrorGuard, isSqliteError } from './error-guard.ts'
import { createGroupCommit } from './group-commit.ts'
import { isReportedState, recordState } from './reported-states.ts'
import { openDatabase } from './sqlite-schema.ts'
import { createSqliteSearch } from './sqlite-search.ts'
import { prepareStatements, requireRow } from './sqlite-statements.ts'
import { openStoreClock } from './store-clock.ts'

export type SqliteJournalOptions = {
  readonly file: string
  readonly now?: () => Date
  /** The clock in ms by which leases and stored values expire; `now` if that is given, else the monotonic clock. */
  readonly elapsedMs?: () => number
  /** Whether this machine's clock agrees with another one. Never, by default. */
  readonly isClockTrusted?: () => boolean
  /** Whether a gateway may have the file open at the same time. If so, its leases are not deleted. */
  readonly isShared?: boolean
}

/** Greater than every audit sort key, since these begin with a digit. */
const maxAuditSortKey = 'z'
/** Maximum number of rows that one turn of the event loop deletes. */
const trimBatchSize = 5_000
/** Maximum number of rows that one turn of the event loop reads. */
const readBatchSize = 500

/** An entry that is serialized before it joins a group, so that an invalid one fails alone. */
type PreparedEntry = Omit<Entry, 'changes'> & {
  readonly rows: readonly { readonly change: NewChange; readonly content: string }[]
}

/** One call of `append` with its prepared entries. */
type AppendCall = { readonly entries: readonly PreparedEntry[]; readonly lease: Lease | undefined }

/**
 * Opens a journal in a file, for one gateway: a tail is notified of its own process's appends only, and leases of earlier processes are
 * deleted unless `isShared`. Rejects with `JournalUnavailable`, whose message says what to do, if the file can't be opened, is damaged, or
 * was written by a newer Latchkey.
 */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<Journal> {
  const now = options.now ?? (() => new Date())
  const db = openDatabase(options.file)
  const guard = createErrorGuard(db, options.file)
  const sql = prepareStatements(db)
  const search = createSqliteSearch(db, guard)
  const appendSignal = createAppendSignal()
  const recentChanges = createRecentChanges()
  if (options.isShared !== true) guard.run(() => sql.deleteLeases.run())
  const groupCommit = createGroupCommit(commitCalls)
  const isTrusted = options.isClockTrusted ?? (() => false)
  const boundedNow = createBoundedClock()
  const nowMs = (): number => options.now?.().getTime() ?? (isTrusted() ? Date.now() : boundedNow())
  const nextRecordTime = createRecordClock({
    newestMs: guard.run(() => Date.parse(sql.newestRecordTime.get()?.recorded_at ?? '1970-01-01')),
    nowMs,
    isTrusted,
  })
  const storeClock = openStoreClock({
    sql,
    guard,
    beginMs: now().getTime(),
    elapsedMs: options.elapsedMs ?? (options.now === undefined ? () => performance.now() : nowMs),
  })

  const readHead = (): number => guard.run(() => requireRow(sql.head.get()).head)
  const readFloor = (): number => guard.run(() => requireRow(sql.floor.get()).floor)
  const headAtOpening = readHead()

  function commitCalls(calls: readonly AppendCall[]): readonly (readonly AppendResult[] | LeaseLost)[] {
    const recordedAt = new Date(nextRecordTime()).toISOString()
    const results = guard.transaction(() => {
      let offset = readHead()
      const appendEntries = (
        { dedupeKeys, rows, onlyIf, state }: PreparedEntry,
        isMet: (condition: UntouchedCondition) => boolean,
      ): AppendResult => {
        if (onlyIf !== undefined && !isMet(onlyIf))
          return { isDuplicate: false, changes: [], isOvertaken: true }
        let isKnown = state !== undefined && isReportedState(sql, state)
        // Stores all keys, also after a known one.
        for (const key of new Set(dedupeKeys))
          if (sql.insertDedupeKey.run(key, recordedAt).changes === 0) isKnown = true
        if (isKnown) return { isDuplicate: true, changes: [] }
        if (state !== undefined) recordState(sql, state)
        const changes = rows.map(({ change, content }): Change => {
          sql.insertChange.run(++offset, recordedAt, content)
          return { ...change, offset, recordedAt }
        })
        return { isDuplicate: false, changes }
      }
      return calls.map(({ entries, lease }) => {
        if (lease !== undefined && !isLeaseHeld(lease)) return new LeaseLost(lease)
        const isMet = createConditionCheck(offset)
        return entries.map((entry) => appendEntries(entry, isMet))
      })
    })
    recentChanges.addResults(results)
    appendSignal.notify()
    return results
  }

  const createConditionCheck = (head: number) =>
    createConditionChecker(head, (after) => sql.readContents.all(after, head).map(({ content }) => content))

  const isLeaseHeld = ({ name, holder, token }: Lease): boolean =>
    sql.findHeldLease.get(name, holder, token) !== undefined

  function insertAudit(row: AuditRow | undefined): void {
    if (row !== undefined) sql.insertAudit.run(auditSortKey(row), row.id, row.content)
  }

  async function appendEntries(entries: readonly Entry[], lease?: Lease): Promise<readonly AppendResult[]> {
    const result = await groupCommit.enqueue({ entries: entries.map(prepareEntry), lease })
    if (result instanceof LeaseLost) throw result
    return result
  }

  /** Reads in batches, each in a turn of the event loop of its own, so that a long read does not block other work. */
  async function read(after: number, limit: number): Promise<readonly Change[]> {
    const changes: Change[] = []
    for (let remaining = Math.max(0, limit); ; remaining -= readBatchSize) {
      await nextTurn()
      const position = changes.at(-1)?.offset ?? after
      const rows = guard.run(() => sql.readChanges.all(position, Math.min(readBatchSize, remaining)))
      for (const { content, offset, recorded_at } of rows)
        changes.push(decodeChange(content, offset, recorded_at))
      if (remaining <= readBatchSize || rows.length < readBatchSize) return changes
    }
  }

  const readForTail = createTailRead(recentChanges, read)

  /**
   * Deletes the changes before the first one recorded at or after `before`, and all changes up to the offset `upTo`; at most
   * `trimBatchSize` in total. No change after a recent one counts as old: a clock that ran behind recorded it.
   */
  function trimChanges(before: string, upTo: number): number {
    return guard.transaction(() => {
      const floor = readFloor()
      const maxOffset = Math.min(readHead(), floor + trimBatchSize)
      const firstKept = requireRow(sql.firstSince.get(trimBatchSize, before)).first
      const last = Math.min(maxOffset, Math.max(firstKept === null ? maxOffset : firstKept - 1, upTo))
      if (last <= floor) return 0
      const { changes } = sql.trimChanges.run(last)
      sql.setFloor.run(String(last))
      return Number(changes)
    })
  }

  function trimDedupeKeys(before: string): number {
    return guard.transaction(() => Number(sql.trimDedupeKeys.run(before, trimBatchSize).changes))
  }

  function closeFile(): void {
    try {
      storeClock.save()
    } catch (error) {
      // On a full disk the time since the last write is lost, so stored values expire later.
      if (!isSqliteError(error)) throw error
    } finally {
      db.close()
    }
  }

  return {
    epoch: requireRow(sql.epoch.get()).value,
    termAt: () => '',
    append: appendEntries,
    read,
    search: (criteria, range) => searchInSteps(search, criteria, range),
    count: (criteria, range) => countInSteps(search, criteria, range),
    readHead: async () => readHead(),
    readFloor: async () => readFloor(),
    tail: (after, signal) =>
      createTail(
        after,
        {
          isAtHead: (offset) => db.isOpen && offset >= Math.max(headAtOpening, recentChanges.newestOffset),
          read: readForTail,
          floor: async () => readFloor(),
        },
        appendSignal,
        signal,
      ),
    async trim(olderThanMs, keepAtMost = Number.POSITIVE_INFINITY) {
      assertAge(olderThanMs)
      recentChanges.clear()
      const trimmedAt = options.now?.().getTime() ?? boundedNow()
      const trimmed = await repeatInTurns(() =>
        trimChanges(toTimeText(trimmedAt - olderThanMs), readHead() - keepAtMost),
      )
      await repeatInTurns(() =>
        trimDedupeKeys(toTimeText(trimmedAt - Math.max(olderThanMs, minDedupeRetentionMs))),
      )
      guard.run(() => {
        storeClock.save()
        sql.deleteExpiredValues.run(storeClock.now())
        sql.deleteExpiredLeases.run(storeClock.now())
        // A burst of appends leaves a long write-ahead log; this frees its disk space.
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      })
      return trimmed
    },
    async putValueIfAbsent(key, value, ttlMs, audit) {
      return guard.transaction(() => {
        const nowMs = storeClock.now()
        storeClock.save()
        sql.deleteExpiredValue.run(key, nowMs)
        if (sql.insertValue.run(key, value, nowMs + ttlMs).changes === 1) insertAudit(audit)
        return sql.getValue.get(key, nowMs)?.value ?? value
      })
    },
    async putValue(key, value, ttlMs, lease, audit) {
      guard.transaction(() => {
        if (lease !== undefined && !isLeaseHeld(lease)) throw new LeaseLost(lease)
        storeClock.save()
        sql.putValue.run(key, value, storeClock.now() + ttlMs)
        insertAudit(audit)
      })
    },
    getValue: async (key) => guard.run(() => sql.getValue.get(key, storeClock.now())?.value ?? null),
    async listValues(prefix) {
      const rows = guard.run(() => sql.listValues.all(prefix, prefix, prefix, storeClock.now()))
      return new Map(rows.map(({ key, value }) => [key, value]))
    },
    async deleteValue(key, value, audit) {
      guard.transaction(() => {
        if (value === undefined) sql.deleteValue.run(key)
        else sql.deleteValueIfEqual.run(key, value)
        insertAudit(audit)
      })
    },
    async appendAudit(rows) {
      if (rows.length > 0) guard.transaction(() => rows.forEach(insertAudit))
    },
    async readAudit({ from, to, limit, isNewestFirst }) {
      const statement = isNewestFirst ? sql.readAuditNewestFirst : sql.readAuditOldestFirst
      const rows = guard.run(() => statement.all(from ?? '', to ?? maxAuditSortKey, limit))
      return rows.map(({ place: sortKey, id, content }): AuditRow => {
        const at = sortKey.slice(0, sortKey.indexOf(' '))
        return { at, id, content }
      })
    },
    trimAudit: (before, keepAtMost) =>
      repeatInTurns(() =>
        guard.transaction(() => Number(sql.trimAudit.run(trimBatchSize, before, keepAtMost).changes)),
      ),
    async acquireLease(name, holder, ttlMs) {
      const nowMs = storeClock.now()
      const row = guard.transaction(() => {
        storeClock.save()
        const renewed = sql.renewLease.get(nowMs + ttlMs, name, holder)
        if (renewed !== undefined) return renewed
        sql.deleteExpiredLease.run(name, nowMs)
        if (sql.getLease.get(name, nowMs) !== undefined) return undefined
        const token = requireRow(sql.nextLeaseToken.get()).token
        return sql.insertLease.get(name, holder, token, nowMs + ttlMs)
      })
      return row === undefined ? null : { name, holder, token: row.token }
    },
    async getLease(name) {
      const row = guard.run(() => sql.getLease.get(name, storeClock.now()))
      return row === undefined ? null : { name, holder: row.holder, token: row.token }
    },
    async releaseLease({ name, holder, token }) {
      guard.run(() => sql.releaseLease.run(name, holder, token))
    },
    async listSigningKeys() {
      const rows = guard.run(() => sql.listSigningKeys.all(maxSigningKeys))
      return rows.map(({ id, secret }): SigningKey => ({ id, secret: Buffer.from(secret) }))
    },
    async rotateSigningKey(audit) {
      const { id, secret } = generateSigningKey()
      guard.transaction(() => {
        sql.insertSigningKey.run(id, secret, now().getTime())
        sql.deleteOldSigningKeys.run(maxSigningKeys)
        insertAudit(audit)
      })
    },
    async renewEpoch(audit) {
      guard.transaction(() => {
        sql.setEpoch.run(generateEpoch())
        insertAudit(audit)
      })
    },
    async close() {
      groupCommit.flush()
      if (db.isOpen) closeFile()
      // Wakes tails, whose next read rejects because the journal is closed.
      appendSignal.notify()
    },
  }
}

/** Formats a time as ISO 8601. Times before 1970 become 1970, since `Date` rejects those that are too far back. */
function toTimeText(ms: number): string {
  return new Date(Math.max(0, ms)).toISOString()
}

function prepareEntry({ changes, ...entry }: Entry): PreparedEntry {
  const rows = changes.map((newChange) => {
    const change = pickChangeFields(newChange)
    return { change, content: JSON.stringify(change) }
  })
  return { ...entry, rows }
}

/** Repeats a step, each in a turn of the event loop of its own, until its count is less than `trimBatchSize`. Returns the sum of the counts. */
async function repeatInTurns(step: () => number): Promise<number> {
  for (let sum = 0; ; await nextTurn()) {
    const count = step()
    sum += count
    if (count < trimBatchSize) return sum
  }
}
