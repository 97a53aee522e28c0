import type {
  AcsSystem as AcsSystemShape,
  ConnectedAccount as ConnectedAccountShape,
} from '../../src/model/entities.ts'
import { nameSortKey } from '../../src/model/text-search.ts'
import { timeSortKey } from '../../src/model/time.ts'
import { builder, inPartnerGraph, notInPartnerGraph } from '../builder.ts'
import { readIdArgument } from '../id-arguments.ts'
import { createPager, loadPage } from '../lists/list-pages.ts'
import { computePageComplexity, createPageArguments, nullIfSeamFails } from '../lists/relay-connection.ts'
import { ConnectionStateEnum, ConnectWebviewStatusEnum } from './enums.ts'
import { Issue } from './issue.ts'
import { Node } from './node-interface.ts'
import {
  AcsSystem,
  AcsSystemConnection,
  ConnectedAccount,
  ConnectedAccountConnection,
  ConnectWebview,
} from './object-refs.ts'

const systemOrder = {
  name: 'name',
  idOf: (system: AcsSystemShape) => system.acsSystemId,
  keyOf: (system: AcsSystemShape) => nameSortKey(system.name),
}
const accountOrder = {
  name: 'createdAt',
  idOf: (account: ConnectedAccountShape) => account.connectedAccountId,
  keyOf: (account: ConnectedAccountShape) => timeSortKey(account.createdAt ?? ''),
}

const disconnectionCodes = new Set([
  'account_disconnected',
  'provider_service_unavailable',
  'bridge_disconnected',
])

function getConnectionState({ errors }: ConnectedAccountShape): 'CONNECTED' | 'DISCONNECTED' | 'UNKNOWN' {
  if (errors.length === 0) return 'CONNECTED'
  return errors.some((error) => disconnectionCodes.has(error.code)) ? 'DISCONNECTED' : 'UNKNOWN'
}

ConnectedAccount.implement({
  subGraphs: notInPartnerGraph,
  description: 'Account at Latch that is connected to Seam and gives access to ACS systems.',
  interfaces: [Node],
  fields: (t) => ({
    seamId: t.id({
      description: 'ID of the connected account in Seam (`connected_account_id`).',
      resolve: (account) => account.connectedAccountId,
    }),
    displayName: t.exposeString('displayName', { description: 'Display name.' }),
    accountType: t.exposeString('accountType', {
      nullable: true,
      description:
        'Type of the account as Seam reports it, or `null` if Seam does not report it. `latch` for Latch.',
    }),
    state: t.field({
      type: ConnectionStateEnum,
      description: 'Whether Seam can access Latch through the connected account.',
      resolve: (account) => getConnectionState(account),
    }),
    acsSystems: t.field({
      type: AcsSystemConnection,
      nullable: true,
      description: `ACS systems of the connected account, ordered by name. They appear after the login, when Latch has shared the buildings. ${nullIfSeamFails}`,
      args: createPageArguments(t.arg),
      complexity: computePageComplexity,
      resolve: (account, args, { view }) =>
        loadPage(createPager(systemOrder, args), () => view.systemsOfAccount(account)),
    }),
    createdAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Time at which the account was connected, or `null` if Seam does not report it.',
      resolve: (account) => account.createdAt,
    }),
    errors: t.field({
      type: [Issue],
      description: 'Errors that Seam reports for the connected account.',
      resolve: (account) => account.errors,
    }),
    warnings: t.field({
      type: [Issue],
      description: 'Warnings that Seam reports for the connected account.',
      resolve: (account) => account.warnings,
    }),
  }),
})

ConnectWebview.implement({
  subGraphs: notInPartnerGraph,
  description: 'Page of Seam in which a manager of a building logs in to Latch once.',
  interfaces: [Node],
  fields: (t) => ({
    seamId: t.id({
      description: 'ID of the Connect Webview in Seam (`connect_webview_id`).',
      resolve: (webview) => webview.connectWebviewId,
    }),
    url: t.field({
      type: 'URL',
      nullable: true,
      description:
        'URL of the page, or `null` if the viewer does not have the `connections:write` scope. Treat it as a secret: anyone who has it can log in.',
      resolve: (webview, _args, { viewer }) =>
        viewer.scopes.has('connections:write') ? webview.url.reveal() : null,
    }),
    status: t.field({
      type: ConnectWebviewStatusEnum,
      description: 'Status of the login.',
      resolve: (webview) => webview.status,
    }),
    authorizedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Time of the successful login, or `null` if there was none.',
      resolve: (webview) => webview.authorizedAt,
    }),
    connectedAccount: t.field({
      type: ConnectedAccount,
      nullable: true,
      description: 'Connected account that the login created, or `null` if there was no successful login.',
      resolve: ({ connectedAccountId }, _args, { view }) =>
        connectedAccountId === null ? null : view.account(connectedAccountId),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'Time at which the Connect Webview was created.',
      resolve: (webview) => webview.createdAt,
    }),
  }),
})

builder.queryFields((t) => ({
  acsSystem: t.field({
    subGraphs: inPartnerGraph,
    type: AcsSystem,
    nullable: true,
    description:
      "Returns an ACS system by ID, or `null` if no ACS system with this ID exists in the viewer's access scope. Fails with `BAD_USER_INPUT` if `id` is not the ID of an ACS system.",
    args: {
      id: t.arg.id({
        required: true,
        description: 'ID of the ACS system: its `id` in this graph, or its `acs_system_id` in Seam.',
      }),
    },
    resolve: (_root, { id }, { view }) => view.system(readIdArgument('AcsSystem', 'id', id)),
  }),
  acsSystems: t.field({
    subGraphs: inPartnerGraph,
    type: AcsSystemConnection,
    nullable: true,
    description: `ACS systems in the viewer's access scope, ordered by name. ${nullIfSeamFails}`,
    args: createPageArguments(t.arg),
    complexity: computePageComplexity,
    resolve: (_root, args, { view }) => loadPage(createPager(systemOrder, args), () => view.systems()),
  }),
  connectedAccount: t.field({
    type: ConnectedAccount,
    nullable: true,
    description:
      "Returns a connected account by ID, or `null` if no connected account with this ID exists in the viewer's access scope. Fails with `BAD_USER_INPUT` if `id` is not the ID of a connected account.",
    args: {
      id: t.arg.id({
        required: true,
        description:
          'ID of the connected account: its `id` in this graph, or its `connected_account_id` in Seam.',
      }),
    },
    resolve: (_root, { id }, { view }) => view.account(readIdArgument('ConnectedAccount', 'id', id)),
  }),
  connectedAccounts: t.field({
    type: ConnectedAccountConnection,
    nullable: true,
    description: `Connected accounts in the viewer's access scope, oldest first. ${nullIfSeamFails}`,
    args: createPageArguments(t.arg),
    complexity: computePageComplexity,
    resolve: (_root, args, { view }) => loadPage(createPager(accountOrder, args), () => view.accounts()),
  }),
  connectWebview: t.field({
    type: ConnectWebview,
    nullable: true,
    description:
      "Returns a Connect Webview by ID, or `null` if no Connect Webview with this ID exists in the viewer's access scope. Fails with `BAD_USER_INPUT` if `id` is not the ID of a Connect Webview.",
    args: {
      id: t.arg.id({
        required: true,
        description:
          'ID of the Connect Webview: its `id` in this graph, or its `connect_webview_id` in Seam.',
      }),
    },
    resolve: (_root, { id }, { view }) => view.webview(readIdArgument('ConnectWebview', 'id', id)),
  }),
}))
