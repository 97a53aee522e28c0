import {
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationTypeNode,
  validate,
} from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { GraphContext } from '../../../schema/context.ts'
import type { GraphName } from '../../auth/viewer.ts'
import { inProgressRetryAfterMs } from '../timings.ts'
import type { HttpDependencies } from '../types.ts'
import { costPlugin } from './cost-plugin.ts'
import { createDocumentCache } from './document-cache.ts'
import { parseWithinLimits } from './document-limits.ts'
import { maskError } from './graphql-errors.ts'
import type { RequestContext } from './request-context.ts'

/** The execution pipeline of every document: parsing within limits, validation, execution, masking of errors. */
export type GraphqlEngine = YogaServerInstance<RequestContext, GraphContext>

/** Validation stops after this number of errors. A hostile document could have thousands. */
const maxValidationErrors = 20

/** One engine for each graph, with its own schema and document caches. */
export type GraphqlEngines = Readonly<Record<GraphName, GraphqlEngine>>

type GraphqlEngineDependencies = Pick<HttpDependencies, 'schemas' | 'createContext'>

export function createGraphqlEngines(deps: GraphqlEngineDependencies): GraphqlEngines {
  const { whole, partner } = deps.schemas
  return { whole: createGraphqlEngine(whole, deps), partner: createGraphqlEngine(partner, deps) }
}

/**
 * Creates a yoga server of which only the execution pipeline is used. Its HTTP handling copies each request and response into objects of the
 * Fetch API, which takes longer than sending a cached response.
 */
function createGraphqlEngine(
  schema: GraphQLSchema,
  { createContext }: GraphqlEngineDependencies,
): GraphqlEngine {
  return createYoga<RequestContext, GraphContext>({
    schema,
    context: ({ viewer }) => createContext(viewer),
    plugins: [graphqlJsPlugin, costPlugin, responseTimeoutPlugin],
    maskedErrors: { maskError },
    parserAndValidationCache: {
      documentCache: createDocumentCache(),
      errorCache: createDocumentCache(),
    },
    batching: false,
    cors: false,
    graphiql: false,
    landingPage: false,
    multipart: false,
    logging: false,
  })
}

/** Uses `validate` and `execute` of graphql-js instead of yoga's. */
const graphqlJsPlugin: Plugin = {
  onParse: ({ setParseFn }) => setParseFn((text) => withoutStacks(() => parseWithinLimits(text))),
  onValidate: ({ setValidationFn }) =>
    setValidationFn(((graph, document, rules) =>
      withoutStacks(() =>
        validate(graph, document, rules, { maxErrors: maxValidationErrors }),
      )) as typeof validate),
  onExecute: ({ setExecuteFn }) => setExecuteFn(execute),
}

/**
 * Runs a synchronous function whose errors get no stack. Errors are cached with their documents, and until `stack` is read, V8 retains
 * the functions of the stack with everything that they reference: one validation or one request for each error.
 */
function withoutStacks<T>(run: () => T): T {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return run()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/**
 * Returns the error IN_PROGRESS before the client, a proxy or this server closes the connection. The execution continues: completed steps
 * of a mutation are stored and data from Seam is cached, so a retry of the client gets the result.
 */
const responseTimeoutPlugin: Plugin<Partial<RequestContext>, RequestContext> = {
  onExecute({ args, executeFn, setExecuteFn }) {
    const { responseTimeoutMs } = args.contextValue
    const operationType = getOperationAST(args.document, args.operationName)?.operation
    if (responseTimeoutMs === undefined || operationType === undefined) return
    setExecuteFn((executionArgs) =>
      resolveWithinTimeout(responseTimeoutMs, executeFn(executionArgs), operationType),
    )
  },
}

async function resolveWithinTimeout(
  timeoutMs: number,
  execution: ExecutionResult | Promise<ExecutionResult>,
  operationType: OperationTypeNode,
): Promise<ExecutionResult> {
  let timer: NodeJS.Timeout | undefined
  const timedOut = new Promise<ExecutionResult>((resolve) => {
    timer = setTimeout(() => resolve({ errors: [createInProgressError(operationType)] }), timeoutMs)
  })
  return Promise.race([execution, timedOut]).finally(() => clearTimeout(timer))
}

function createInProgressError(operationType: OperationTypeNode): GraphQLError {
  const message =
    operationType === 'mutation'
      ? 'The mutation exceeds the time limit of a JSON response and continues. Send it again with the same idempotencyKey to get its result; without an idempotencyKey, check first what it has changed. Event streams and WebSocket have no such time limit.'
      : 'The query waits for Seam and exceeds the time limit of a JSON response. The data that was read is cached: send the query again. Event streams and WebSocket have no such time limit.'
  return new GraphQLError(message, {
    extensions: { code: 'IN_PROGRESS', retryAfterMs: inProgressRetryAfterMs },
  })
}
