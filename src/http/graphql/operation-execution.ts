import { type DocumentNode, type ExecutionResult, GraphQLError, getOperationAST } from 'graphql'
import { isTurnFull, waitForRoom } from '../../runtime/event-loop.ts'
import type { HttpDependencies } from '../types.ts'
import { countDeprecatedUses } from './deprecated-uses.ts'
import type { GraphqlEngines } from './graphql-engine.ts'
import { formatErrors, maskError, reportErrors } from './graphql-errors.ts'
import type { GraphqlParams, PreparedOperation } from './graphql-request.ts'
import type { RequestContext } from './request-context.ts'
import { type CachedResponse, type ContextReads, type ResponseCache, recordReads } from './response-cache.ts'

export type ExecutionServices = Pick<HttpDependencies, 'log' | 'metrics' | 'schemas' | 'waitForCursor'> & {
  readonly engines: GraphqlEngines
  readonly responseCache: ResponseCache
}

/** The response to a query or mutation: its JSON in UTF-8, and the result without the data for the HTTP status. */
export type OperationResponse = {
  readonly body: Buffer
  /** Whether the operation was executed: then the response has `data`, possibly `null`. */
  readonly hasData: boolean
  readonly errors: readonly GraphQLError[]
}

/** Parses and validates a document against the viewer's graph, with the caches of its engine. Never throws; returns the errors instead. */
export function prepareOperation(
  engines: GraphqlEngines,
  params: GraphqlParams,
  context: RequestContext,
): PreparedOperation | { readonly errors: readonly GraphQLError[] } {
  try {
    const { parse, validate, schema } = engines[context.viewer.graph].getEnveloped(context)
    const document: DocumentNode = parse(params.query)
    const errors: readonly GraphQLError[] = validate(schema, document)
    if (errors.length > 0) return { errors }
    const operation = getOperationAST(document, params.operationName)
    if (operation != null) return { document, operation, params }
    const message = '`operationName` must name one of the operations in the document.'
    return { errors: [new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } })] }
  } catch (error) {
    return { errors: [maskError(error)] }
  }
}

/** Rows for which an operation reserves room in a turn of the event loop, if the current turn is full. */
const rowsPerOperation = 1_000

/** Responds to a query or mutation over any transport, with a cached response if possible. Never rejects. */
export async function respondToOperation(
  services: ExecutionServices,
  prepared: PreparedOperation,
  context: RequestContext,
): Promise<OperationResponse> {
  const { responseCache, waitForCursor, metrics, schemas } = services
  const { viewer, charge, after } = context
  try {
    if (after != null) await waitForCursor(viewer, after)
    const key = responseCache.createKey(prepared, viewer)
    const cached = responseCache.find(key, viewer)
    if (cached === null && isTurnFull()) await waitForRoom(rowsPerOperation)
    charge?.markStarted()
    countDeprecatedUses(metrics, schemas[viewer.graph], prepared.document, viewer)
    const response =
      cached ??
      (await responseCache.respond(key, viewer, (reads) =>
        executeOperation(services.engines, prepared, context, reads),
      ))
    // Some mutations do not move the feed.
    if (prepared.operation.operation === 'mutation') responseCache.clear()
    return createResponse(services, context, response)
  } catch (error) {
    return createResponse(services, context, { result: { errors: [maskError(error)] }, data: null })
  }
}

/** Adds the complexity that was charged, the remaining budget, and the request id of errors, which are different for each request. */
function createResponse(
  { log }: ExecutionServices,
  { charge, requestId }: RequestContext,
  { result, data }: CachedResponse,
): OperationResponse {
  const hasData = result.data !== undefined
  const budget = charge?.isStarted === true ? { budget: charge.budget } : undefined
  const extensions =
    result.extensions === undefined && budget === undefined ? null : { ...result.extensions, ...budget }
  if (data === null) {
    const complete = { ...result, ...(extensions !== null && { extensions }) }
    const body = Buffer.from(serializeResult(complete, requestId, log))
    return { body, hasData, errors: result.errors ?? [] }
  }
  const end = extensions === null ? '}' : `,"extensions":${JSON.stringify(extensions)}}`
  return { body: Buffer.concat([dataPrefix, data, Buffer.from(end)]), hasData, errors: [] }
}

const dataPrefix = Buffer.from('{"data":')

/** Executes a query or mutation once, and records what it reads. Never rejects. */
async function executeOperation(
  engines: GraphqlEngines,
  { document, params }: PreparedOperation,
  context: RequestContext,
  reads: ContextReads,
): Promise<ExecutionResult> {
  try {
    const engine = engines[context.viewer.graph]
    const { execute, contextFactory, schema } = engine.getEnveloped({ ...context })
    return await execute({
      schema,
      document,
      operationName: params.operationName,
      variableValues: params.variables,
      contextValue: recordReads(await contextFactory(), reads),
    })
  } catch (error) {
    return { errors: [maskError(error)] }
  }
}

/** Serialises a result to the JSON that every transport sends. Formats and logs its errors. */
export function serializeResult(
  result: ExecutionResult,
  requestId: string,
  log: HttpDependencies['log'],
): string {
  const { data, errors, extensions } = result
  if (errors === undefined || errors.length === 0) return JSON.stringify({ data, extensions })
  const formattedErrors = formatErrors(reportErrors(errors, requestId, log))
  return JSON.stringify({ errors: formattedErrors, data, extensions })
}
