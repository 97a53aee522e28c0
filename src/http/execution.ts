import { type DocumentNode, GraphQLError, getOperationAST, type OperationDefinitionNode } from 'graphql'
import type { Logger } from '../log.ts'
import type { Engines, RequestContext } from './engine.ts'
import { formatErrors, maskError, reportErrors } from './errors.ts'

/** What a client asks, as it stands in a request's body or a `subscribe` message: a document, the id of a trusted one, or both. */
export type Asked = Omit<Params, 'query'> & {
  readonly query: string | null
  readonly documentId: string | null
}

/** What is to be executed. */
export type Params = {
  readonly query: string
  readonly operationName: string | null
  readonly variables: Readonly<Record<string, unknown>> | null
  /** `extensions.after`: a cursor that the answer must be at least as new as. */
  readonly after?: string | null
}

/** A valid document and the operation of it that was asked for. */
export type Prepared = {
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly params: Params
}

type Result = {
  readonly data?: unknown
  readonly errors?: readonly GraphQLError[]
  readonly extensions?: Readonly<Record<string, unknown>>
}

/** Reads what a client asks from a parsed body; a text is what is wrong with it. */
export function readParams(body: unknown): Asked | string {
  if (!isRecord(body)) return 'The request must be one JSON object with a query.'
  const { query = null, operationName = null, variables = null, extensions = null } = body
  if (operationName !== null && typeof operationName !== 'string') return 'operationName must be a text.'
  if (variables !== null && !isRecord(variables)) return 'variables must be an object.'
  if (extensions !== null && !isRecord(extensions)) return 'extensions must be an object.'
  const after = extensions?.after ?? null
  if (after !== null && typeof after !== 'string') return 'extensions.after must be a cursor.'
  const documentId = documentIdOf(body)
  if (documentId !== null && (typeof documentId !== 'string' || documentId === ''))
    return 'documentId must be a text that is not empty.'
  // Clients of graphql-ws can't leave it away.
  const isNamed = documentId !== null && (query === null || query === '')
  if (!isNamed && (typeof query !== 'string' || query.trim() === ''))
    return 'The query must be a text that is not empty; or give the documentId of a trusted document.'
  return {
    query: isNamed ? null : (query as string),
    documentId,
    operationName: operationName === '' ? null : operationName,
    variables,
    after,
  }
}

/** As GraphQL over HTTP has it (`documentId`, its appendix on persisted documents), or as Apollo's and urql's clients do. */
function documentIdOf({ documentId = null, extensions }: Record<string, unknown>): unknown {
  if (documentId !== null || !isRecord(extensions) || !isRecord(extensions.persistedQuery)) return documentId
  return extensions.persistedQuery.sha256Hash ?? null
}

/** Parses and validates against the viewer's graph, through its engine's caches. Never throws: what is wrong comes back as errors. */
export function prepare(
  engines: Engines,
  params: Params,
  context: RequestContext,
): Prepared | { readonly errors: readonly GraphQLError[] } {
  try {
    const { parse, validate, schema } = engines[context.viewer.graph].getEnveloped(context)
    const document: DocumentNode = parse(params.query)
    const errors: readonly GraphQLError[] = validate(schema, document)
    if (errors.length > 0) return { errors }
    const operation = getOperationAST(document, params.operationName)
    if (operation != null) return { document, operation, params }
    const message = 'Name one of the operations of the document in operationName.'
    return { errors: [new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } })] }
  } catch (error) {
    return { errors: [maskError(error)] }
  }
}

/** Executes an operation of any kind once; a subscription's runs over the batch given as `rootValue`. Never rejects. */
export async function executeOnce(
  engines: Engines,
  { document, params }: Prepared,
  context: RequestContext,
  rootValue?: unknown,
): Promise<Result> {
  try {
    const engine = engines[context.viewer.graph]
    const { execute, contextFactory, schema } = engine.getEnveloped({ ...context })
    return await execute({
      schema,
      document,
      operationName: params.operationName,
      variableValues: params.variables,
      contextValue: await contextFactory(),
      rootValue,
    })
  } catch (error) {
    return { errors: [maskError(error)] }
  }
}

/** A result as the JSON that every transport sends, its errors finished and logged. */
export function serialise(result: Result, requestId: string, log: Logger): string {
  const { data, errors, extensions } = result
  if (errors === undefined || errors.length === 0) return JSON.stringify({ data, extensions })
  const told = formatErrors(reportErrors(errors, requestId, log))
  return JSON.stringify({ errors: told, data, extensions })
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
