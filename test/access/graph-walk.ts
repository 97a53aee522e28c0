import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
} from 'graphql'
import { type NodeType, nodeTypes } from '../../src/model/ids.ts'
import { type ArgumentRule, argumentRule, fieldRules } from './expected-rules.ts'

/** One argument, or one field of its input object, of one field of the graph. */
export type ArgumentPath = {
  readonly parent: GraphQLObjectType
  readonly field: GraphQLField<unknown, unknown>
  /** The argument's name, then the names of the input fields down to this one. */
  readonly steps: readonly string[]
  /** `Type.field.argument`, or `Input.field` within an input object. */
  readonly coordinate: string
  readonly type: GraphQLInputType
  readonly rule: ArgumentRule | undefined
}

export const formatArgumentPath = ({ parent, field, steps }: ArgumentPath): string =>
  `${parent.name}.${field.name}(${steps.join('.')})`

export function objectTypes(schema: GraphQLSchema): readonly GraphQLObjectType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
  )
}

/** Returns every `Type.field` of the graph, including those of interfaces. */
export function fieldCoordinates(schema: GraphQLSchema): readonly string[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'))
    .flatMap((type) =>
      Object.keys((type as GraphQLObjectType).getFields()).map((name) => `${type.name}.${name}`),
    )
}

/** Lists every argument and every input field below it, of every field of the graph. */
export function argumentPaths(schema: GraphQLSchema): readonly ArgumentPath[] {
  return objectTypes(schema).flatMap((parent) =>
    Object.values(parent.getFields()).flatMap((field) =>
      field.args.flatMap((arg) =>
        below(parent, field, arg, [arg.name], `${parent.name}.${field.name}.${arg.name}`, []),
      ),
    ),
  )
}

function below(
  parent: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  { type }: GraphQLArgument | GraphQLInputField,
  steps: readonly string[],
  coordinate: string,
  seen: readonly string[],
): readonly ArgumentPath[] {
  const path = { parent, field, steps, coordinate, type, rule: argumentRule(coordinate, String(type)) }
  const named = getNamedType(type)
  if (!isInputObjectType(named) || seen.includes(named.name)) return [path]
  const inner = Object.values(named.getFields()).flatMap((input) =>
    below(parent, field, input, [...steps, input.name], `${named.name}.${input.name}`, [...seen, named.name]),
  )
  return [path, ...inner]
}

export const isNodeType = (name: unknown): name is NodeType =>
  (nodeTypes as readonly unknown[]).includes(name)

/** Creates the selection of all fields of a type, and of the type and id of each object in its edges and lists. */
export function createSelection(schema: GraphQLSchema, type: GraphQLOutputType, isDeep = true): string {
  const named = getNamedType(type)
  if (isLeafType(named)) return ''
  if (!isDeep && isNodeType(named.name)) return '{ __typename id seamId }'
  if (isInterfaceType(named) || isUnionType(named)) {
    const kinds = schema.getPossibleTypes(named)
    // Fields of the same name may have conflicting types in several node types: only their type and id are selected.
    const areDeep = isDeep && !kinds.some(({ name }) => isNodeType(name))
    return `{ __typename ${kinds.map((kind) => `... on ${kind.name} ${createSelection(schema, kind, areDeep)}`).join(' ')} }`
  }
  if (!isObjectType(named)) throw new Error(`${type} is of a kind that this walk does not support`)
  const fields = Object.values(named.getFields()).map((field) => {
    const rule = fieldRules[named.name]?.[field.name]
    // All fields of all objects of a list would be too complex; each object is queried individually.
    const isShallow =
      /Connection$/.test(named.name) ||
      isNodeType(named.name) ||
      rule === 'within' ||
      typeof rule === 'object'
    const page = field.args.some((arg) => arg.name === 'first') ? '(first: 100)' : ''
    return `${field.name}${page} ${createSelection(schema, field.type, isDeep && !isShallow)}`
  })
  return `{ __typename ${fields.join(' ')} }`
}

