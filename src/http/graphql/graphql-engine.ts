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
import { createDeprecationPlugin } from './deprecation-plugin.ts'
import { createDocumentCache } from './document-cache.ts'
import { parseWithinLimits } from './document-limits.ts'
import { maskError, reportErrors } from './graphql-errors.ts'
import type { RequestContext } from './request-context.ts'
import { createResponseCachePlugin } from './response-cache.ts'

/** The execution pipeline of every document: parsing within limits, validation, execution, masking of errors. */
export type GraphqlEngine = YogaServerInstance<RequestContext, GraphContext>

/** Validation stops after this number of errors. A hostile document could have thousands. */
const maxValidationErrors = 20

/** One engine for each graph, with its own schema and document caches. */
export type GraphqlEngines = Readonly<Record<GraphName, GraphqlEngine>>

type GraphqlEngineDependencies = Pick<
  HttpDependencies,
  'schemas' | 'createContext' | 'waitForCursor' | 'metrics' | 'log'
>

export function createGraphqlEngines(deps: GraphqlEngineDependencies): GraphqlEngines {
  // A mutation through one graph invalidates the cached responses of all graphs.
  const responseCachePlugin = createResponseCachePlugin(deps.metrics)
  const { whole, partner } = deps.schemas
  return {
    whole: createGraphqlEngine(whole, responseCachePlugin, deps),
    partner: createGraphqlEngine(partner, responseCachePlugin, deps),
  }
}

/**
 * Creates a yoga server without the features that the gateway implements itself: authentication, body parsing, CORS, GraphiQL and
 * subscriptions. They are complete before a request is passed to yoga.
 */
function createGraphqlEngine(
  schema: GraphQLSchema,
  responseCachePlugin: Plugin<GraphContext>,
  { createContext, waitForCursor, metrics, log }: GraphqlEngineDependencies,
): GraphqlEngine {
  return createYoga<RequestContext, GraphContext>({
    schema,
    context: async ({ viewer, after }) => {
      if (after != null) await waitForCursor(viewer, after)
      return createContext(viewer)
    },
    plugins: [
      resolvedParamsPlugin,
      graphqlJsPlugin,
      costPlugin,
      responseCachePlugin,
      responseTimeoutPlugin,
      createDeprecationPlugin(metrics),
      budgetPlugin,
      createErrorPlugin(log),
    ],
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

/**
 * Executes `params` of the request context. Yoga would parse the request again, with a URL that it builds from the `Host` header: a
 * document in that header would be executed instead of the one that was authorized.
 */
const resolvedParamsPlugin: Plugin<object, RequestContext> = {
  onRequestParse({ serverContext: { params }, setRequestParser }) {
    if (params === undefined) throw new Error('The request context has no params to execute.')
    const { query, operationName, variables } = params
    setRequestParser(() => ({
      query,
      ...(operationName === null ? {} : { operationName }),
      ...(variables === null ? {} : { variables }),
    }))
  },
}

/** Uses `validate` and `execute` of graphql-js instead of yoga's, so that the document of a subscription can be executed for one batch. */
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

/** Adds `extensions.budget` to the result: the complexity that was charged to the viewer's budget, and the remaining budget. */
const budgetPlugin: Plugin<Partial<RequestContext>, RequestContext> = {
  onExecute({ args }) {
    const { charge } = args.contextValue
    if (charge == null) return undefined
    charge.markStarted()
    return {
      onExecuteDone({ result, setResult }) {
        if (Symbol.asyncIterator in result) return
        setResult({ ...result, extensions: { ...result.extensions, budget: charge.budget } })
      },
    }
  },
}

function createErrorPlugin(log: HttpDependencies['log']): Plugin<object, RequestContext> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (!('errors' in result) || result.errors === undefined) return
      const errors = [...reportErrors(result.errors, serverContext.requestId, log)]
      if (!('data' in result)) errors.forEach(setHttpStatus)
      setResult({ ...result, errors })
    },
  }
}

/** Codes of errors that a retry can resolve. */
const temporaryErrorCodes = new Set<unknown>([
  'NOT_CAUGHT_UP',
  'JOURNAL_UNAVAILABLE',
  'JOURNAL_REPLACED',
  'IN_PROGRESS',
])

/**
 * Sets the HTTP status of a request that was not executed, for clients that accept application/graphql-response+json. For other clients the
 * status stays 200 (`spec`: as the GraphQL over HTTP specification requires). A status that yoga has set is kept. `reportErrors` has copied
 * the errors, so they can be changed.
 */
function setHttpStatus({ extensions }: GraphQLError): void {
  if (extensions.unexpected === true || extensions.http !== undefined) return
  extensions.http = { spec: true, status: temporaryErrorCodes.has(extensions.code) ? 503 : 400 }
}
