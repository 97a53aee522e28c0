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
  /** From the argument's name on. */
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

/** Every `Type.field` of the graph, those of interfaces too. */
export function fieldCoordinates(schema: GraphQLSchema): readonly string[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'))
    .flatMap((type) =>
      Object.keys((type as GraphQLObjectType).getFields()).map((name) => `${type.name}.${name}`),
    )
}

/** Every way to say something to the graph. */
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

/** Everything that can be asked of a type; of the objects in its edges and lists, which they are. */
export function createSelection(schema: GraphQLSchema, type: GraphQLOutputType, isDeep = true): string {
  const named = getNamedType(type)
  if (isLeafType(named)) return ''
  if (!isDeep && isNodeType(named.name)) return '{ __typename id seamId }'
  if (isInterfaceType(named) || isUnionType(named)) {
    const kinds = schema.getPossibleTypes(named)
    // Fields of one name in several kinds of objects may differ: those are asked for kind by kind.
    const areDeep = isDeep && !kinds.some(({ name }) => isNodeType(name))
    return `{ __typename ${kinds.map((kind) => `... on ${kind.name} ${createSelection(schema, kind, areDeep)}`).join(' ')} }`
  }
  if (!isObjectType(named)) throw new Error(`${type} is of a kind that the graph has not had so far`)
  const fields = Object.values(named.getFields()).map((field) => {
    const rule = fieldRules[named.name]?.[field.name]
    // A whole list of whole objects would cost too much; each object is asked for by itself.
    const isWay =
      /Connection$/.test(named.name) ||
      isNodeType(named.name) ||
      rule === 'within' ||
      typeof rule === 'object'
    const page = field.args.some((arg) => arg.name === 'first') ? '(first: 100)' : ''
    return `${field.name}${page} ${createSelection(schema, field.type, isDeep && !isWay)}`
  })
  return `{ __typename ${fields.join(' ')} }`
}

/** Chooses an id for whatever an argument must have beside the one that is tried. */
export type ChooseId = (rule: { readonly id: NodeType | 'any' }) => string

/** The arguments of a field with a value at a path, and no more than they must have beside it. */
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
  if (rule === 'mine') return 'whe_none'
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
  // Refused without a look at the network.
  url: 'https://10.0.0.1/',
  _Any: { __typename: 'AcsUser', id: '' },
}

/** A document that asks for one field, and its variables: a root field, or a field of the node `of`. */
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
