import type { ErrorGuard } from './error-guard.ts'
import { requireRow, type Statements } from './sqlite-statements.ts'

/** The clock by which a file's leases and stored values expire. */
export type StoreClock = {
  /** Returns the time in ms, on one scale for all processes that have used the file. */
  now(): number
  /** Stores the time in the file, where the next process continues. */
  save(): void
}

export type StoreClockOptions = {
  readonly sql: Pick<Statements, 'initializeStoreTime' | 'storeTime' | 'saveStoreTime'>
  readonly guard: ErrorGuard
  /** A monotonic clock in ms; only differences count. */
  readonly elapsedMs: () => number
  /** The initial time of a file without one. It is the wall clock's, since older files store expiries by the wall clock. */
  readonly beginMs: number
}

/**
 * Opens a file's clock. It follows the monotonic clock while a process has the file open, so no step of the wall clock, before or after a
 * start, expires a lease or an idempotency key. It stands still while no process has the file open, so a value may be stored for longer than
 * its `ttlMs`, but never for less.
 */
export function openStoreClock({ sql, guard, elapsedMs, beginMs }: StoreClockOptions): StoreClock {
  const startMs = guard.run(() => {
    sql.initializeStoreTime.run(String(Math.round(beginMs)))
    return requireRow(sql.storeTime.get()).ms
  })
  const openedAt = elapsedMs()
  const now = (): number => Math.round(startMs + elapsedMs() - openedAt)
  return { now, save: () => void sql.saveStoreTime.run(now()) }
}
