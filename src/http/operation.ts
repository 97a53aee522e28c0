import { randomUUID } from 'node:crypto'
import {
  type ArgumentNode,
  type FieldNode,
  GraphQLError,
  getArgumentValues,
  getVariableValues,
  Kind,
  print,
  type SelectionSetNode,
  separateOperations,
  visit,
} from 'graphql'
import { sightOf, type Viewer } from '../auth/viewer.ts'
import type { Operation } from '../feed/hub.ts'
import type { Change } from '../model/change.ts'
import { executeOnce, isRecord, type Prepared, serialise } from './execution.ts'
import type { Transport } from './transport.ts'

/** A subscription that is ready to join the feed, and the cursor it wants to continue from. */
export type FeedOperation = Operation & { readonly after: string | null }

/** A subscription's root field tells from its arguments which changes it is about (`extensions.wants` in the graph). */
type Wants = (args: Readonly<Record<string, unknown>>) => (change: Change) => boolean

type Operator = Pick<Transport, 'engines' | 'schemas' | 'log' | 'proven'>

/**
 * Makes a validated subscription ready for the hub. Throws a `GraphQLError`, or an `AggregateError` of them, when it can't run at all:
 * variables that don't fit, a viewer without the scopes, or anything else that would fail on every batch – found out by running
 * it once over a batch with nothing in it.
 *
 * Operations that differ only in where they continue from share a key, and so their executions: `after` is taken out of it.
 */
export async function createFeedOperation(
  operator: Operator,
  prepared: Prepared,
  viewer: Viewer,
): Promise<FeedOperation> {
  if (!neededScopes.every((scope) => viewer.scopes.has(scope))) throw forbidden()
  const schema = operator.schemas[viewer.graph]
  const root = rootFieldOf(prepared.operation.selectionSet, prepared)
  const field = schema.getSubscriptionType()?.getFields()[root.name.value]
  const wants = field?.extensions.wants as Wants | undefined
  if (field === undefined || wants === undefined)
    throw new Error(`${root.name.value} does not say what it wants`)

  const definitions = prepared.operation.variableDefinitions ?? []
  const { variableValues, errors } = getVariableValues(schema, definitions, prepared.params.variables ?? {})
  if (variableValues === undefined) throw new AggregateError(errors)
  const args = getArgumentValues(field, root, variableValues)

  const render: Operation['render'] = async (batch) => {
    const requestId = randomUUID()
    const result = await executeOnce(operator.engines, prepared, { viewer, requestId }, batch)
    return serialise(result, requestId, operator.log)
  }
  const key = keyOf(prepared, root, variableValues.coerced, viewer)
  if (operator.proven.get(key) === undefined) await rehearse(operator, prepared, viewer)
  operator.proven.set(key, true)
  return {
    key,
    wants: wants(args),
    needsOwners: asksForOwners(args),
    render,
    after: typeof args.after === 'string' ? args.after : null,
  }
}

/** Filters name the owners by these; a change whose owners aren't known has to be looked up before it can be told to match. */
const ownerIds = ['acsSystemId', 'acsUserId', 'acsEntranceId']

function asksForOwners({ filter }: Readonly<Record<string, unknown>>): boolean {
  return isRecord(filter) && ownerIds.some((name) => filter[name] != null)
}

async function rehearse({ engines }: Operator, prepared: Prepared, viewer: Viewer): Promise<void> {
  const context = { viewer, requestId: randomUUID() }
  const { cursor } = await engines[viewer.graph].getEnveloped({ ...context }).contextFactory()
  const { errors } = await executeOnce(engines, prepared, context, { cursor, gap: null, changes: [] })
  if (errors !== undefined && errors.length > 0) throw new AggregateError(errors)
}

/** Validation has seen to it that there is exactly one, perhaps inside fragments. */
function rootFieldOf(selectionSet: SelectionSetNode, prepared: Prepared): FieldNode {
  const [selection] = selectionSet.selections
  if (selection?.kind === Kind.FIELD) return selection
  if (selection?.kind === Kind.INLINE_FRAGMENT) return rootFieldOf(selection.selectionSet, prepared)
  for (const definition of prepared.document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection?.name.value)
      return rootFieldOf(definition.selectionSet, prepared)
  throw new GraphQLError('A subscription has exactly one root field.')
}

/** The operation and its fragments in one spelling, without the root field's `after`; the variables it still uses; the sight. */
function keyOf(
  { document, operation }: Prepared,
  root: FieldNode,
  variables: Readonly<Record<string, unknown>>,
  viewer: Viewer,
): string {
  const own = separateOperations(document)[operation.name?.value ?? ''] ?? document
  const isAfter = (argument: ArgumentNode) => argument.name.value === 'after'
  const used = new Set<string>()
  const withoutAfter = visit(own, {
    Field: (node) => {
      if (node === root)
        return { ...node, arguments: node.arguments?.filter((argument) => !isAfter(argument)) ?? [] }
      return undefined
    },
    VariableDefinition: () => false,
    Variable: (node) => void used.add(node.name.value),
  })
  const values = Object.fromEntries([...used].sort().map((name) => [name, variables[name] ?? null]))
  return JSON.stringify([print(withoutAfter), canonical(values), sightOf(viewer)])
}

/** The same value with every object's members in one order. Coerced values are no deeper than the graph's input types. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, canonical(member)]),
  )
}

/** Nobody runs the graph's `subscribe`, where its own rule stands: a batch is executed as any other document is. */
const neededScopes = ['read', 'events'] as const

function forbidden(): GraphQLError {
  const message = `A subscription needs a key with the scopes ${neededScopes.join(' and ')}.`
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } })
}
