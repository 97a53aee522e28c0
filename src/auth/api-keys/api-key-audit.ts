import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { type AuditRecord, type AuditRow, toAuditDetails, toAuditRow } from '../../model/audit.ts'
import type { ApiKeyActor, ApiKeyRecord } from './api-key-store.ts'

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
  return toAuditRow({ ...record, ...readCommandLineActor() })
}

/** Returns the operating system's user of this process as the actor. */
export const readCommandLineActor = (): ApiKeyActor => ({ actor: readOsUser(), actorKind: 'COMMAND_LINE' })

const actionNames = {
  create: { mutation: 'createApiKey', commandLine: 'keys create' },
  narrow: { mutation: 'updateApiKey', commandLine: 'keys narrow' },
  revoke: { mutation: 'revokeApiKey', commandLine: 'keys revoke' },
} as const

/** Creates the audit record for an action on an API key. */
export function createApiKeyAudit(
  operation: keyof typeof actionNames,
  key: ApiKeyRecord,
  by: ApiKeyActor,
  at: Date,
  details: Readonly<Record<string, unknown>> = {},
): AuditRow {
  const { id, name, scopes, graph, expiresAt, acsSystemIds, residentId } = key
  const names = actionNames[operation]
  const action = by.actorKind === 'COMMAND_LINE' ? names.commandLine : names.mutation
  return toAuditRow({
    ...by,
    id: `${action} ${id} ${randomUUID()}`,
    at: at.toISOString(),
    action,
    outcome: 'DONE',
    targetType: 'API_KEY',
    targetId: id,
    acsSystemIds,
    acsUserId: residentId,
    details: toAuditDetails({ name, scopes, graph, expiresAt, ...details }),
  })
}

/** Creates the audit record for smaller permissions of an API key. It is visible to those who could see both the old and the new ones. */
export function createApiKeyNarrowingAudit(
  before: ApiKeyRecord,
  after: ApiKeyRecord,
  by: ApiKeyActor,
  at: Date,
): AuditRow {
  const { acsSystemIds, residentId } = after
  return createApiKeyAudit('narrow', { ...after, acsSystemIds: before.acsSystemIds }, by, at, {
    acsSystemIds,
    acsUserId: residentId,
  })
}
