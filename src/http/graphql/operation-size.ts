import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  getVariableValues,
  isAbstractType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type VariableValues,
} from 'graphql'
import { createTooComplexError } from '../../../schema/graph-errors.ts'
import type { Viewer } from '../../auth/viewer.ts'
import type { PreparedOperation } from './graphql-request.ts'

/**
 * Limits of one operation. `depth` is the number of nested levels of fields, `breadth` the total number of fields. In `complexity` a field
 * costs 1, and the fields below a connection are multiplied by the page size (`first` or `last`, default 20): a hundred users with ten
 * credentials each and ten entrances per credential come to about 50,000. `introspection` estimates the number of fields in an
 * introspection result; the full query of common tools has a quarter of the limit. `selections` limits the work of the measurement:
 * the number of visited fields and fragments, once for each possible type.
 */
export const operationLimits = {
  complexity: 100_000,
  depth: 20,
  breadth: 200,
  introspection: 1_000_000,
  selections: 20_000,
} as const

/** Upper bounds of an operation's size when it is executed. */
export type OperationSize = Readonly<Record<'complexity' | 'depth' | 'breadth' | 'introspection', number>>

/** Estimated sizes of the lists of introspection. */
const introspectionListSizes: Readonly<Record<string, number>> = {
  types: 100,
  fields: 12,
  inputFields: 8,
  possibleTypes: 8,
  enumValues: 6,
  directives: 6,
  args: 3,
  interfaces: 2,
}
const introspectionRootFields = new Set(['__schema', '__type'])
const zeroSize: OperationSize = { complexity: 0, depth: 0, breadth: 0, introspection: 0 }

/**
 * Measures a valid operation with its variables. Selections that `@skip` or `@include` exclude do not count, and each response key counts
 * once, even if several fragments select it. An abstract type counts as the largest of its object types.
 *
 * Returns `null` if the variables are invalid: the execution returns the error and executes nothing. Throws QUERY_TOO_COMPLEX if the
 * measurement exceeds `operationLimits.selections`.
 */
export function measureOperation(
  schema: GraphQLSchema,
  { document, operation, params }: PreparedOperation,
  viewer: Viewer,
): OperationSize | null {
  const definitions = operation.variableDefinitions ?? []
  const { variableValues } = getVariableValues(schema, definitions, params.variables ?? {})
  const root = schema.getRootType(operation.operation)
  if (variableValues === undefined || root == null) return null
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  return createSizeMeter({ schema, fragments, variables: variableValues, viewer })(
    [operation.selectionSet],
    root,
  )
}

/** Throws QUERY_TOO_COMPLEX if the size exceeds a limit. */
export function checkOperationSize(size: OperationSize): void {
  for (const limit of ['depth', 'breadth', 'complexity', 'introspection'] as const)
    if (size[limit] > operationLimits[limit])
      throw createTooComplexError(limit, size[limit], operationLimits[limit])
}

/** Whether a selection is included by its `@skip` and `@include` directives. Throws if their variables are invalid. */
export function isSelected(node: SelectionNode, variables: VariableValues): boolean {
  if (node.directives === undefined || node.directives.length === 0) return true
  const skip = getDirectiveValues(GraphQLSkipDirective, node, variables)
  const include = getDirectiveValues(GraphQLIncludeDirective, node, variables)
  return skip?.if !== true && include?.if !== false
}

type SizeMeterOptions = {
  readonly schema: GraphQLSchema
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly variables: VariableValues
  readonly viewer: Viewer
}

/** The field nodes of one object, grouped by response key. */
type FieldsByResponseKey = Map<string, FieldNode[]>

