import { createConnectWebview, deleteConnectedAccount } from '../../src/commands/definitions/connections.ts'
import { builder } from '../builder.ts'
import { ConnectWebview } from '../types/object-refs.ts'
import {
  createDeletedIdField,
  createPayload,
  idempotencyKeyText,
  readIfAllowed,
  runCommand,
} from './mutation-payload.ts'

const authScopes = { scope: 'connections:write' } as const

const CreateConnectWebviewInput = builder.inputType('CreateConnectWebviewInput', {
  description: 'Settings of a Connect Webview for Latch.',
  fields: (t) => ({
    customRedirectUrl: t.field({
      type: 'URL',
      description:
        'URL to which the browser is redirected after a successful login. Must start with `https://` or `http://`.',
    }),
    customRedirectFailureUrl: t.field({
      type: 'URL',
      description:
        'URL to which the browser is redirected after a failed login. Must start with `https://` or `http://`.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const DeleteConnectedAccountInput = builder.inputType('DeleteConnectedAccountInput', {
  description: 'Connected account to delete.',
  fields: (t) => ({
    connectedAccountId: t.id({
      required: true,
      description:
        'ID of the connected account: its `id` in this graph, or its `connected_account_id` in Seam.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const CreateConnectWebviewPayload = createPayload(
  'CreateConnectWebviewPayload',
  'createConnectWebview',
  (t) => ({
    connectWebview: t.field({
      type: ConnectWebview,
      nullable: true,
      description:
        'Created Connect Webview, or `null` if the mutation was rejected or the viewer does not have the `read` scope.',
      resolve: ({ facts }, _args, context) => {
        const id = facts.connectWebviewId
        return id === undefined ? null : readIfAllowed(context, () => context.view.webview(id))
      },
    }),
  }),
)

const DeleteConnectedAccountPayload = createPayload(
  'DeleteConnectedAccountPayload',
  'deleteConnectedAccount',
  (t) => ({
    connectedAccountId: t.id({
      nullable: true,
      description:
        'ID of the deleted connected account in Seam (`connected_account_id`), or `null` if the mutation was rejected.',
      resolve: ({ facts }) => facts.connectedAccountId ?? null,
    }),
    deletedId: createDeletedIdField(t, 'ConnectedAccount', ({ facts }) => facts.connectedAccountId),
  }),
)

builder.mutationFields((t) => ({
  createConnectWebview: t.field({
    type: CreateConnectWebviewPayload,
    description:
      'Creates a Connect Webview, in which a manager of the building logs in to Latch once. Send the manager to its `url`. `connectionChanges` reports the login and the new ACS systems. ACS systems can appear much later than the login, because Latch shares each building manually. Requires the `connections:write` scope and an access scope of the whole workspace.',
    authScopes,
    args: {
      input: t.arg({
        type: CreateConnectWebviewInput,
        required: true,
        description: 'Settings of the Connect Webview.',
      }),
    },
    resolve: (_root, { input }, context) => runCommand(createConnectWebview, input, context),
  }),
  deleteConnectedAccount: t.field({
    type: DeleteConnectedAccountPayload,
    description:
      'Deletes a connected account and all its ACS systems, ACS users, entrances and credentials from Seam. Latch keeps its data, and credentials that were issued continue to work. Requires the `connections:write` scope and an access scope of all ACS systems of the connected account.',
    authScopes,
    args: {
      input: t.arg({
        type: DeleteConnectedAccountInput,
        required: true,
        description: 'Connected account to delete.',
      }),
    },
    resolve: (_root, { input }, context) => runCommand(deleteConnectedAccount, input, context),
  }),
}))
