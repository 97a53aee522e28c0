import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { type AuditRecord, type AuditRow, toAuditDetails, toAuditRow } from '../../model/audit.ts'
import type { ApiKeyRecord } from './api-key-store.ts'

/** Returns the name of the operating system's user of this process, or the user's number if there is no name. */
function readOsUser(): string {
  try {
    return userInfo().username
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`
  }
}

/** Creates the audit record of an action on the command line, with the operating system's user as its actor. */
export function createCommandLineAudit(record: Omit<AuditRecord, 'actor' | 'actorKind'>): AuditRow {
  return toAuditRow({ ...record, actor: readOsUser(), actorKind: 'COMMAND_LINE' })
}

/** Creates the audit record for the creation or revocation of an API key, which happens on the command line only. */
export function createApiKeyAudit(
  action: 'keys create' | 'keys revoke',
  key: ApiKeyRecord,
  at: Date,
): AuditRow {
  const { id, name, scopes, graph, expiresAt, acsSystemIds, residentId } = key
  return createCommandLineAudit({
    id: `${action} ${id} ${randomUUID()}`,
    at: at.toISOString(),
    action,
    outcome: 'DONE',
    targetType: 'API_KEY',
    targetId: id,
    acsSystemIds,
    acsUserId: residentId,
    details: toAuditDetails({ name, scopes, graph, expiresAt }),
  })
}
