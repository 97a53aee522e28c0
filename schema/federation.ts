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
import type { MaybePromise } from '../src/catalog/maybe-promise.ts'
import type { CatalogView } from '../src/catalog/view.ts'
import { encodeNodeId, type NodeType, parseId } from '../src/model/ids.ts'
import { builder, inPartnerGraph } from './builder.ts'
import { createBadInputError } from './graph-errors.ts'
import { getNodeType, type NodeEntity } from './types/node-interface.ts'
import { fetchNode, resolveIndependently } from './types/node-queries.ts'
import { AcsCredential, AcsEntrance, AcsSystem, AcsUser, UserIdentity } from './types/object-refs.ts'

// Fields and types with which a router of Apollo Federation 2 adds this graph to a supergraph (see "Apollo Federation
// subgraph specification"). Names that start with one underscore are defined by the specification.

const federationSpecUrl = 'https://specs.apollo.dev/federation/v2.3'
const entityTypes = [AcsSystem, AcsUser, AcsEntrance, AcsCredential, UserIdentity]
const entityNames: readonly string[] = entityTypes.map(({ name }) => name)
/** Types that all graphs with Relay pagination define. `@shareable` allows several subgraphs to define them. */
const shareableTypeNames: readonly string[] = ['PageInfo']
/** Types and fields that the router adds by itself. */
const routerTypeNames: readonly string[] = ['_Any', '_Entity', '_Service', '_entities', '_service']
const maxEntities = 1_000

const Any = builder.scalarType('_Any', {
  description:
    'Reference to an entity in Apollo Federation: an object with `__typename`, and `id` or `seamId`.',
  serialize: (value) => value,
  parseValue(value) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    throw new GraphQLError('A representation must be an object with __typename, and id or seamId.', {
      extensions: { code: 'BAD_USER_INPUT' },
    })
  },
})

const Entity = builder.unionType('_Entity', {
  description: 'Types that other subgraphs can refer to and extend. Their keys are `id` and `seamId`.',
  types: entityTypes,
  resolveType: (node) => getNodeType(node as NodeEntity),
})

const Service = builder.objectRef<GraphQLSchema>('_Service').implement({
  description: 'Description of this graph for a router of Apollo Federation.',
  fields: (t) => ({
    sdl: t.string({
      description:
        'Schema of this graph with the directives of Apollo Federation, in GraphQL schema definition language (SDL). API keys for the partner graph get the partner graph.',
      resolve: printSubgraphSdl,
    }),
  }),
})

builder.queryFields((t) => ({
  _service: t.field({
    subGraphs: inPartnerGraph,
    type: Service,
    description: 'Schema of this graph for a router of Apollo Federation 2.',
    resolve: (_root, _args, _context, { schema }) => schema,
  }),
  _entities: t.field({
    subGraphs: inPartnerGraph,
    type: [Entity],
    nullable: { list: false, items: true },
    description:
      "Returns entities for a router of Apollo Federation, in the order of `representations`. An entity is `null` if it does not exist in the viewer's access scope. Fails with `BAD_USER_INPUT` for more than 1,000 representations; an invalid representation is an error of its own entity.",
    args: {
      representations: t.arg({
        type: [Any],
        required: true,
        description: 'References to the entities. At most 1,000.',
      }),
    },
    complexity: ({ representations }) => ({
      field: 1,
      multiplier: Math.min(representations.length, maxEntities),
    }),
    resolve: (_root, { representations }, { view }, info) => {
      if (representations.length > maxEntities)
        throw createBadInputError(
          'representations',
          `\`representations\` has ${representations.length} items; the maximum is ${maxEntities}. Send several requests.`,
        )
      return resolveIndependently(representations, (representation, index) =>
        loadEntity(view, info, representation, index),
      ) as never
    },
  }),
}))

/** Returns one entity. An error is returned in its place, so that the other entities are not affected. */
function loadEntity(
  view: CatalogView,
  info: GraphQLResolveInfo,
  representation: unknown,
  index: number,
): MaybePromise<NodeEntity | GraphQLError | null> {
  const { __typename: name, id, seamId } = representation as Readonly<Record<string, unknown>>
  const argument = `representations.${index}`
  if (typeof name !== 'string' || !entityNames.includes(name))
    return createBadInputError(
      argument,
      `\`${argument}.__typename\` must be one of ${entityNames.join(', ')}.`,
    )
  const idText = id ?? seamId
  const parsedId = typeof idText === 'string' ? parseId(name as NodeType, idText) : null
  if (parsedId === null)
    return createBadInputError(argument, `\`${argument}\` must have an id or seamId of the type ${name}.`)
  return fetchNode(view, info, argument, encodeNodeId(name as NodeType, parsedId))
}

/** Prints the SDL of a graph for a router: adds `@key` to the entities, and removes what the router adds by itself. */
function printSubgraphSdl(schema: GraphQLSchema): string {
  const cached = printedSdl.get(schema)
  if (cached !== undefined) return cached
  const removeRouterType = ({ name }: { readonly name: NameNode }) =>
    routerTypeNames.includes(name.value) ? null : undefined
  const document = visit(parse(printSchema(lexicographicSortSchema(schema))), {
    ScalarTypeDefinition: removeRouterType,
    UnionTypeDefinition: removeRouterType,
    FieldDefinition: removeRouterType,
    ObjectTypeDefinition(node) {
      const directives = listDirectives(node.name.value)
      return directives === null ? removeRouterType(node) : { ...node, directives }
    },
  })
  const sdl = `extend schema @link(url: "${federationSpecUrl}", import: ["@key", "@shareable"])\n\n${print(document)}\n`
  printedSdl.set(schema, sdl)
  return sdl
}

const printedSdl = new WeakMap<GraphQLSchema, string>()

function listDirectives(type: string): readonly ConstDirectiveNode[] | null {
  if (entityNames.includes(type)) return ['id', 'seamId'].map((fields) => createDirective('key', { fields }))
  return shareableTypeNames.includes(type) ? [createDirective('shareable', {})] : null
}

function createDirective(name: string, args: Readonly<Record<string, string>>): ConstDirectiveNode {
  const createNameNode = (value: string) => ({ kind: Kind.NAME, value }) as const
  return {
    kind: Kind.DIRECTIVE,
    name: createNameNode(name),
    arguments: Object.entries(args).map(([key, value]) => ({
      kind: Kind.ARGUMENT,
      name: createNameNode(key),
      value: { kind: Kind.STRING, value },
    })),
  }
}
