import { execute, validate } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { GraphContext } from '../../schema/context.ts'
import type { Viewer } from '../auth/viewer.ts'
import { createDocumentCache } from './document-cache.ts'
import { parseWithinLimits } from './document-limits.ts'
import { maskError, reportErrors } from './errors.ts'
import type { HttpDeps } from './face.ts'

/** What every execution knows besides the graph's own context, whichever way it came in. */
export type RequestContext = {
  readonly viewer: Viewer
  readonly requestId: string
  /** A cursor that the client has seen, perhaps on another replica: what is read must be at least as new. */
  readonly after?: string | null
}

/** The one pipeline through which every document goes: bounded parse, validation, execution, masking of errors. */
export type Engine = YogaServerInstance<RequestContext, GraphContext>

/** Validation stops after this many mistakes; a hostile document could have thousands. */
const maxErrors = 20

/**
 * Yoga, with everything off that this gateway decides itself: who may ask, which bodies are read, cross-origin answers, GraphiQL and
 * subscriptions, all of which are settled before a request gets here.
 */
export function createEngine({
  schema,
  contextFor,
  caughtUp,
  log,
}: Pick<HttpDeps, 'schema' | 'contextFor' | 'caughtUp' | 'log'>): Engine {
  return createYoga<RequestContext, GraphContext>({
    schema,
    context: async ({ viewer, after }) => {
      if (after != null) await caughtUp(viewer, after)
      return contextFor(viewer)
    },
    plugins: [graphqlItself, finishErrors(log)],
    maskedErrors: { maskError },
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: createDocumentCache() },
    batching: false,
    cors: false,
    graphiql: false,
    landingPage: false,
    multipart: false,
    logging: false,
  })
}

/** graphql-js where yoga has executors of its own, so that a subscription's document can be run over a batch as any other is. */
const graphqlItself: Plugin = {
  onParse: ({ setParseFn }) => setParseFn(parseWithinLimits),
  onValidate: ({ setValidationFn }) =>
    setValidationFn(((graph, document, rules) =>
      validate(graph, document, rules, { maxErrors })) as typeof validate),
  onExecute: ({ setExecuteFn }) => setExecuteFn(execute),
}

function finishErrors(log: HttpDeps['log']): Plugin<object, RequestContext> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (!('errors' in result) || result.errors === undefined) return
      setResult({ ...result, errors: [...reportErrors(result.errors, serverContext.requestId, log)] })
    },
  }
}
