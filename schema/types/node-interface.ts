import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  ConnectWebview,
  UserIdentity,
} from '../../src/model/entities.ts'
import { encodeNodeId, type NodeType } from '../../src/model/ids.ts'
import { builder } from '../builder.ts'

/** Every object that has a node ID. */
export type NodeEntity =
  | AcsSystem
  | AcsUser
  | AcsEntrance
  | AcsCredential
  | UserIdentity
  | ConnectedAccount
  | ConnectWebview

/** Returns the type of a node. Each type is recognized by an ID field that the types checked before it do not have. */
export function getNodeType(node: NodeEntity): NodeType {
  if ('acsCredentialId' in node) return 'AcsCredential'
  if ('acsEntranceId' in node) return 'AcsEntrance'
  if ('acsUserId' in node) return 'AcsUser'
  if ('acsSystemId' in node) return 'AcsSystem'
  if ('connectWebviewId' in node) return 'ConnectWebview'
  return 'userIdentityId' in node ? 'UserIdentity' : 'ConnectedAccount'
}

/** Returns the ID of a node in Seam. */
function getSeamId(node: NodeEntity): string {
  if ('acsCredentialId' in node) return node.acsCredentialId
  if ('acsEntranceId' in node) return node.acsEntranceId
  if ('acsUserId' in node) return node.acsUserId
  if ('acsSystemId' in node) return node.acsSystemId
  if ('connectWebviewId' in node) return node.connectWebviewId
  return 'userIdentityId' in node ? node.userIdentityId : node.connectedAccountId
}

export const Node = builder.interfaceRef<NodeEntity>('Node')

Node.implement({
  description: 'Object with a globally unique ID. Can be fetched with `Query.node`.',
  resolveType: getNodeType,
  fields: (t) => ({
    id: t.id({
      description: 'Opaque node ID, unique across all types of this graph.',
      resolve: (node) => encodeNodeId(getNodeType(node), getSeamId(node)),
    }),
  }),
})
