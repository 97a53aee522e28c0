import { isClockTrusted } from './bounded-clock.ts'
import type { Journal } from './journal.ts'

export type Retention = {
  /** How long changes are kept, in ms. */
  readonly keptMs: number
  /** Maximum number of changes. */
  readonly keepAtMost: number
  /** Limits of audit records. */
  readonly audit: { readonly keptMs: number; readonly keepAtMost: number }
  /** Returns how far this machine's clock is ahead of another one, in ms, or `null` while that is unknown. */
  readonly getClockLeadMs: () => number | null
}

/**
 * Trims a journal and its audit trail. Resolves with the number of deleted changes. Retention by age applies only while a second clock agrees:
 * a machine that starts with its clock a year ahead must not delete a month of changes. Otherwise only the number counts.
 */
export async function trimJournal(
  journal: Pick<Journal, 'trim' | 'trimAudit'>,
  retention: Retention,
): Promise<number> {
  const { getClockLeadMs, keepAtMost, keptMs, audit } = retention
  const isTrusted = isClockTrusted(getClockLeadMs())
  const auditCutoff = isTrusted ? new Date(Date.now() - audit.keptMs).toISOString() : ''
  await journal.trimAudit(auditCutoff, audit.keepAtMost)
  return journal.trim(isTrusted ? keptMs : Number.MAX_SAFE_INTEGER, keepAtMost)
}
