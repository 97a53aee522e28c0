import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Change, NewChange } from '../model/change.ts'
import { groupCommit } from './group-commit.ts'
import { type Appended, type Entry, type Journal, JournalUnavailable, type SigningKey } from './journal.ts'
import { openDatabase } from './sqlite-schema.ts'
import { createBell, follow } from './tail.ts'

export type SqliteJournalOptions = { readonly file: string; readonly now?: () => Date }

/** Dedupe keys are kept at least this long, whatever happens to the changes. */
const dedupeDays = 30
const dayMs = 86_400_000
const signingKeysKept = 2

/** A journal in one file, for one process. */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<Journal> {
  const now = options.now ?? (() => new Date())
  const db = openDatabase(options.file)
  const bell = createBell()
  const sql = prepare(db)
  const epoch = sql.meta.get('epoch')?.value as string
  let head = Math.max(floorNow(), (sql.head.get()?.head as number | null) ?? 0)

  function floorNow(): number {
    return Number(sql.meta.get('floor')?.value)
  }

  /** Any failure of the database is one of the journal; nothing else is hidden behind it. */
  function guarded<T>(run: () => T): T {
    try {
      return run()
    } catch (error) {
      throw new JournalUnavailable(`The journal could not be used: ${(error as Error).message}.`)
    }
  }

  function inTransaction<T>(run: () => T): T {
    return guarded(() => {
      db.exec('BEGIN IMMEDIATE')
      try {
        const result = run()
        db.exec('COMMIT')
        return result
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw error
      }
    })
  }

  function commit(groups: readonly (readonly Entry[])[]): readonly (readonly Appended[])[] {
    const recordedAt = now().toISOString()
    let offset = head
    const place = (change: NewChange): Change => {
      const placed = { ...known(change), offset: ++offset, recordedAt }
      sql.insert.run(placed.offset, recordedAt, JSON.stringify(known(change)))
      return placed
    }
    const append = ({ dedupeKey, changes }: Entry): Appended => {
      const isNew = dedupeKey === null || sql.see.run(dedupeKey, recordedAt).changes === 1
      return isNew ? { duplicate: false, changes: changes.map(place) } : { duplicate: true, changes: [] }
    }
    const results = inTransaction(() => groups.map((entries) => entries.map(append)))
    head = offset
    bell.ring()
    return results
  }

  const append = groupCommit(commit)

  async function read(after: number, limit: number): Promise<readonly Change[]> {
    const rows = guarded(() => sql.read.all(after, Math.min(limit, Number.MAX_SAFE_INTEGER)))
    return rows.map((row) => ({
      ...(JSON.parse(row.content as string) as NewChange),
      offset: row.offset as number,
      recordedAt: row.recorded_at as string,
    }))
  }

  return {
    epoch,
    append: (entries) => append(entries),
    read,
    head: async () => head,
    floor: async () => guarded(floorNow),
    tail: (after, signal) => follow(after, read, bell, signal),
    async trim(before) {
      const dedupeBefore = new Date(now().getTime() - dedupeDays * dayMs).toISOString()
      return inTransaction(() => {
        const last = sql.lastBefore.get(before)?.last as number | null
        const { changes } = sql.trim.run(last ?? 0)
        if (last !== null) sql.setFloor.run(String(last))
        sql.forgetSeen.run(before < dedupeBefore ? before : dedupeBefore)
        sql.expire.run(now().getTime())
        return Number(changes)
      })
    },
    async remember(key, value, ttlMs) {
      return inTransaction(() => {
        const at = now().getTime()
        sql.expireOne.run(key, at)
        sql.keep.run(key, value, at + ttlMs)
        return sql.recall.get(key, at)?.value as string
      })
    },
    recall: async (key) =>
      guarded(() => (sql.recall.get(key, now().getTime())?.value as string | undefined) ?? null),
    async forget(key) {
      guarded(() => sql.forget.run(key))
    },
    async signingKeys() {
      const rows = guarded(() => sql.signingKeys.all(signingKeysKept))
      return rows.map(
        (row): SigningKey => ({ id: row.id as string, secret: Buffer.from(row.secret as Uint8Array) }),
      )
    },
    async close() {
      bell.ring()
      if (db.isOpen) db.close()
    },
  }
}

/** Only the fields of a change, whatever else hangs on the object: nothing secret gets in by accident. */
function known(change: NewChange): NewChange {
  return {
    subject: change.subject,
    kind: change.kind,
    origin: change.origin,
    occurredAt: change.occurredAt,
    actor: change.actor,
    seamEventId: change.seamEventId,
    acsSystemId: change.acsSystemId,
    acsUserId: change.acsUserId,
    acsEntranceIds: change.acsEntranceIds,
    acsCredentialId: change.acsCredentialId,
    connectedAccountId: change.connectedAccountId,
    connectWebviewId: change.connectWebviewId,
    changedFields: change.changedFields,
    problem: change.problem,
  }
}

function prepare(db: DatabaseSync): Record<Statement, StatementSync> {
  const prepared = Object.entries(statements).map(([name, text]) => [name, db.prepare(text)])
  return Object.fromEntries(prepared) as Record<Statement, StatementSync>
}

type Statement = keyof typeof statements

const statements = {
  meta: 'SELECT value FROM meta WHERE key = ?',
  head: 'SELECT max(offset) AS head FROM changes',
  insert: 'INSERT INTO changes VALUES (?, ?, ?)',
  see: 'INSERT INTO seen VALUES (?, ?) ON CONFLICT DO NOTHING',
  read: 'SELECT offset, recorded_at, content FROM changes WHERE offset > ? ORDER BY offset LIMIT ?',
  lastBefore: 'SELECT max(offset) AS last FROM changes WHERE recorded_at < ?',
  trim: 'DELETE FROM changes WHERE offset <= ?',
  setFloor: "UPDATE meta SET value = ? WHERE key = 'floor'",
  forgetSeen: 'DELETE FROM seen WHERE seen_at < ?',
  keep: 'INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  recall: 'SELECT value FROM kept WHERE key = ? AND expires_at > ?',
  expireOne: 'DELETE FROM kept WHERE key = ? AND expires_at <= ?',
  expire: 'DELETE FROM kept WHERE expires_at <= ?',
  forget: 'DELETE FROM kept WHERE key = ?',
  signingKeys: 'SELECT id, secret FROM signing_keys ORDER BY created_at DESC LIMIT ?',
} as const
