import { type DocumentNode, GraphQLError, getOperationAST } from 'graphql'
import type { Logger } from '../../observability/logger.ts'
import type { GraphqlEngines } from './graphql-engine.ts'
import { formatErrors, maskError, reportErrors } from './graphql-errors.ts'
import type { GraphqlParams, PreparedOperation } from './graphql-request.ts'
import type { RequestContext } from './request-context.ts'

type OperationResult = {
  readonly data?: unknown
  readonly errors?: readonly GraphQLError[]
  readonly extensions?: Readonly<Record<string, unknown>>
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

/** Executes an operation of any kind once. For a subscription, `rootValue` is the batch. Never rejects. */
export async function executeOperation(
  engines: GraphqlEngines,
  { document, params }: PreparedOperation,
  context: RequestContext,
  rootValue?: unknown,
): Promise<OperationResult> {
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

/** Serialises a result to the JSON that every transport sends. Formats and logs its errors. */
export function serializeResult(result: OperationResult, requestId: string, log: Logger): string {
  const { data, errors, extensions } = result
  if (errors === undefined || errors.length === 0) return JSON.stringify({ data, extensions })
  const formattedErrors = formatErrors(reportErrors(errors, requestId, log))
  return JSON.stringify({ errors: formattedErrors, data, extensions })
}
