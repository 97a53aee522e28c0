import { execute, type GraphQLError, type GraphQLSchema, validate } from 'graphql'
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import type { GraphContext } from '../../schema/context.ts'
import type { Budget } from '../auth/limits.ts'
import type { GraphName, Viewer } from '../auth/viewer.ts'
import { tellCost } from './cost-report.ts'
import { countDeprecated } from './deprecations.ts'
import { createDocumentCache } from './document-cache.ts'
import { parseWithinLimits } from './document-limits.ts'
import { maskError, reportErrors } from './errors.ts'
import type { Params } from './execution.ts'
import type { HttpDeps } from './face.ts'
import { reuseAnswers } from './reuse.ts'

/** What every execution knows besides the graph's own context, whichever way it came in. */
export type RequestContext = {
  readonly viewer: Viewer
  readonly requestId: string
  /** A cursor that the client has seen, perhaps on another replica: what is read must be at least as new. */
  readonly after?: string | null
  /** What is left of the viewer's budget after this. */
  readonly budget?: Budget | null
  /** What a request over HTTP is to execute: what was trusted and counted, and nothing else that may stand in it. */
  readonly params?: Params
}

/** The one pipeline through which every document goes: bounded parse, validation, execution, masking of errors. */
export type Engine = YogaServerInstance<RequestContext, GraphContext>

/** Validation stops after this many mistakes; a hostile document could have thousands. */
const maxErrors = 20

/** An engine for each graph: each knows its own documents, and nothing of another's passes for valid. */
export type Engines = Readonly<Record<GraphName, Engine>>

type EngineDeps = Pick<HttpDeps, 'schemas' | 'contextFor' | 'caughtUp' | 'metrics' | 'log'>

export function createEngines(deps: EngineDeps): Engines {
  // A mutation through one graph makes the answers of all of them old.
  const reuse = reuseAnswers(deps.metrics)
  const { whole, partner } = deps.schemas
  return { whole: createEngine(whole, reuse, deps), partner: createEngine(partner, reuse, deps) }
}

/**
 * Yoga, with everything off that this gateway decides itself: who may ask, which bodies are read, cross-origin answers, GraphiQL and
 * subscriptions, all of which are settled before a request gets here.
 */
function createEngine(
  schema: GraphQLSchema,
  reuse: Plugin<GraphContext>,
  { contextFor, caughtUp, metrics, log }: EngineDeps,
): Engine {
  return createYoga<RequestContext, GraphContext>({
    schema,
    context: async ({ viewer, after }) => {
      if (after != null) await caughtUp(viewer, after)
      return contextFor(viewer)
    },
    plugins: [
      takeSettled,
      graphqlItself,
      tellCost,
      reuse,
      countDeprecated(metrics),
      tellBudget,
      finishErrors(log),
    ],
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

/**
 * Executes what was settled on. Yoga would read the request a second time, at an address that it makes of the Host header; whoever
 * writes a document there would have another one executed than the one that was looked at.
 */
const takeSettled: Plugin<object, RequestContext> = {
  onRequestParse({ serverContext: { params }, setRequestParser }) {
    if (params === undefined) throw new Error('Nothing was settled on that this request is to execute.')
    const { query, operationName, variables } = params
    setRequestParser(() => ({
      query,
      ...(operationName === null ? {} : { operationName }),
      ...(variables === null ? {} : { variables }),
    }))
  },
}

/** graphql-js where yoga has executors of its own, so that a subscription's document can be run over a batch as any other is. */
const graphqlItself: Plugin = {
  onParse: ({ setParseFn }) => setParseFn(parseWithinLimits),
  onValidate: ({ setValidationFn }) =>
    setValidationFn(((graph, document, rules) =>
      validate(graph, document, rules, { maxErrors })) as typeof validate),
  onExecute: ({ setExecuteFn }) => setExecuteFn(execute),
}

/** Tells in `extensions.budget` what an operation took from its viewer's budget, and what is left. */
const tellBudget: Plugin<object, RequestContext> = {
  onExecute({ args }) {
    const { budget } = args.contextValue as Partial<RequestContext>
    if (budget == null) return undefined
    return {
      onExecuteDone({ result, setResult }) {
        if (Symbol.asyncIterator in result) return
        setResult({ ...result, extensions: { ...result.extensions, budget } })
      },
    }
  },
}

function finishErrors(log: HttpDeps['log']): Plugin<object, RequestContext> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (!('errors' in result) || result.errors === undefined) return
      const errors = [...reportErrors(result.errors, serverContext.requestId, log)]
      if (!('data' in result)) errors.forEach(setStatus)
      setResult({ ...result, errors })
    },
  }
}

/** Codes of what would be answered if it came later. */
const passing = new Set<unknown>(['NOT_CAUGHT_UP', 'JOURNAL_UNAVAILABLE', 'JOURNAL_REPLACED'])

/**
 * What wasn't executed is a status of its own to clients that take application/graphql-response+json; to the others it stays 200
 * (`spec`, as the specification of GraphQL over HTTP has it). Where yoga has its own idea of the status, it keeps that. The errors are
 * copies already, made for this answer alone.
 */
function setStatus({ extensions }: GraphQLError): void {
  if (extensions.unexpected === true || extensions.http !== undefined) return
  extensions.http = { spec: true, status: passing.has(extensions.code) ? 503 : 400 }
}
