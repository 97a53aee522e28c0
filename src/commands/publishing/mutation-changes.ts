import { getAccessMethod } from '../../model/access-method.ts'
import type { NewChange } from '../../model/change.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
  ConnectWebviewId,
} from '../../model/ids.ts'

type Kind = NewChange['kind']

const emptyChange: NewChange = {
  subject: 'USER',
  kind: 'UPDATED',
  origin: 'MUTATION',
  // Filled in by the publisher.
  occurredAt: '',
  actor: null,
  seamEventId: null,
  acsSystemId: null,
  acsUserId: null,
  acsEntranceIds: null,
  acsCredentialId: null,
  connectedAccountId: null,
  connectWebviewId: null,
  changedFields: [],
  problem: null,
}

/** Returns a change of an ACS user. */
export function createAcsUserChange(
  kind: Kind,
  user: { readonly acsUserId: AcsUserId; readonly acsSystemId: AcsSystemId },
  changedFields: readonly string[] = [],
): NewChange {
  const { acsUserId, acsSystemId } = user
  return { ...emptyChange, subject: 'USER', kind, acsUserId, acsSystemId, changedFields }
}

/** Returns a change of a credential; its ACS user and entrances decide which viewers see the change. */
export function createCredentialChange(
  kind: Kind,
  credential: {
    readonly acsCredentialId: AcsCredentialId
    readonly acsSystemId: AcsSystemId
    readonly acsUserId: AcsUserId | null
    readonly acsEntranceIds: readonly AcsEntranceId[] | null
    /** `access_method` in Seam. If it is absent, the journal records the access method of the cached credential. */
    readonly accessMethod?: string
  },
  changedFields: readonly string[] = [],
): NewChange {
  const { acsCredentialId, acsSystemId, acsUserId, acsEntranceIds, accessMethod } = credential
  return {
    ...emptyChange,
    subject: 'CREDENTIAL',
    kind,
    acsCredentialId,
    acsSystemId,
    acsUserId,
    acsEntranceIds,
    ...(accessMethod !== undefined && { accessMethod: getAccessMethod({ accessMethod }) }),
    changedFields,
  }
}

/** Returns a change of a connected account or a Connect Webview. */
export function createConnectionChange(
  kind: Kind,
  ids: { readonly connectedAccountId?: ConnectedAccountId; readonly connectWebviewId?: ConnectWebviewId },
): NewChange {
  return { ...emptyChange, subject: 'CONNECTION', kind, ...ids }
}
