import {
  type ConstDirectiveNode,
  GraphQLError,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  Kind,
  lexicographicSortSchema,
  type NameNode,
  parse,
  print,
  printSchema,
  visit,
} from 'graphql'
import { all } from '../src/catalog/answer.ts'
import type { Answer, View } from '../src/catalog/view.ts'
import { decodeNodeId } from '../src/model/ids.ts'
import { builder, forPartners } from './builder.ts'
import { badInput } from './errors.ts'
import { type NodeShape, nodeTypeOf } from './node.ts'
import { fetchNode } from './nodes.ts'
import { AcsCredential, AcsEntrance, AcsSystem, AcsUser, UserIdentity } from './refs.ts'

// What a router of Apollo Federation 2 asks to join this graph into a larger one (its "Apollo Federation subgraph specification"). The
// names that begin with one underscore are the specification's.

const linked = 'https://specs.apollo.dev/federation/v2.3'
const entities = [AcsSystem, AcsUser, AcsEntrance, AcsCredential, UserIdentity]
const entityNames: readonly string[] = entities.map(({ name }) => name)
/** Stands in every graph that pages alike, and may come from any of those that are joined. */
const sharedNames: readonly string[] = ['PageInfo']
/** What a router adds by itself. */
const ownNames: readonly string[] = ['_Any', '_Entity', '_Service', '_entities', '_service']
const entitiesAtMost = 1_000

const Any = builder.scalarType('_Any', {
  description: 'What a router knows of a thing: an object with `__typename` and `id`.',
  serialize: (value) => value,
  parseValue(value) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    throw new GraphQLError('A representation is an object with __typename and id.', {
      extensions: { code: 'BAD_USER_INPUT' },
    })
  },
})

const Entity = builder.unionType('_Entity', {
  description: 'What other graphs can refer to and add to, by `id`.',
  types: entities,
  resolveType: (node) => nodeTypeOf(node as NodeShape),
})

const Service = builder.objectRef<GraphQLSchema>('_Service').implement({
  description: 'This graph, for a router to join it into a larger one.',
  fields: (t) => ({
    sdl: t.string({
      description: "The graph that this key has, with Apollo Federation's directives.",
      resolve: sdlOf,
    }),
  }),
})

builder.queryFields((t) => ({
  _service: t.field({
    subGraphs: forPartners,
    type: Service,
    description: 'What a router of Apollo Federation 2 composes a larger graph of.',
    resolve: (_root, _args, _context, { schema }) => schema,
  }),
  _entities: t.field({
    subGraphs: forPartners,
    type: [Entity],
    nullable: { list: false, items: true },
    description:
      'What a router asks for things by: at most 1,000 of them, in order; `null` for what is not there within reach.',
    args: { representations: t.arg({ type: [Any], required: true, description: 'Which things.' }) },
    complexity: ({ representations }) => ({
      field: 1,
      multiplier: Math.min(representations.length, entitiesAtMost),
    }),
    resolve: (_root, { representations: asked }, { view }, info) => {
      if (asked.length > entitiesAtMost)
        throw badInput(
          'representations',
          `There may be at most ${entitiesAtMost} representations; there are ${asked.length}.`,
        )
      return all(asked.map((each, index) => entityOf(view, info, each, index))) as never
    },
  }),
}))

/** One thing; an error stands in its place, and leaves the others alone. */
function entityOf(
  view: View,
  info: GraphQLResolveInfo,
  representation: unknown,
  index: number,
): Answer<NodeShape | GraphQLError | null> {
  const { __typename: name, id } = representation as { readonly __typename?: unknown; readonly id?: unknown }
  const argument = `representations.${index}`
  if (typeof name !== 'string' || !entityNames.includes(name))
    return badInput(argument, `${argument} has a __typename that is none of ${entityNames.join(', ')}.`)
  if (typeof id !== 'string' || decodeNodeId(id)?.type !== name)
    return badInput(argument, `${argument} has an id that is none of ${name}.`)
  return fetchNode(view, info, argument, id)
}

/** Prints a graph as a router reads it: with the keys of what others can refer to, and without what the router adds by itself. */
function sdlOf(schema: GraphQLSchema): string {
  const known = printed.get(schema)
  if (known !== undefined) return known
  const dropped = ({ name }: { readonly name: NameNode }) =>
    ownNames.includes(name.value) ? null : undefined
  const document = visit(parse(printSchema(lexicographicSortSchema(schema))), {
    ScalarTypeDefinition: dropped,
    UnionTypeDefinition: dropped,
    FieldDefinition: dropped,
    ObjectTypeDefinition(node) {
      const directives = directivesOf(node.name.value)
      return directives === null ? dropped(node) : { ...node, directives }
    },
  })
  const sdl = `extend schema @link(url: "${linked}", import: ["@key", "@shareable"])\n\n${print(document)}\n`
  printed.set(schema, sdl)
  return sdl
}

const printed = new WeakMap<GraphQLSchema, string>()

function directivesOf(type: string): readonly ConstDirectiveNode[] | null {
  if (entityNames.includes(type)) return [directive('key', { fields: 'id' })]
  return sharedNames.includes(type) ? [directive('shareable', {})] : null
}

function directive(name: string, args: Readonly<Record<string, string>>): ConstDirectiveNode {
  const nameNode = (value: string) => ({ kind: Kind.NAME, value }) as const
  return {
    kind: Kind.DIRECTIVE,
    name: nameNode(name),
    arguments: Object.entries(args).map(([key, value]) => ({
      kind: Kind.ARGUMENT,
      name: nameNode(key),
      value: { kind: Kind.STRING, value },
    })),
  }
}
