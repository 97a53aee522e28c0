import type { DocumentNode, OperationDefinitionNode } from 'graphql'

/** A request of a client, from a body, a URL or a `subscribe` message: a document, the id of a trusted document, or both. */
export type GraphqlRequest = Omit<GraphqlParams, 'query'> & {
  readonly query: string | null
  readonly documentId: string | null
}

/** A document with its variables, ready for execution. */
export type GraphqlParams = {
  readonly query: string
  readonly operationName: string | null
  readonly variables: Readonly<Record<string, unknown>> | null
  /** `extensions.after`: the response must be at least as new as this cursor. */
  readonly after?: string | null
}

/** A valid document and the selected operation. */
export type PreparedOperation = {
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly params: GraphqlParams
}

/** Reads a request from a parsed body. Returns an error message if the body is invalid. */
export function readGraphqlRequest(body: unknown): GraphqlRequest | string {
  if (!isRecord(body)) return 'The request must be a JSON object with a `query`.'
  const { query = null, operationName = null, variables = null, extensions = null } = body
  if (operationName !== null && typeof operationName !== 'string') return '`operationName` must be a string.'
  if (variables !== null && !isRecord(variables)) return '`variables` must be an object.'
  if (extensions !== null && !isRecord(extensions)) return '`extensions` must be an object.'
  const after = extensions?.after === '' ? null : (extensions?.after ?? null)
  if (after !== null && typeof after !== 'string') return '`extensions.after` must be a cursor.'
  const documentId = readDocumentId(body)
  if (documentId !== null && (typeof documentId !== 'string' || documentId === ''))
    return '`documentId` must be a non-empty string.'
  // Clients of graphql-ws cannot omit `query`.
  const hasQuery = documentId === null || (query !== null && query !== '')
  if (hasQuery && (typeof query !== 'string' || query.trim() === ''))
    return '`query` must be a non-empty string. Or pass the `documentId` of a trusted document.'
  return {
    query: hasQuery ? query : null,
    documentId,
    operationName: operationName === '' ? null : operationName,
    variables,
    after,
  }
}

/** Reads `documentId` (GraphQL over HTTP, appendix on persisted documents), or the hash that Apollo's and urql's clients send. */
function readDocumentId({ documentId = null, extensions }: Record<string, unknown>): unknown {
  if (documentId !== null || !isRecord(extensions) || !isRecord(extensions.persistedQuery)) return documentId
  return extensions.persistedQuery.sha256Hash ?? null
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
