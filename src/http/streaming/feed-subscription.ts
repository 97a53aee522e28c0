import { randomUUID } from 'node:crypto'
import {
  type DocumentNode,
  type ExecutionResult,
  executeSubscriptionEvent,
  type FieldNode,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionSetNode,
  separateOperations,
  TypeInfo,
  type VariableValues,
  validateSubscriptionArgs,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { assumedListRows } from '../../../schema/builder.ts'
import type { GraphContext } from '../../../schema/context.ts'
import { feedScopes, serializeAccessScope, type Viewer } from '../../auth/viewer.ts'
import type { Batch, RenderedBatch, SubscriptionOperation } from '../../feed/subscription.ts'
import { toCanonicalJson } from '../../model/canonical-json.ts'
import type { ChangeFilter } from '../../model/change-filter.ts'
import { InvalidPageRequest, readPageSize } from '../../model/paging.ts'
import { maskError } from '../graphql/graphql-errors.ts'
import type { PreparedOperation } from '../graphql/graphql-request.ts'
import { serializeResult } from '../graphql/operation-execution.ts'
import { isSelected, measureOperation } from '../graphql/operation-size.ts'
import type { OperationServices } from './operation-services.ts'

/** A subscription for the hub, and what only its own subscriber has: the cursor to resume from and the alias of the root field. */
export type FeedSubscription = SubscriptionOperation & {
  readonly after: string | null
  /** Returns the body of a batch with the alias of this subscriber. */
  formatBody(batch: RenderedBatch): string
}

/** Reads the filter of changes from the arguments of a subscription's root field (`extensions.filterOf` in the graph). */
type ReadFilter = (args: Readonly<Record<string, unknown>>) => ChangeFilter

type SubscriptionServices = Pick<
  OperationServices,
  'createContext' | 'schemas' | 'log' | 'metrics' | 'verifiedSubscriptions'
>

/**
 * Prepares a validated subscription for the hub. Rejects with a `GraphQLError`, or with an `AggregateError` of them, if the variables are
 * invalid, if the viewer lacks a scope, or if the operation fails for every batch. The latter is checked by executing it once with an
 * empty batch.
 *
 * Operations that differ only in `after`, in their name or in the alias of the root field have the same group key and share their
 * executions.
 */
export async function createFeedSubscription(
  services: SubscriptionServices,
  prepared: PreparedOperation,
  viewer: Viewer,
): Promise<FeedSubscription> {
  // Checked here, since the `subscribe` resolvers of the graph, which require the same scopes, are never called: the feed executes batches.
  if (!feedScopes.every((scope) => viewer.scopes.has(scope))) throw createForbiddenError()
  const { metrics, schemas } = services
  const schema = schemas[viewer.graph]
  const { rootField, shared, text, usedVariables } = normalizeSubscription(prepared)
  const fieldName = rootField.name.value
  const field = schema.getSubscriptionType()?.getFields()[fieldName]
  const readFilter = field?.extensions.filterOf as ReadFilter | undefined
  if (field === undefined || readFilter === undefined)
    throw new Error(`${fieldName} has no filterOf in its extensions`)

  const definitions = prepared.operation.variableDefinitions ?? []
  const { variableValues, errors } = getVariableValues(schema, definitions, prepared.params.variables ?? {})
  if (variableValues === undefined) throw new AggregateError(errors)
  const args = getArgumentValues(field, rootField, variableValues)
  const values = selectValues(variableValues, usedVariables)
  const key = toCanonicalJson([text, values, serializeAccessScope(viewer)])
  const execute = createBatchExecution(services, shared, prepared.params.variables, viewer)
  let verified = services.verifiedSubscriptions.get(key)
  if (verified === undefined) {
    checkArguments(schema, shared, variableValues)
    await runOverEmptyBatch(services, execute, viewer)
    verified = { maxChangesPerBatch: computeMaxChangesPerBatch(schema, prepared, viewer) }
    services.verifiedSubscriptions.set(key, verified)
  }
  return {
    key,
    filter: readFilter(args),
    maxChangesPerBatch: verified.maxChangesPerBatch,
    async render(batch) {
      metrics.countFeedExecution(batch.changes.length)
      const result = await execute(batch)
      metrics.countFeedSerialization(batch.changes.length)
      return serializeResult(result, randomUUID(), services.log)
    },
    after: typeof args.after === 'string' ? args.after : null,
    formatBody: createBodyFormatter(fieldName, rootField.alias?.value ?? fieldName),
  }
}

/** Returns the coerced values of some variables. They are no deeper than the input types of the graph. */
function selectValues(
  { coerced }: VariableValues,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(names.map((name) => [name, coerced[name] ?? null]))
}

type NormalizedSubscription = {
  readonly rootField: FieldNode
  /** The operation and its fragments, without its name and without the alias and `after` of the root field. */
  readonly shared: DocumentNode
  /** Text of `shared` without the definitions of variables. */
  readonly text: string
  readonly usedVariables: readonly string[]
}

const normalizedSubscriptions = new WeakMap<OperationDefinitionNode, NormalizedSubscription>()

function normalizeSubscription(prepared: PreparedOperation): NormalizedSubscription {
  const known = normalizedSubscriptions.get(prepared.operation)
  if (known !== undefined) return known
  const rootField = findRootField(prepared.operation.selectionSet, prepared)
  const usedVariables = new Set<string>()
  const shared = visit(extractOperation(prepared), {
    OperationDefinition: ({ name: _, ...operation }) => operation,
    Field(field) {
      if (field !== rootField) return undefined
      const { alias: _, ...unnamedField } = field
      return {
        ...unnamedField,
        arguments: field.arguments?.filter(({ name }) => name.value !== 'after') ?? [],
      }
    },
  })
  const text = print(
    visit(shared, {
      VariableDefinition: () => null,
      Variable: ({ name }) => void usedVariables.add(name.value),
    }),
  )
  const normalized = { rootField, shared, text, usedVariables: [...usedVariables] }
  normalizedSubscriptions.set(prepared.operation, normalized)
  return normalized
}

/** Executes the operation of a group once for each batch. Never rejects. */
type BatchExecution = (batch: Batch) => Promise<ExecutionResult>

/**
 * Creates the execution of a group's operation. Its arguments are validated once, for the first batch. The execution pipeline of the engine is
 * not used, since it takes longer than the execution of a small batch.
 */
function createBatchExecution(
  { createContext, schemas }: SubscriptionServices,
  document: DocumentNode,
  variableValues: PreparedOperation['params']['variables'],
  viewer: Viewer,
): BatchExecution {
  const schema = schemas[viewer.graph]
  let validated: ReturnType<typeof validateSubscriptionArgs> | null = null
  return async (batch) => {
    try {
      validated ??= validateSubscriptionArgs({ schema, document, variableValues })
      if (!('schema' in validated)) return { errors: validated.map(maskError) }
      const contextValue = getBatchContext(createContext, viewer, batch)
      const execution = { ...validated, contextValue, rootValue: batch }
      const result = await executeSubscriptionEvent(execution)
      return result.errors === undefined ? result : { ...result, errors: result.errors.map(maskError) }
    } catch (error) {
      return { errors: [maskError(error)] }
    }
  }
}

/** The last context of a viewer, and the batch that it was created for. */
type BatchContext = {
  readonly cursor: string
  readonly createdAt: number
  readonly context: GraphContext
}

const batchContexts = new WeakMap<Viewer, BatchContext>()

/** Time for which executions of one batch share a context, and so its time. */
const batchContextTtlMs = 50

/**
 * Returns the context of a batch, which the different operations of a viewer share. A context costs about as much as executing a small
 * batch: the scopes of fields are checked once per context.
 */
function getBatchContext(
  createContext: SubscriptionServices['createContext'],
  viewer: Viewer,
  { cursor }: Batch,
): GraphContext {
  const last = batchContexts.get(viewer)
  const now = performance.now()
  if (last !== undefined && last.cursor === cursor && now - last.createdAt < batchContextTtlMs)
    return last.context
  const context = createContext(viewer)
  batchContexts.set(viewer, { cursor, createdAt: now, context })
  return context
}

/**
 * Creates a function that returns the body of a batch with an alias in place of the name of the root field. The subscribers with the same
 * alias share the text.
 */
function createBodyFormatter(fieldName: string, alias: string): FeedSubscription['formatBody'] {
  if (alias === fieldName) return readBody
  const head = `{"data":{"${fieldName}":`
  return (batch) => {
    const bodies = bodiesByAlias.get(batch) ?? new Map<string, string>()
    bodiesByAlias.set(batch, bodies)
    const known = bodies.get(alias)
    if (known !== undefined) return known
    const { body } = batch
    const aliased = body.startsWith(head)
      ? `{"data":{"${alias}":${body.slice(head.length)}`
      : renameRootField(body, fieldName, alias)
    bodies.set(alias, aliased)
    return aliased
  }
}

const readBody: FeedSubscription['formatBody'] = ({ body }) => body

const bodiesByAlias = new WeakMap<RenderedBatch, Map<string, string>>()

/** Replaces the name of the root field in the data and in the paths of errors. */
function renameRootField(body: string, fieldName: string, alias: string): string {
  const { data, errors = [], ...rest } = JSON.parse(body) as FormattedExecutionResult
  const renamedErrors = errors.map((error) =>
    error.path?.[0] === fieldName ? { ...error, path: [alias, ...error.path.slice(1)] } : error,
  )
  const renamedData = data == null ? data : { [alias]: data[fieldName] }
  return JSON.stringify({ errors: renamedErrors, data: renamedData, ...rest })
}

/** Maximum complexity of one execution of a batch, which runs in one turn of the event loop unless it waits for Seam. */
const maxBatchComplexity = 25_000
const maxBatchSize = 500

/** Computes the maximum number of changes per batch. The measured complexity of the subscription is that of `assumedListRows` changes. */
function computeMaxChangesPerBatch(
  schema: GraphQLSchema,
  prepared: PreparedOperation,
  viewer: Viewer,
): number {
  const complexity = measureOperation(schema, prepared, viewer)?.complexity ?? 1
  return Math.max(1, Math.min(maxBatchSize, Math.floor((maxBatchComplexity * assumedListRows) / complexity)))
}

/**
 * Checks the arguments of all fields with the variables. The fields below `changes` are not executed for an empty batch, so errors such as
 * `null` for a required value or an excessive page size would otherwise appear only with the first change.
 */
function checkArguments(schema: GraphQLSchema, document: DocumentNode, variables: VariableValues): void {
  const types = new TypeInfo(schema)
  visit(
    document,
    visitWithTypeInfo(types, {
      enter(node) {
        if (
          node.kind !== Kind.FIELD &&
          node.kind !== Kind.INLINE_FRAGMENT &&
          node.kind !== Kind.FRAGMENT_SPREAD
        )
          return undefined
        if (!isSelected(node, variables)) return false
        const definition = types.getFieldDef()
        if (node.kind !== Kind.FIELD || definition == null) return undefined
        const args = getArgumentValues(definition, node, variables)
        if ('first' in args || 'last' in args) checkPageSize(args)
        return undefined
      },
    }),
  )
}

function checkPageSize(args: Readonly<Record<string, unknown>>): void {
  try {
    readPageSize(args)
  } catch (error) {
    if (!(error instanceof InvalidPageRequest)) throw error
    throw new GraphQLError(error.message, { extensions: { code: 'BAD_USER_INPUT' } })
  }
}

async function runOverEmptyBatch(
  { createContext }: SubscriptionServices,
  execute: BatchExecution,
  viewer: Viewer,
): Promise<void> {
  const { cursor } = createContext(viewer)
  const { errors } = await execute({ cursor, gap: null, changes: [] })
  if (errors !== undefined && errors.length > 0) throw new AggregateError(errors)
}

/** Returns the root field, possibly from a fragment. Validation has checked that there is exactly one. */
function findRootField(selectionSet: SelectionSetNode, prepared: PreparedOperation): FieldNode {
  const [selection] = selectionSet.selections
  if (selection?.kind === Kind.FIELD) return selection
  if (selection?.kind === Kind.INLINE_FRAGMENT) return findRootField(selection.selectionSet, prepared)
  for (const definition of prepared.document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection?.name.value)
      return findRootField(definition.selectionSet, prepared)
  throw new GraphQLError('A subscription must have exactly one root field.')
}

/** Returns a document with the operation and the fragments that it uses, without other operations. */
function extractOperation({ document, operation }: PreparedOperation): DocumentNode {
  return separateOperations(document)[operation.name?.value ?? ''] ?? document
}

function createForbiddenError(): GraphQLError {
  const message = `Subscriptions require the scopes ${feedScopes.join(' and ')}. Use an API key or token that has them.`
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } })
}
