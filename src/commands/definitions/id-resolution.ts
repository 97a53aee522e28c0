import type { MaybePromise } from '../../catalog/maybe-promise.ts'
import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  UserIdentity,
} from '../../model/entities.ts'
import { type NodeType, parseId, type SeamId } from '../../model/ids.ts'
import { managementErrors } from '../../model/rules/acs-user-details.ts'
import { createNotFoundRefusal, createRefusal, throwIfRefused } from '../../model/user-error.ts'
import type { CommandContext } from '../command.ts'

type FieldPath = string | readonly string[]

/**
 * Resolves an id of an input within the viewer's access scope. Rejects with the same `MutationRefused` for inaccessible, unknown and
 * malformed ids.
 */
async function findById<T extends NodeType, Row>(
  type: T,
  objectName: string,
  field: FieldPath,
  idText: string,
  find: (id: SeamId<T>) => MaybePromise<Row | null>,
): Promise<Row> {
  const id = parseId(type, idText)
  const row = id === null ? null : await find(id)
  if (row === null) throw createNotFoundRefusal(field, objectName)
  return row
}

export const findSystem = (
  idText: string,
  { view }: CommandContext,
  field: FieldPath = 'acsSystemId',
): Promise<AcsSystem> => findById('AcsSystem', 'ACS system', field, idText, view.system)

export const findAcsUser = (
  idText: string,
  { view }: CommandContext,
  field: FieldPath = 'acsUserId',
): Promise<AcsUser> => findById('AcsUser', 'ACS user', field, idText, view.user)

/** Resolves an ACS user that the viewer may change and the gateway may manage. Rejects with `MutationRefused`. */
export async function findManagedAcsUser(acsUserId: string, context: CommandContext): Promise<AcsUser> {
  requireManagerAccess(context)
  const user = await findAcsUser(acsUserId, context)
  throwIfRefused(managementErrors(user, 'acsUserId'))
  return user
}

export const findEntrance = (
  idText: string,
  { view }: CommandContext,
  field: FieldPath,
): Promise<AcsEntrance> => findById('AcsEntrance', 'entrance', field, idText, view.entrance)

export const findCredential = (
  idText: string,
  { view }: CommandContext,
  field: FieldPath = 'acsCredentialId',
): Promise<AcsCredential> => findById('AcsCredential', 'credential', field, idText, view.credential)

export const findUserIdentity = (
  idText: string,
  { view }: CommandContext,
  field: FieldPath = 'userIdentityId',
): Promise<UserIdentity> => findById('UserIdentity', 'user identity', field, idText, view.identity)

export const findConnectedAccount = (
  idText: string,
  { view }: CommandContext,
  field: FieldPath = 'connectedAccountId',
): Promise<ConnectedAccount> => findById('ConnectedAccount', 'connected account', field, idText, view.account)

/** Throws `MutationRefused` for a viewer that is limited to one ACS user: it can neither change the ACS system nor the ACS user itself. */
export function requireManagerAccess({ viewer }: CommandContext): void {
  if (viewer.accessScope.acsUserId === null) return
  throw createRefusal(
    null,
    'NOT_ALLOWED',
    'An API key or token that is bound to a resident is not allowed to change this. Use another API key.',
  )
}

/** Throws `MutationRefused` for a viewer without full access: objects that belong to no ACS system need access to all of them. */
export function requireFullAccess({ viewer }: CommandContext): void {
  if (viewer.accessScope.acsSystemIds === null && viewer.accessScope.acsUserId === null) return
  throw createRefusal(
    null,
    'NOT_ALLOWED',
    'This requires an access scope of the whole workspace. Use an API key that is not limited to ACS systems or a resident.',
  )
}
