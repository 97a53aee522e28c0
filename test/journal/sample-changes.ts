import type { NewChange } from '../../src/model/change.ts'
import type { AcsCredentialId, AcsSystemId } from '../../src/model/ids.ts'

/** Creates a sample change, identified by its event id. */
export function sampleChange(seamEventId: string, extra: Partial<NewChange> = {}): NewChange {
  return {
    subject: 'CREDENTIAL',
    kind: 'ISSUED',
    origin: 'WEBHOOK',
    occurredAt: '2026-07-20T12:00:00.123456Z',
    actor: null,
    seamEventId,
    acsSystemId: '3c9e1a70-52b4-4f0e-9d1c-6b7a8c9d0e1f' as AcsSystemId,
    acsUserId: null,
    acsEntranceIds: null,
    acsCredentialId: '66666666-6666-4666-8666-666666666666' as AcsCredentialId,
    connectedAccountId: null,
    connectWebviewId: null,
    changedFields: [],
    problem: null,
    ...extra,
  }
}

/** Creates an entry with one change and its event id as dedupe key. */
export const sampleEntry = (seamEventId: string) => ({
  dedupeKeys: [seamEventId],
  changes: [sampleChange(seamEventId)],
})
