import type { GraphQLResolveInfo } from 'graphql'
import type { MaybePromise } from '../../src/catalog/maybe-promise.ts'
import { andThen, collectAll } from '../../src/catalog/maybe-promise.ts'
import type { CatalogView } from '../../src/catalog/view.ts'
import { decodeNodeId } from '../../src/model/ids.ts'
import { toError } from '../../src/model/to-error.ts'
import { builder, inPartnerGraph } from '../builder.ts'
import { createBadInputError } from '../graph-errors.ts'
import { Node, type NodeEntity } from './node-interface.ts'

const maxNodes = 100

/**
 * Returns an object by its node ID, or `null` if the graph does not contain its type. Throws a `GraphQLError`
 * (`BAD_USER_INPUT`) for a text that is not a node ID.
 */
export function fetchNode(
  view: CatalogView,
  { schema }: GraphQLResolveInfo,
  argument: string,
  id: string,
): MaybePromise<NodeEntity | null> {
  const decoded = decodeNodeId(id)
  if (decoded === null)
    throw createBadInputError(
      argument,
      `\`${argument}\` is not a node ID of this graph. Pass a value of an \`id\` field.`,
    )
  const { type, seamId } = decoded
  if (schema.getType(type) === undefined) return null
  if (type === 'AcsSystem') return view.system(seamId)
  if (type === 'AcsUser') return view.user(seamId)
  if (type === 'AcsEntrance') return view.entrance(seamId)
  if (type === 'AcsCredential') return view.credential(seamId)
  if (type === 'UserIdentity') return view.identity(seamId)
  if (type === 'ConnectedAccount') return view.account(seamId)
  return view.webview(seamId)
}

/**
 * Resolves each item of a list separately. If an item fails, its error is returned in its place: GraphQL then sets this
 * item to `null`, adds an error with its path, and keeps the other items. Pothos' types do not have such errors, so the
 * return type does not have them either.
 */
export function resolveIndependently<Item, T>(
  items: readonly Item[],
  resolveItem: (item: Item, index: number) => MaybePromise<T>,
): MaybePromise<T[]> {
  const resolveOne = (item: Item, index: number): MaybePromise<T | Error> => {
    try {
      const answer = resolveItem(item, index)
      return answer instanceof Promise ? answer.catch(toError) : answer
    } catch (thrown) {
      return toError(thrown)
    }
  }
  return andThen(collectAll(items.map(resolveOne)), (answers) => answers as T[])
}

builder.queryFields((t) => ({
  node: t.field({
    subGraphs: inPartnerGraph,
    type: Node,
    nullable: true,
    description:
      "Returns an object by its node ID, or `null` if no object with this ID exists in the viewer's access scope. Fails with `BAD_USER_INPUT` if `id` is not a node ID.",
    args: { id: t.arg.id({ required: true, description: 'Node ID: the value of an `id` field.' }) },
    resolve: (_root, { id }, { view }, info) => fetchNode(view, info, 'id', id),
  }),
  nodes: t.field({
    subGraphs: inPartnerGraph,
    type: [Node],
    nullable: { list: false, items: true },
    description:
      "Returns objects by their node IDs, in the order of `ids`. An item is `null` if no object with this ID exists in the viewer's access scope. Fails with `BAD_USER_INPUT` for more than 100 IDs.",
    args: {
      ids: t.arg.idList({ required: true, description: 'Node IDs: values of `id` fields. At most 100.' }),
    },
    complexity: (args) => ({ field: 1, multiplier: Math.min(args.ids.length, maxNodes) }),
    resolve: (_root, { ids }, { view }, info) => {
      if (ids.length > maxNodes)
        throw createBadInputError(
          'ids',
          `\`ids\` has ${ids.length} items; the maximum is ${maxNodes}. Send several requests.`,
        )
      return resolveIndependently(ids, (id, index) => fetchNode(view, info, `ids.${index}`, id))
    },
  }),
}))
