import type { Journal } from '../../journal/journal.ts'
import { type AuditOutcome, type AuditTargetType, toAuditDetails, toAuditRow } from '../../model/audit.ts'
import type { Command } from '../command.ts'
import { type CommandFacts, type CommandProgress, type Facts, getIssuedCredentialIds } from '../saga.ts'

/** Writes audit records of commands. */
export type CommandAudit = {
  /** Records the end of a command, once even if called repeatedly. Writes no record if no step had an effect. */
  recordEnd(progress: CommandProgress): Promise<void>
  /** Records that a part of a command is done and the rest is scheduled. */
  recordScheduled(progress: CommandProgress): Promise<void>
}

export function createCommandAudit(
  journal: Pick<Journal, 'appendAudit'>,
  now: () => number,
  getCommand: (name: string) => Command,
): CommandAudit {
  async function record(id: string, progress: CommandProgress, outcome: AuditOutcome): Promise<void> {
    const { command, actor, actorKind = 'API_KEY', plan, facts } = progress
    const values = collectValues(plan, facts)
    const targetType = getCommand(command).auditTarget
    const row = toAuditRow({
      ...{ id, at: new Date(now()).toISOString(), actor, actorKind, outcome, targetType },
      action: command,
      targetId: toTextOrNull(values[targetIdFields[targetType]]),
      acsSystemIds: typeof values.acsSystemId === 'string' ? [values.acsSystemId] : null,
      acsUserId: toTextOrNull(values.acsUserId),
      details: toAuditDetails(Object.fromEntries(auditedFields.map((name) => [name, values[name]]))),
    })
    await journal.appendAudit([row])
  }

  return {
    async recordEnd(progress) {
      const outcome = toAuditOutcome(progress)
      if (outcome !== null) await record(`command ${progress.id}`, progress, outcome)
    },
    async recordScheduled(progress) {
      if (toAuditOutcome(progress) !== null)
        await record(`command ${progress.id} scheduled`, progress, 'SCHEDULED')
    },
  }
}

/** Returns the outcome for the audit record; `null` if no step had an effect. */
function toAuditOutcome({ steps }: CommandProgress): AuditOutcome | null {
  const hasStepWith = (status: string): boolean => steps.some((step) => step.status === status)
  if (hasStepWith('DONE')) return steps.every(({ status }) => status === 'DONE') ? 'DONE' : 'PARTLY_DONE'
  return hasStepWith('UNDONE') ? 'UNDONE' : null
}

const targetIdFields: Readonly<Record<AuditTargetType, string>> = {
  ACS_USER: 'acsUserId',
  ACS_CREDENTIAL: 'acsCredentialId',
  USER_IDENTITY: 'userIdentityId',
  CONNECT_WEBVIEW: 'connectWebviewId',
  CONNECTED_ACCOUNT: 'connectedAccountId',
  WEBHOOK_ENDPOINT: 'webhookEndpointId',
  API_KEY: 'keyId',
  JOURNAL: '',
}

/**
 * Fields of a plan and of facts that are audit details: ids, times and settings. Names, e-mail addresses and phone numbers are not
 * recorded.
 */
const auditedFields = [
  'acsCredentialId',
  'issued',
  'userIdentityId',
  'clientSessionId',
  'clientSessionIds',
  'accessMethod',
  'acsEntranceIds',
  'mobileKeyDoors',
  'codeDoors',
  'startsAt',
  'endsAt',
  'expiresAt',
  'at',
  'keepUser',
  'changed',
] as const

/** Merges the fields of a command's plan, of the objects in the plan, and of its facts; later sources take precedence. */
function collectValues(plan: Facts, facts: CommandFacts): Facts {
  const { held, credential, replacement, changes } = plan as Record<string, object | null | undefined>
  const issued = getIssuedCredentialIds(facts)
  return {
    ...{
      changed: changes == null ? null : Object.keys(changes),
      issued: issued.length === 0 ? null : issued,
    },
    ...{ acsCredentialId: issued[0], ...held, ...replacement, ...credential },
    ...omitNullish(plan),
    ...omitNullish(facts),
  }
}

const omitNullish = (values: Facts): Facts =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined))

function toTextOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
