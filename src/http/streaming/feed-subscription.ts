import { randomUUID } from 'node:crypto'
import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  Kind,
  print,
  type SelectionSetNode,
  separateOperations,
  TypeInfo,
  type VariableValues,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { assumedListRows } from '../../../schema/builder.ts'
import { feedScopes, serializeAccessScope, type Viewer } from '../../auth/viewer.ts'
import type { SubscriptionOperation } from '../../feed/subscription.ts'
import { toCanonicalJson } from '../../model/canonical-json.ts'
import type { ChangeFilter } from '../../model/change-filter.ts'
import { InvalidPageRequest, readPageSize } from '../../model/paging.ts'
import type { PreparedOperation } from '../graphql/graphql-request.ts'
import { executeOperation, serializeResult } from '../graphql/operation-execution.ts'
import { isSelected, measureOperation } from '../graphql/operation-size.ts'
import type { OperationServices } from './operation-services.ts'

/** A subscription for the hub, and the cursor to resume from. */
export type FeedSubscription = SubscriptionOperation & { readonly after: string | null }

/** Reads the filter of changes from the arguments of a subscription's root field (`extensions.filterOf` in the graph). */
type ReadFilter = (args: Readonly<Record<string, unknown>>) => ChangeFilter

type SubscriptionServices = Pick<OperationServices, 'engines' | 'schemas' | 'log' | 'verifiedSubscriptions'>

/**
 * Prepares a validated subscription for the hub. Rejects with a `GraphQLError`, or with an `AggregateError` of them, if the variables are
 * invalid, if the viewer lacks a scope, or if the operation fails for every batch. The latter is checked by executing it once with an
 * empty batch.
 *
 * Operations that differ only in `after` have the same group key and share their executions.
 */
export async function createFeedSubscription(
  services: SubscriptionServices,
  prepared: PreparedOperation,
  viewer: Viewer,
): Promise<FeedSubscription> {
  // Checked here, since the `subscribe` resolvers of the graph, which require the same scopes, are never called: batches are executed with `execute`.
  if (!feedScopes.every((scope) => viewer.scopes.has(scope))) throw createForbiddenError()
  const schema = services.schemas[viewer.graph]
  const rootField = findRootField(prepared.operation.selectionSet, prepared)
  const field = schema.getSubscriptionType()?.getFields()[rootField.name.value]
  const readFilter = field?.extensions.filterOf as ReadFilter | undefined
  if (field === undefined || readFilter === undefined)
    throw new Error(`${rootField.name.value} has no filterOf in its extensions`)

  const definitions = prepared.operation.variableDefinitions ?? []
  const { variableValues, errors } = getVariableValues(schema, definitions, prepared.params.variables ?? {})
  if (variableValues === undefined) throw new AggregateError(errors)
  const args = getArgumentValues(field, rootField, variableValues)
  checkArguments(schema, extractOperation(prepared), variableValues)

  const render: SubscriptionOperation['render'] = async (batch) => {
    const requestId = randomUUID()
    const result = await executeOperation(services.engines, prepared, { viewer, requestId }, batch)
    return serializeResult(result, requestId, services.log)
  }
  const key = createSubscriptionKey(prepared, rootField, variableValues.coerced, viewer)
  if (services.verifiedSubscriptions.get(key) === undefined)
    await runOverEmptyBatch(services, prepared, viewer)
  services.verifiedSubscriptions.set(key, true)
  return {
    key,
    filter: readFilter(args),
    maxChangesPerBatch: computeMaxChangesPerBatch(schema, prepared, viewer),
    render,
    after: typeof args.after === 'string' ? args.after : null,
  }
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
  { engines }: SubscriptionServices,
  prepared: PreparedOperation,
  viewer: Viewer,
): Promise<void> {
  const context = { viewer, requestId: randomUUID() }
  const { cursor } = await engines[viewer.graph].getEnveloped({ ...context }).contextFactory()
  const { errors } = await executeOperation(engines, prepared, context, { cursor, gap: null, changes: [] })
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

/** Creates the group key: the normalized operation without `after` of the root field, the variables that it uses, and the viewer's access scope. */
function createSubscriptionKey(
  prepared: PreparedOperation,
  rootField: FieldNode,
  variables: Readonly<Record<string, unknown>>,
  viewer: Viewer,
): string {
  const ownOperation = extractOperation(prepared)
  const isAfter = (argument: ArgumentNode) => argument.name.value === 'after'
  const usedVariables = new Set<string>()
  const withoutAfter = visit(ownOperation, {
    Field: (node) => {
      if (node === rootField)
        return { ...node, arguments: node.arguments?.filter((argument) => !isAfter(argument)) ?? [] }
      return undefined
    },
    VariableDefinition: () => false,
    Variable: (node) => void usedVariables.add(node.name.value),
  })
  // Coerced values are no deeper than the input types of the graph.
  const values = Object.fromEntries([...usedVariables].map((name) => [name, variables[name] ?? null]))
  return toCanonicalJson([print(withoutAfter), values, serializeAccessScope(viewer)])
}

function createForbiddenError(): GraphQLError {
  const message = `Subscriptions require the scopes ${feedScopes.join(' and ')}. Use an API key or token that has them.`
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } })
}
