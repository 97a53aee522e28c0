import { type NodeType, parseId, type SeamId } from '../src/model/ids.ts'
import { createBadInputError } from './graph-errors.ts'

const seamIdNames: Readonly<Record<NodeType, string>> = {
  AcsSystem: 'acs_system_id',
  AcsUser: 'acs_user_id',
  AcsEntrance: 'acs_entrance_id',
  AcsCredential: 'acs_credential_id',
  UserIdentity: 'user_identity_id',
  ConnectedAccount: 'connected_account_id',
  ConnectWebview: 'connect_webview_id',
}

/** Reads an ID argument: a node ID of that type, or the ID in Seam. Throws a `GraphQLError` (`BAD_USER_INPUT`). */
export function readIdArgument<T extends NodeType>(type: T, argument: string, value: string): SeamId<T> {
  const id = parseId(type, value)
  if (id !== null) return id
  throw createBadInputError(
    argument,
    `\`${argument}\` is not the ID of an object of type ${type}. Pass its \`id\` from the graph or its \`${seamIdNames[type]}\` in Seam.`,
  )
}

/** Reads an optional ID argument like `readIdArgument`. Returns `null` if it is not given. */
export function readOptionalIdArgument<T extends NodeType>(
  type: T,
  argument: string,
  value: string | null | undefined,
): SeamId<T> | null {
  return value == null ? null : readIdArgument(type, argument, value)
}
