import type { DatabaseSync } from 'node:sqlite'

/** Runs work in a transaction that other connections cannot write in, and rolls it back if the work throws. */
export function runInTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite rolls back by itself if the disk is full.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
