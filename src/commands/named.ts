import type { Answer } from '../catalog/view.ts'
import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  UserIdentity,
} from '../model/entities.ts'
import { type NodeType, parseId, type SeamId } from '../model/ids.ts'
import { notFound, refused } from '../model/user-error.ts'
import type { Asker } from './command.ts'

type Field = string | readonly string[]

/** Finds what an id in an input names, within the asker's reach. Rejects with `Refused`: foreign, unknown and unreadable ids alike. */
async function named<T extends NodeType, Row>(
  type: T,
  what: string,
  field: Field,
  text: string,
  find: (id: SeamId<T>) => Answer<Row | null>,
): Promise<Row> {
  const id = parseId(type, text)
  const row = id === null ? null : await find(id)
  if (row === null) throw notFound(field, what)
  return row
}

export const systemNamed = (
  text: string,
  { view }: Asker,
  field: Field = 'acsSystemId',
): Promise<AcsSystem> => named('AcsSystem', 'system', field, text, view.system)

export const userNamed = (text: string, { view }: Asker, field: Field = 'acsUserId'): Promise<AcsUser> =>
  named('AcsUser', 'person', field, text, view.user)

export const doorNamed = (text: string, { view }: Asker, field: Field): Promise<AcsEntrance> =>
  named('AcsEntrance', 'entrance', field, text, view.entrance)

export const credentialNamed = (
  text: string,
  { view }: Asker,
  field: Field = 'acsCredentialId',
): Promise<AcsCredential> => named('AcsCredential', 'credential', field, text, view.credential)

export const identityNamed = (
  text: string,
  { view }: Asker,
  field: Field = 'userIdentityId',
): Promise<UserIdentity> => named('UserIdentity', 'user identity', field, text, view.identity)

export const accountNamed = (
  text: string,
  { view }: Asker,
  field: Field = 'connectedAccountId',
): Promise<ConnectedAccount> => named('ConnectedAccount', 'connected account', field, text, view.account)

/** A resident's own key changes nothing about the building, and nothing about the resident. */
export function refuseResidents({ viewer }: Asker): void {
  if (viewer.reach.residentId === null) return
  throw refused(null, 'NOT_ALLOWED', "A resident's key can't change this. Ask whoever manages the building.")
}

/** What has no owner in any building can be changed only by who sees all of them. */
export function refuseNarrow({ viewer }: Asker): void {
  if (viewer.reach.acsSystemIds === null && viewer.reach.residentId === null) return
  throw refused(null, 'NOT_ALLOWED', 'This needs a key that reaches every system of the workspace.')
}
