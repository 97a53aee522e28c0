import { andThen } from '../src/catalog/answer.ts'
import type {
  AcsSystem as AcsSystemShape,
  ConnectedAccount as ConnectedAccountShape,
} from '../src/model/entities.ts'
import { type PageRequest, paginate } from '../src/model/paging.ts'
import { nameKey } from '../src/model/search.ts'
import { timeKey } from '../src/model/time.ts'
import { builder, forOperators, forPartners } from './builder.ts'
import { ConnectionStateEnum, ConnectWebviewStatusEnum } from './enums.ts'
import { paged } from './errors.ts'
import { readId } from './ids.ts'
import { Issue } from './issue.ts'
import { Node } from './node.ts'
import { pageArguments, pageComplexity } from './paging.ts'
import {
  AcsSystem,
  AcsSystemConnection,
  ConnectedAccount,
  ConnectedAccountConnection,
  ConnectWebview,
} from './refs.ts'

const systemOrder = {
  by: 'name',
  idOf: (system: AcsSystemShape) => system.acsSystemId,
  keyOf: (system: AcsSystemShape) => nameKey(system.name),
}
const accountOrder = {
  by: 'createdAt',
  idOf: (account: ConnectedAccountShape) => account.connectedAccountId,
  keyOf: (account: ConnectedAccountShape) => timeKey(account.createdAt ?? ''),
}
const systemPage = (rows: readonly AcsSystemShape[], args: PageRequest) =>
  paged(() => paginate(rows, systemOrder, args))

const disconnections = new Set([
  'account_disconnected',
  'provider_service_unavailable',
  'bridge_disconnected',
])

function stateOf({ errors }: ConnectedAccountShape): 'CONNECTED' | 'DISCONNECTED' | 'UNKNOWN' {
  if (errors.length === 0) return 'CONNECTED'
  return errors.some((error) => disconnections.has(error.code)) ? 'DISCONNECTED' : 'UNKNOWN'
}

ConnectedAccount.implement({
  subGraphs: forOperators,
  description: 'A login to Latch through which Seam reaches its buildings.',
  interfaces: [Node],
  fields: (t) => ({
    seamId: t.id({
      description: "Seam's own id: `connected_account_id`.",
      resolve: (account) => account.connectedAccountId,
    }),
    displayName: t.exposeString('displayName', { description: 'What to call it on a screen.' }),
    accountType: t.exposeString('accountType', {
      nullable: true,
      description: "Seam's name for the kind of account: `latch`.",
    }),
    state: t.field({
      type: ConnectionStateEnum,
      description: 'Whether Seam reaches Latch through it.',
      resolve: (account) => stateOf(account),
    }),
    acsSystems: t.field({
      type: AcsSystemConnection,
      nullable: true,
      description:
        'The buildings it reaches. They appear some time after the login, once Latch has shared them.',
      args: pageArguments(t.arg),
      complexity: pageComplexity,
      resolve: (account, args, { view }) =>
        andThen(view.systemsOfAccount(account), (rows) => systemPage(rows, args)),
    }),
    createdAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was connected first, where Seam says.',
      resolve: (account) => account.createdAt,
    }),
    errors: t.field({ type: [Issue], description: 'What is wrong.', resolve: (account) => account.errors }),
    warnings: t.field({
      type: [Issue],
      description: 'What may become wrong, or passes by itself.',
      resolve: (account) => account.warnings,
    }),
  }),
})

ConnectWebview.implement({
  subGraphs: forOperators,
  description: 'A page of Seam on which a manager logs in to Latch, once.',
  interfaces: [Node],
  fields: (t) => ({
    seamId: t.id({
      description: "Seam's own id: `connect_webview_id`.",
      resolve: (webview) => webview.connectWebviewId,
    }),
    url: t.field({
      type: 'URL',
      nullable: true,
      description: 'The page. Whoever has it can log in, so only viewers with `connections:write` get it.',
      resolve: (webview, _args, { viewer }) =>
        viewer.scopes.has('connections:write') ? webview.url.reveal() : null,
    }),
    status: t.field({
      type: ConnectWebviewStatusEnum,
      description: 'How far the login is.',
      resolve: (webview) => webview.status,
    }),
    authorizedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the login worked.',
      resolve: (webview) => webview.authorizedAt,
    }),
    connectedAccount: t.field({
      type: ConnectedAccount,
      nullable: true,
      description: 'What the login made; `null` until then.',
      resolve: ({ connectedAccountId }, _args, { view }) =>
        connectedAccountId === null ? null : view.account(connectedAccountId),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was made.',
      resolve: (webview) => webview.createdAt,
    }),
  }),
})

builder.queryFields((t) => ({
  acsSystem: t.field({
    subGraphs: forPartners,
    type: AcsSystem,
    nullable: true,
    description: 'One system; `null` where there is none with that id within reach.',
    args: { id: t.arg.id({ required: true, description: 'Its id, or `acs_system_id`.' }) },
    resolve: (_root, { id }, { view }) => view.system(readId('AcsSystem', 'id', id)),
  }),
  acsSystems: t.field({
    subGraphs: forPartners,
    type: AcsSystemConnection,
    nullable: true,
    description: 'All systems, by name.',
    args: pageArguments(t.arg),
    complexity: pageComplexity,
    resolve: (_root, args, { view }) => andThen(view.systems(), (rows) => systemPage(rows, args)),
  }),
  connectedAccount: t.field({
    type: ConnectedAccount,
    nullable: true,
    description: 'One connected account; `null` where there is none with that id within reach.',
    args: { id: t.arg.id({ required: true, description: 'Its id, or `connected_account_id`.' }) },
    resolve: (_root, { id }, { view }) => view.account(readId('ConnectedAccount', 'id', id)),
  }),
  connectedAccounts: t.field({
    type: ConnectedAccountConnection,
    nullable: true,
    description: 'All connected accounts, oldest first.',
    args: pageArguments(t.arg),
    complexity: pageComplexity,
    resolve: (_root, args, { view }) =>
      andThen(view.accounts(), (rows) => paged(() => paginate(rows, accountOrder, args))),
  }),
  connectWebview: t.field({
    type: ConnectWebview,
    nullable: true,
    description: 'One Connect Webview; `null` where there is none with that id within reach.',
    args: { id: t.arg.id({ required: true, description: 'Its id, or `connect_webview_id`.' }) },
    resolve: (_root, { id }, { view }) => view.webview(readId('ConnectWebview', 'id', id)),
  }),
}))
