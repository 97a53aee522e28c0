import { randomUUID } from 'node:crypto'
import { createCommandLineAudit } from '../auth/api-keys/api-key-audit.ts'
import type { AuditOutcome, AuditRow } from '../model/audit.ts'

/** Creates the audit record of a command that changes the journal. */
export function createJournalAudit(
  action: string,
  outcome: AuditOutcome = 'DONE',
  details: Readonly<Record<string, string>> = {},
): AuditRow {
  return createCommandLineAudit({
    id: `${action} ${randomUUID()}`,
    at: new Date().toISOString(),
    action,
    outcome,
    targetType: 'JOURNAL',
    targetId: null,
    acsSystemIds: null,
    acsUserId: null,
    details,
  })
}
