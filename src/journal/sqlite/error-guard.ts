import type { DatabaseSync } from 'node:sqlite'
import { runInTransaction } from '../../storage/sqlite-transaction.ts'
import { JournalUnavailable } from '../journal.ts'

/** Runs work on a database, and converts SQLite's errors to `JournalUnavailable`. */
export type ErrorGuard = {
  run<T>(work: () => T): T
  /** Runs work in a transaction, which is rolled back if the work throws. */
  transaction<T>(work: () => T): T
}

/** Error codes of node:sqlite for errors of SQLite (disk full, read-only, I/O) and for a closed database. */
const sqliteErrorCodes = ['ERR_SQLITE_ERROR', 'ERR_INVALID_STATE']

/** Whether SQLite caused an error. */
export function isSqliteError(error: unknown): boolean {
  const { code } = error as { code?: string }
  return code !== undefined && sqliteErrorCodes.includes(code)
}

export function createErrorGuard(db: DatabaseSync, file: string): ErrorGuard {
  /** Rethrows all other errors unchanged: as `JournalUnavailable`, a bug would only make callers retry. */
  function run<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (!isSqliteError(error)) throw error
      const { message } = error as Error
      throw new JournalUnavailable(`The journal ${file} can't be used: ${message}.`, { cause: error })
    }
  }

  return {
    run,
    transaction: (work) => run(() => runInTransaction(db, work)),
  }
}
