import type { ReportedState } from '../journal.ts'
import type { Statements } from './sqlite-statements.ts'

/** Whether an event reports a state that reconciliation has reported already. */
export function isReportedState(
  sql: Pick<Statements, 'readDedupeKeyTime'>,
  { key, others, isRead, at, isLasting }: ReportedState,
): boolean {
  const readReportedAt = (state: string): number => {
    const row = sql.readDedupeKeyTime.get(state)
    return row === undefined ? Number.NEGATIVE_INFINITY : Date.parse(row.seen_at)
  }
  const reportedAt = readReportedAt(key)
  if (isRead || reportedAt === Number.NEGATIVE_INFINITY) return false
  return reportedAt >= at || (isLasting && others.every((other) => readReportedAt(other) < reportedAt))
}

/** Stores the time of a state that reconciliation reported. An event deletes the times of the object's other states. */
export function recordState(
  sql: Pick<Statements, 'raiseDedupeKeyTime' | 'deleteDedupeKey'>,
  { key, others, isRead, at }: ReportedState,
): void {
  if (isRead) sql.raiseDedupeKeyTime.run(key, new Date(at).toISOString())
  else for (const other of others) sql.deleteDedupeKey.run(other)
}