function createSizeMeter({ schema, fragments, variables, viewer }: SizeMeterOptions) {
  let visitedCount = 0

  function measure(sets: readonly SelectionSetNode[], type: GraphQLOutputType): OperationSize {
    let size = zeroSize
    for (const objectType of listObjectTypes(schema, type))
      size = maxOfSizes(size, measureObject(sets, objectType))
    return size
  }

  function measureObject(sets: readonly SelectionSetNode[], type: GraphQLObjectType): OperationSize {
    const groups: FieldsByResponseKey = new Map()
    const spreadFragments = new Set<string>()
    for (const set of sets) collectFields(set, type, groups, spreadFragments)
    let size = zeroSize
    for (const nodes of groups.values()) size = addSizes(size, measureField(nodes, type))
    return size
  }

  /** Collects fields as the execution does (`CollectFields` of the GraphQL specification): each fragment once per object. */
  function collectFields(
    { selections }: SelectionSetNode,
    type: GraphQLObjectType,
    groups: FieldsByResponseKey,
    spreadFragments: Set<string>,
  ) {
    for (const selection of selections) {
      const maxSelections = operationLimits.selections
      if (++visitedCount > maxSelections)
        throw createTooComplexError('selections', visitedCount, maxSelections)
      if (!canRun(selection, variables)) continue
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value
        const group = groups.get(key)
        if (group === undefined) groups.set(key, [selection])
        else group.push(selection)
        continue
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        if (spreadFragments.has(selection.name.value)) continue
        spreadFragments.add(selection.name.value)
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value)
      if (fragment !== undefined && isFragmentApplicable(schema, fragment.typeCondition?.name.value, type))
        collectFields(fragment.selectionSet, type, groups, spreadFragments)
    }
  }

  function measureField(nodes: readonly FieldNode[], parent: GraphQLObjectType): OperationSize {
    const [node] = nodes as [FieldNode]
    const field = schema.getField(parent, node.name.value)
    const cost = field === undefined ? null : readFieldCost(field, node, parent)
    if (field === undefined || cost === null) return leafSize
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    const childSize = sets.length === 0 ? zeroSize : measure(sets, getNamedType(field.type))
    const isIntrospection = introspectionRootFields.has(node.name.value)
    if (isIntrospection) return { ...leafSize, introspection: 1 + childSize.complexity }
    return {
      complexity: cost.field + cost.multiplier * childSize.complexity,
      depth: 1 + childSize.depth,
      breadth: 1 + childSize.breadth,
      introspection: childSize.introspection,
    }
  }

  /** Reads the cost that the field declares as `complexity`. Returns `null` if its arguments are invalid: then it is not executed. */
  function readFieldCost(
    field: GraphQLField<unknown, unknown>,
    node: FieldNode,
    parent: GraphQLObjectType,
  ): FieldCost | null {
    if (parent.name.startsWith('__')) return { field: 1, multiplier: introspectionListSizes[field.name] ?? 1 }
    const declared = field.extensions.complexity as DeclaredCost | undefined
    try {
      const cost =
        typeof declared === 'function'
          ? declared(getArgumentValues(field, node, variables), { viewer }, field)
          : declared
      if (typeof cost === 'number') return { field: cost, multiplier: 1 }
      return { field: cost?.field ?? 1, multiplier: Math.max(0, cost?.multiplier ?? 1) }
    } catch {
      return null
    }
  }

  return measure
}

const leafSize: OperationSize = { ...zeroSize, complexity: 1, depth: 1, breadth: 1 }

type FieldCost = { readonly field: number; readonly multiplier: number }
type DeclaredCost =
  | number
  | Partial<FieldCost>
  | ((args: object, context: { viewer: Viewer }, field: unknown) => number | Partial<FieldCost>)

function listObjectTypes(schema: GraphQLSchema, type: GraphQLOutputType): readonly GraphQLObjectType[] {
  if (isObjectType(type)) return [type]
  return isAbstractType(type) ? schema.getPossibleTypes(type) : []
}

function isFragmentApplicable(
  schema: GraphQLSchema,
  condition: string | undefined,
  type: GraphQLObjectType,
): boolean {
  if (condition === undefined || condition === type.name) return true
  const conditional = schema.getType(condition)
  return isAbstractType(conditional) && schema.isSubType(conditional, type)
}

/** Whether a selection is executed. A selection with an invalid condition is not: the execution reports an error instead. */
function canRun(node: SelectionNode, variables: VariableValues): boolean {
  try {
    return isSelected(node, variables)
  } catch {
    return false
  }
}

function addSizes(left: OperationSize, right: OperationSize): OperationSize {
  return {
    complexity: left.complexity + right.complexity,
    depth: Math.max(left.depth, right.depth),
    breadth: left.breadth + right.breadth,
    introspection: left.introspection + right.introspection,
  }
}

function maxOfSizes(left: OperationSize, right: OperationSize): OperationSize {
  return {
    complexity: Math.max(left.complexity, right.complexity),
    depth: Math.max(left.depth, right.depth),
    breadth: Math.max(left.breadth, right.breadth),
    introspection: Math.max(left.introspection, right.introspection),
  }
}
