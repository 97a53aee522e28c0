import type { Change, NewChange } from '../model/change.ts'

/** Copies the known fields of a change and drops all others, so that no secret is stored by accident. */
export function pickChangeFields(change: NewChange): NewChange {
  return {
    subject: change.subject,
    kind: change.kind,
    origin: change.origin,
    occurredAt: change.occurredAt,
    actor: change.actor,
    seamEventId: change.seamEventId,
    acsSystemId: change.acsSystemId,
    acsUserId: change.acsUserId,
    acsEntranceIds: change.acsEntranceIds,
    acsCredentialId: change.acsCredentialId,
    ...(change.accessMethod !== undefined && { accessMethod: change.accessMethod }),
    connectedAccountId: change.connectedAccountId,
    ...(change.acsSystemIds !== undefined && { acsSystemIds: change.acsSystemIds }),
    connectWebviewId: change.connectWebviewId,
    changedFields: change.changedFields,
    problem: change.problem && {
      code: change.problem.code,
      message: change.problem.message,
      since: change.problem.since,
    },
  }
}

/** Parses a stored change, and adds its offset and record time. */
export function decodeChange(json: string, offset: number, recordedAt: string): Change {
  return { ...(JSON.parse(json) as NewChange), offset, recordedAt }
}
