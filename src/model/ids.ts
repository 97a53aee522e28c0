/** The kinds of things that have a node id in the graph. */
export const nodeTypes = [
  'AcsSystem',
  'AcsUser',
  'AcsEntrance',
  'AcsCredential',
  'UserIdentity',
  'ConnectedAccount',
  'ConnectWebview',
] as const
export type NodeType = (typeof nodeTypes)[number]

declare const brand: unique symbol
/** Seam's own id (a UUID) of one kind of thing. Branded, so that an entrance's id can't be passed for a user's. */
export type SeamId<T extends NodeType> = string & { readonly [brand]: T }

export type AcsSystemId = SeamId<'AcsSystem'>
export type AcsUserId = SeamId<'AcsUser'>
export type AcsEntranceId = SeamId<'AcsEntrance'>
export type AcsCredentialId = SeamId<'AcsCredential'>
export type UserIdentityId = SeamId<'UserIdentity'>
export type ConnectedAccountId = SeamId<'ConnectedAccount'>
export type ConnectWebviewId = SeamId<'ConnectWebview'>

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

type DecodedNodeId = { [T in NodeType]: { readonly type: T; readonly seamId: SeamId<T> } }[NodeType]

/** Writes the opaque node id of one thing: base64url of `Type:seamId`. */
export function encodeNodeId(type: NodeType, seamId: string): string {
  return Buffer.from(`${type}:${seamId}`).toString('base64url')
}

/** Reads a node id; `null` when the text is not one that `encodeNodeId` wrote. */
export function decodeNodeId(text: string): DecodedNodeId | null {
  const [type, seamId, ...rest] = Buffer.from(text, 'base64url').toString('utf8').split(':')
  if (rest.length > 0 || !isNodeType(type) || seamId === undefined || !uuid.test(seamId)) return null
  return { type, seamId: seamId.toLowerCase() } as DecodedNodeId
}

/**
 * Reads an id argument: a node id of that type, or Seam's own id.
 * `null` for anything else – empty text above all, which Seam would take for "no filter" (facts on the SDK's query encoding).
 */
export function parseId<T extends NodeType>(type: T, text: string): SeamId<T> | null {
  if (uuid.test(text)) return text.toLowerCase() as SeamId<T>
  const decoded = decodeNodeId(text)
  return decoded?.type === type ? (decoded.seamId as SeamId<T>) : null
}

function isNodeType(text: string | undefined): text is NodeType {
  return (nodeTypes as readonly (string | undefined)[]).includes(text)
}
