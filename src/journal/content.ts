import type { Change, NewChange } from '../model/change.ts'

/** Picks the fields of a change and nothing else that may hang on the object: nothing secret gets into a store by accident. */
export function contentOf(change: NewChange): NewChange {
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
    connectedAccountId: change.connectedAccountId,
    connectWebviewId: change.connectWebviewId,
    changedFields: change.changedFields,
    problem: change.problem && {
      code: change.problem.code,
      message: change.problem.message,
      since: change.problem.since,
    },
  }
}

/** A change as a store wrote it, with its place. */
export function readContent(content: string, offset: number, recordedAt: string): Change {
  return { ...(JSON.parse(content) as NewChange), offset, recordedAt }
}
