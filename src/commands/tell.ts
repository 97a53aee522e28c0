import type { NewChange } from '../model/change.ts'
import type {
  AcsCredentialId,
  AcsEntranceId,
  AcsSystemId,
  AcsUserId,
  ConnectedAccountId,
  ConnectWebviewId,
} from '../model/ids.ts'

type Kind = NewChange['kind']

const nothing: NewChange = {
  subject: 'USER',
  kind: 'UPDATED',
  origin: 'MUTATION',
  // Filled in when it's told.
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

/** A person became different. */
export function userChange(
  kind: Kind,
  user: { readonly acsUserId: AcsUserId; readonly acsSystemId: AcsSystemId },
  changedFields: readonly string[] = [],
): NewChange {
  const { acsUserId, acsSystemId } = user
  return { ...nothing, subject: 'USER', kind, acsUserId, acsSystemId, changedFields }
}

/** A credential became different; whose it is and what it opens decides who sees the change. */
export function credentialChange(
  kind: Kind,
  credential: {
    readonly acsCredentialId: AcsCredentialId
    readonly acsSystemId: AcsSystemId
    readonly acsUserId: AcsUserId | null
    readonly acsEntranceIds: readonly AcsEntranceId[] | null
  },
  changedFields: readonly string[] = [],
): NewChange {
  const { acsCredentialId, acsSystemId, acsUserId, acsEntranceIds } = credential
  return {
    ...nothing,
    subject: 'CREDENTIAL',
    kind,
    acsCredentialId,
    acsSystemId,
    acsUserId,
    acsEntranceIds,
    changedFields,
  }
}

/** A connected account or a Connect Webview became different. */
export function connectionChange(
  kind: Kind,
  about: { readonly connectedAccountId?: ConnectedAccountId; readonly connectWebviewId?: ConnectWebviewId },
): NewChange {
  return { ...nothing, subject: 'CONNECTION', kind, ...about }
}
