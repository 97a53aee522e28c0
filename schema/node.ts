import type {
  AcsCredential,
  AcsEntrance,
  AcsSystem,
  AcsUser,
  ConnectedAccount,
  ConnectWebview,
  UserIdentity,
} from '../src/model/entities.ts'
import { encodeNodeId, type NodeType } from '../src/model/ids.ts'
import { builder } from './builder.ts'

/** Everything that has an id in the graph. */
export type NodeShape =
  | AcsSystem
  | AcsUser
  | AcsEntrance
  | AcsCredential
  | UserIdentity
  | ConnectedAccount
  | ConnectWebview

/** Tells the kind of a node by the id that only its kind has first. */
export function nodeTypeOf(node: NodeShape): NodeType {
  if ('acsCredentialId' in node) return 'AcsCredential'
  if ('acsEntranceId' in node) return 'AcsEntrance'
  if ('acsUserId' in node) return 'AcsUser'
  if ('acsSystemId' in node) return 'AcsSystem'
  if ('connectWebviewId' in node) return 'ConnectWebview'
  return 'userIdentityId' in node ? 'UserIdentity' : 'ConnectedAccount'
}

/** Seam's own id of a node. */
function seamIdOf(node: NodeShape): string {
  if ('acsCredentialId' in node) return node.acsCredentialId
  if ('acsEntranceId' in node) return node.acsEntranceId
  if ('acsUserId' in node) return node.acsUserId
  if ('acsSystemId' in node) return node.acsSystemId
  if ('connectWebviewId' in node) return node.connectWebviewId
  return 'userIdentityId' in node ? node.userIdentityId : node.connectedAccountId
}

export const Node = builder.interfaceRef<NodeShape>('Node')

Node.implement({
  description: 'Anything with an id of its own. Fetch it again with `node(id)`.',
  resolveType: nodeTypeOf,
  fields: (t) => ({
    id: t.id({
      description: 'Opaque, and unique over all types of the graph.',
      resolve: (node) => encodeNodeId(nodeTypeOf(node), seamIdOf(node)),
    }),
  }),
})
