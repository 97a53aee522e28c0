import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Change, NewChange } from '../model/change.ts'
import { contentOf, readContent } from './content.ts'
import { createGroupCommit } from './group-commit.ts'
import { dedupeMs, newEpoch, newSigningKey, signingKeysKept } from './identity.ts'
import { type Appended, type Entry, type Journal, type Lease, LeaseLost, type SigningKey } from './journal.ts'
import { createGuard } from './sqlite-guard.ts'
import { openDatabase } from './sqlite-schema.ts'
import { prepareStatements } from './sqlite-statements.ts'
import { createBell, follow } from './tail.ts'

export type SqliteJournalOptions = { readonly file: string; readonly now?: () => Date }

/** Rows that one turn of the event loop deletes: trimming a million must not hold up everybody. */
const trimStep = 5_000

/** An entry made ready to be written, so that nothing can go wrong with it in the company of others. */
type Ready = {
  readonly dedupeKeys: readonly string[]
  readonly rows: readonly { readonly change: NewChange; readonly content: string }[]
}

/** One call of `append`, made ready. */
type Call = { readonly entries: readonly Ready[]; readonly lease: Lease | undefined }

/** The newest offset in a file that another process may be using. Throws `JournalUnavailable` as opening does. */
export function headOfFile(file: string): number {
  const db = openDatabase(file)
  try {
    return createGuard(db, file).run(() => prepareStatements(db).head.get()?.head as number)
  } finally {
    db.close()
  }
}

/**
 * A journal in one file, for one process: a tail hears only of what its own process appends, and whoever had a lease before is gone.
 * Throws `JournalUnavailable` with what to do when the file can't be opened, is damaged, or is of a newer Latchkey.
 */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<Journal> {
  const now = options.now ?? (() => new Date())
  const db = openDatabase(options.file)
  const guard = createGuard(db, options.file)
  const sql = prepareStatements(db)
  const bell = createBell()
  guard.run(() => sql.endLeases.run())
  const appends = createGroupCommit(commit)

  const headNow = (): number => guard.run(() => sql.head.get()?.head as number)
  const floorNow = (): number => guard.run(() => sql.floor.get()?.floor as number)

  function commit(calls: readonly Call[]): readonly (readonly Appended[] | LeaseLost)[] {
    const recordedAt = now().toISOString()
    const results = guard.transaction(() => {
      let offset = headNow()
      const append = ({ dedupeKeys, rows }: Ready): Appended => {
        const isKnown = dedupeKeys.some((key) => sql.isSeen.get(key) !== undefined)
        for (const key of dedupeKeys) sql.see.run(key, recordedAt)
        if (isKnown) return { duplicate: true, changes: [] }
        const changes = rows.map(({ change, content }): Change => {
          sql.insert.run(++offset, recordedAt, content)
          return { ...change, offset, recordedAt }
        })
        return { duplicate: false, changes }
      }
      return calls.map(({ entries, lease }) =>
        lease === undefined || holds(lease) ? entries.map(append) : new LeaseLost(lease),
      )
    })
    bell.ring()
    return results
  }

  const holds = ({ name, holder, token }: Lease): boolean =>
    sql.holdsLease.get(name, holder, token) !== undefined

  async function append(entries: readonly Entry[], lease?: Lease): Promise<readonly Appended[]> {
    const result = await appends.add({ entries: entries.map(ready), lease })
    if (result instanceof LeaseLost) throw result
    return result
  }

  async function read(after: number, limit: number): Promise<readonly Change[]> {
    const rows = guard.run(() => sql.read.all(after, Math.max(0, limit)))
    return rows.map(({ content, offset, recorded_at }) =>
      readContent(content as string, offset as number, recorded_at as string),
    )
  }

  /** Offsets are dense, so the floor after a step is known before it. */
  function trimChanges(last: number): number {
    return guard.transaction(() => {
      const floor = Math.min(last, floorNow() + trimStep)
      const { changes } = sql.trim.run(floor)
      sql.setFloor.run(String(floor))
      return Number(changes)
    })
  }

  function forgetSeen(before: string): number {
    return guard.transaction(() => Number(sql.forgetSeen.run(before, trimStep).changes))
  }

  return {
    epoch: sql.epoch.get()?.value as string,
    append,
    read,
    head: async () => headNow(),
    floor: async () => floorNow(),
    tail: (after, signal) => follow(after, read, bell, signal),
    async trim(before, keepAtMost = Number.POSITIVE_INFINITY) {
      const beforeMs = Date.parse(before)
      const at = now().getTime()
      const lastBefore = guard.run(
        () => sql.lastBefore.get(new Date(beforeMs).toISOString())?.last as number | null,
      )
      const last = Math.max(lastBefore ?? 0, headNow() - keepAtMost)
      const trimmed = last <= floorNow() ? 0 : await inSteps(() => trimChanges(last))
      await inSteps(() => forgetSeen(new Date(Math.min(beforeMs, at - dedupeMs)).toISOString()))
      guard.run(() => sql.expire.run(at))
      return trimmed
    },
    async remember(key, value, ttlMs) {
      return guard.transaction(() => {
        const at = now().getTime()
        sql.expireOne.run(key, at)
        sql.keep.run(key, value, at + ttlMs)
        return (sql.recall.get(key, at)?.value as string | undefined) ?? value
      })
    },
    async replace(key, value, ttlMs, lease) {
      guard.transaction(() => {
        if (lease !== undefined && !holds(lease)) throw new LeaseLost(lease)
        sql.replace.run(key, value, now().getTime() + ttlMs)
      })
    },
    recall: async (key) =>
      guard.run(() => (sql.recall.get(key, now().getTime())?.value as string | undefined) ?? null),
    async recallAll(prefix) {
      const rows = guard.run(() => sql.recallAll.all(prefix, prefix, prefix, now().getTime()))
      return new Map(rows.map(({ key, value }) => [key as string, value as string]))
    },
    async forget(key) {
      guard.run(() => sql.forget.run(key))
    },
    async lease(name, holder, ttlMs) {
      const at = now().getTime()
      const row = guard.run(() => sql.lease.get(name, holder, at + ttlMs, at))
      return row === undefined ? null : { name, holder, token: row.token as number }
    },
    async release({ name, holder, token }) {
      guard.run(() => sql.release.run(name, holder, token))
    },
    async signingKeys() {
      const rows = guard.run(() => sql.signingKeys.all(signingKeysKept))
      return rows.map(
        ({ id, secret }): SigningKey => ({ id: id as string, secret: Buffer.from(secret as Uint8Array) }),
      )
    },
    async rotateSigningKey() {
      const { id, secret } = newSigningKey()
      guard.transaction(() => {
        sql.addSigningKey.run(id, secret, now().getTime())
        sql.dropSigningKeys.run(signingKeysKept)
      })
    },
    async renew() {
      guard.run(() => sql.renew.run(newEpoch()))
    },
    async close() {
      appends.flush()
      if (db.isOpen) db.close()
      // Tails read on, and find it closed.
      bell.ring()
    },
  }
}

function ready({ dedupeKeys, changes }: Entry): Ready {
  const rows = changes.map((each) => {
    const change = contentOf(each)
    return { change, content: JSON.stringify(change) }
  })
  return { dedupeKeys, rows }
}

/** Repeats a step, one for each turn of the event loop, until one finds less than its fill; answers their sum. */
async function inSteps(step: () => number): Promise<number> {
  for (let sum = 0; ; await nextTurn()) {
    const count = step()
    sum += count
    if (count < trimStep) return sum
  }
}
