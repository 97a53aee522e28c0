import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Change, NewChange } from '../model/change.ts'
import { contentOf, readContent } from './content.ts'
import { createGroupCommit } from './group-commit.ts'
import type { Appended, Entry, Journal, SigningKey } from './journal.ts'
import { createGuard } from './sqlite-guard.ts'
import { openDatabase } from './sqlite-schema.ts'
import { prepareStatements } from './sqlite-statements.ts'
import { createBell, follow } from './tail.ts'

export type SqliteJournalOptions = { readonly file: string; readonly now?: () => Date }

/** Dedupe keys are kept at least this long, whatever happens to the changes. */
const dedupeDays = 30
const dayMs = 86_400_000
const signingKeysKept = 2
/** Rows that one turn of the event loop deletes: trimming a million must not hold up everybody. */
const trimStep = 5_000

/** An entry made ready to be written, so that nothing can go wrong with it in the company of others. */
type Ready = {
  readonly dedupeKey: string | null
  readonly rows: readonly { readonly change: NewChange; readonly content: string }[]
}

/**
 * A journal in one file, for one process: a tail hears only of what its own process appends. Throws `JournalUnavailable` with what to
 * do when the file can't be opened, is damaged, or is of a newer Latchkey.
 */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<Journal> {
  const now = options.now ?? (() => new Date())
  const db = openDatabase(options.file)
  const guard = createGuard(db, options.file)
  const sql = prepareStatements(db)
  const bell = createBell()
  const appends = createGroupCommit(commit)

  const headNow = (): number => guard.run(() => sql.head.get()?.head as number)
  const floorNow = (): number => guard.run(() => sql.floor.get()?.floor as number)

  function commit(groups: readonly (readonly Ready[])[]): readonly (readonly Appended[])[] {
    const recordedAt = now().toISOString()
    const results = guard.transaction(() => {
      let offset = headNow()
      const append = ({ dedupeKey, rows }: Ready): Appended => {
        const isNew = dedupeKey === null || sql.see.run(dedupeKey, recordedAt).changes === 1
        if (!isNew) return { duplicate: true, changes: [] }
        const changes = rows.map(({ change, content }): Change => {
          sql.insert.run(++offset, recordedAt, content)
          return { ...change, offset, recordedAt }
        })
        return { duplicate: false, changes }
      }
      return groups.map((entries) => entries.map(append))
    })
    bell.ring()
    return results
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
    append: async (entries) => appends.add(entries.map(ready)),
    read,
    head: async () => headNow(),
    floor: async () => floorNow(),
    tail: (after, signal) => follow(after, read, bell, signal),
    async trim(before) {
      const beforeMs = Date.parse(before)
      const at = now().getTime()
      const last = guard.run(
        () => sql.lastBefore.get(new Date(beforeMs).toISOString())?.last as number | null,
      )
      const trimmed = last === null ? 0 : await inSteps(() => trimChanges(last))
      await inSteps(() => forgetSeen(new Date(Math.min(beforeMs, at - dedupeDays * dayMs)).toISOString()))
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
    recall: async (key) =>
      guard.run(() => (sql.recall.get(key, now().getTime())?.value as string | undefined) ?? null),
    async forget(key) {
      guard.run(() => sql.forget.run(key))
    },
    async signingKeys() {
      const rows = guard.run(() => sql.signingKeys.all(signingKeysKept))
      return rows.map(
        ({ id, secret }): SigningKey => ({ id: id as string, secret: Buffer.from(secret as Uint8Array) }),
      )
    },
    async close() {
      appends.flush()
      if (db.isOpen) db.close()
      // Tails read on, and find it closed.
      bell.ring()
    },
  }
}

function ready({ dedupeKey, changes }: Entry): Ready {
  const rows = changes.map((each) => {
    const change = contentOf(each)
    return { change, content: JSON.stringify(change) }
  })
  return { dedupeKey, rows }
}

/** Repeats a step, one for each turn of the event loop, until one finds less than its fill; answers their sum. */
async function inSteps(step: () => number): Promise<number> {
  for (let sum = 0; ; await nextTurn()) {
    const count = step()
    sum += count
    if (count < trimStep) return sum
  }
}
