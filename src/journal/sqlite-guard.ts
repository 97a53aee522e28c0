import type { DatabaseSync } from 'node:sqlite'
import { JournalUnavailable } from './journal.ts'

/** Ways to use a database so that its failures come out as `JournalUnavailable`. */
export type Guard = {
  run<T>(use: () => T): T
  /** All of it or none: rolls back whatever failed. */
  transaction<T>(use: () => T): T
}

/** What node:sqlite throws when SQLite refuses (disk full, read-only, I/O), and when the database is closed. */
const codes = ['ERR_SQLITE_ERROR', 'ERR_INVALID_STATE']

export function createGuard(db: DatabaseSync, file: string): Guard {
  /** A mistake of ours isn't hidden behind the database's failures: the caller would only try again. */
  function run<T>(use: () => T): T {
    try {
      return use()
    } catch (error) {
      const { code, message } = error as Error & { code?: string }
      if (code === undefined || !codes.includes(code)) throw error
      throw new JournalUnavailable(`The journal ${file} can't be used: ${message}.`, { cause: error })
    }
  }

  return {
    run,
    transaction: (use) =>
      run(() => {
        db.exec('BEGIN IMMEDIATE')
        try {
          const result = use()
          db.exec('COMMIT')
          return result
        } catch (error) {
          // A full disk has rolled back by itself.
          if (db.isTransaction) db.exec('ROLLBACK')
          throw error
        }
      }),
  }
}