/** Chooses the id for another required argument beside the tested one. */
export type ChooseId = (rule: { readonly id: NodeType | 'any' }) => string

/** Returns a field's arguments: the value at the path, and sample values for the other required arguments and input fields. */
export function createArguments(
  { field, parent, steps }: Pick<ArgumentPath, 'field' | 'parent' | 'steps'>,
  value: unknown,
  choose: ChooseId,
): Readonly<Record<string, unknown>> {
  const [first, ...rest] = steps
  return Object.fromEntries(
    field.args
      .filter((arg) => arg.name === first || isRequiredArgument(arg))
      .map((arg) => {
        const coordinate = `${parent.name}.${field.name}.${arg.name}`
        const at = arg.name === first ? { steps: rest, value } : null
        return [arg.name, argumentValue(arg.type, coordinate, at, choose)]
      }),
  )
}

function argumentValue(
  type: GraphQLInputType,
  coordinate: string,
  at: { readonly steps: readonly string[]; readonly value: unknown } | null,
  choose: ChooseId,
): unknown {
  const plain = getNullableType(type)
  if (isListType(plain)) return [argumentValue(plain.ofType, coordinate, at, choose)]
  if (isInputObjectType(plain)) {
    const [first, ...rest] = at?.steps ?? []
    return Object.fromEntries(
      Object.values(plain.getFields())
        .filter((field) => field.name === first || isRequiredInputField(field))
        .map((field) => {
          const inner = field.name === first ? { steps: rest, value: at?.value } : null
          return [field.name, argumentValue(field.type, `${plain.name}.${field.name}`, inner, choose)]
        }),
    )
  }
  if (at !== null) return at.value
  const rule = argumentRule(coordinate, String(type))
  if (typeof rule === 'object' && 'id' in rule) return choose(rule)
  if (rule === 'mine' || rule === 'admin') return 'none'
  if (isEnumType(plain)) return plain.getValues()[0]?.name
  return samples[coordinate.split('.').at(-1) ?? ''] ?? samples[plain.name]
}

const samples: Readonly<Record<string, unknown>> = {
  emailAddress: 'somebody@example.com',
  phoneNumber: '+15555550123',
  String: 'somebody',
  Boolean: false,
  Int: 1,
  DateTime: new Date(Date.now() + 3_600_000).toISOString(),
  URL: 'https://example.com/',
  // Rejected without a DNS lookup or connection.
  url: 'https://10.0.0.1/',
  _Any: { __typename: 'AcsUser', id: '' },
}

/** Creates a document that queries one field, and its variables: a root field, or a field of the node with the id `of`. */
export function createDocument(
  schema: GraphQLSchema,
  { parent, field }: Pick<ArgumentPath, 'parent' | 'field'>,
  args: Readonly<Record<string, unknown>>,
  of: string | null = null,
): { query: string; variables: Record<string, unknown> } {
  const given = field.args.filter((arg) => arg.name in args)
  const root = [schema.getSubscriptionType(), schema.getMutationType()].includes(parent)
    ? parent.name.toLowerCase()
    : 'query'
  const declared = [
    ...given.map((arg) => `$${arg.name}: ${arg.type}`),
    ...(of === null ? [] : ['$parentId: ID!']),
  ]
  const passed = given.map((arg) => `${arg.name}: $${arg.name}`)
  const call = `${field.name}${passed.length === 0 ? '' : `(${passed.join(', ')})`} ${createSelection(schema, field.type)}`
  const body =
    of === null ? call : `node(id: $parentId) { __typename ... on ${parent.name} { seamId ${call} } }`
  return {
    query: `${root}${declared.length === 0 ? '' : `(${declared.join(', ')})`} { ${body} }`,
    variables: { ...args, ...(of === null ? {} : { parentId: of }) },
  }
}
