import { type NodeType, parseId, type SeamId } from '../src/model/ids.ts'
import { badInput } from './errors.ts'

const seamNames: Readonly<Record<NodeType, string>> = {
  AcsSystem: 'acs_system_id',
  AcsUser: 'acs_user_id',
  AcsEntrance: 'acs_entrance_id',
  AcsCredential: 'acs_credential_id',
  UserIdentity: 'user_identity_id',
  ConnectedAccount: 'connected_account_id',
  ConnectWebview: 'connect_webview_id',
}

/** Reads an id argument: a node id of that type, or Seam's own id. */
export function readId<T extends NodeType>(type: T, argument: string, text: string): SeamId<T> {
  const id = parseId(type, text)
  if (id !== null) return id
  throw badInput(
    argument,
    `${argument} is not an id of ${type}. Give its id from the graph, or Seam's ${seamNames[type]}.`,
  )
}

/** The same for an argument that may be left away. */
export function readOptionalId<T extends NodeType>(
  type: T,
  argument: string,
  text: string | null | undefined,
): SeamId<T> | null {
  return text == null ? null : readId(type, argument, text)
}
