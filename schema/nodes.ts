import type { GraphQLResolveInfo } from 'graphql'
import { all } from '../src/catalog/answer.ts'
import type { Answer, View } from '../src/catalog/view.ts'
import { decodeNodeId, type SeamId } from '../src/model/ids.ts'
import { builder, forPartners } from './builder.ts'
import { badInput } from './errors.ts'
import { Node, type NodeShape } from './node.ts'

const nodesAtMost = 100

/** A thing by its node id. What isn't of a kind that this graph has isn't there. Throws a `GraphQLError` for what is no id. */
export function fetchNode(
  view: View,
  { schema }: GraphQLResolveInfo,
  argument: string,
  id: string,
): Answer<NodeShape | null> {
  const decoded = decodeNodeId(id)
  if (decoded === null)
    throw badInput(argument, `${argument} is not a node id of this graph. Take it from an \`id\` field.`)
  const { type, seamId } = decoded
  if (schema.getType(type) === undefined) return null
  if (type === 'AcsSystem') return view.system(seamId as SeamId<'AcsSystem'>)
  if (type === 'AcsUser') return view.user(seamId as SeamId<'AcsUser'>)
  if (type === 'AcsEntrance') return view.entrance(seamId as SeamId<'AcsEntrance'>)
  if (type === 'AcsCredential') return view.credential(seamId as SeamId<'AcsCredential'>)
  if (type === 'UserIdentity') return view.identity(seamId as SeamId<'UserIdentity'>)
  if (type === 'ConnectedAccount') return view.account(seamId as SeamId<'ConnectedAccount'>)
  return view.webview(seamId as SeamId<'ConnectWebview'>)
}

builder.queryFields((t) => ({
  node: t.field({
    subGraphs: forPartners,
    type: Node,
    nullable: true,
    description: 'Anything by its node id; `null` where there is nothing with that id within reach.',
    args: { id: t.arg.id({ required: true, description: 'A node id.' }) },
    resolve: (_root, { id }, { view }, info) => fetchNode(view, info, 'id', id),
  }),
  nodes: t.field({
    subGraphs: forPartners,
    type: [Node],
    nullable: { list: false, items: true },
    description: 'Several things by their node ids, in the order of the ids; at most 100.',
    args: { ids: t.arg.idList({ required: true, description: 'Node ids.' }) },
    complexity: (args) => ({ field: 1, multiplier: Math.min(args.ids.length, nodesAtMost) }),
    resolve: (_root, { ids }, { view }, info) => {
      if (ids.length > nodesAtMost)
        throw badInput('ids', `ids may hold at most ${nodesAtMost}; there are ${ids.length}.`)
      return all(ids.map((id, index) => fetchNode(view, info, `ids.${index}`, id))) as never
    },
  }),
}))
