import { createConnectWebview, deleteConnectedAccount } from '../src/commands/kinds/connections.ts'
import type { ConnectedAccountId, ConnectWebviewId } from '../src/model/ids.ts'
import { builder } from './builder.ts'
import { carryOut, idempotencyKeyText, payload, readable } from './mutation.ts'
import { ConnectWebview } from './refs.ts'

const authScopes = { scope: 'connections:write' } as const

const CreateConnectWebviewInput = builder.inputType('CreateConnectWebviewInput', {
  description: 'How a login page is to be. It connects Latch, and nothing else.',
  fields: (t) => ({
    customRedirectUrl: t.field({
      type: 'URL',
      description: 'Where the browser goes after a login that worked.',
    }),
    customRedirectFailureUrl: t.field({
      type: 'URL',
      description: 'Where the browser goes after a login that failed.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const DeleteConnectedAccountInput = builder.inputType('DeleteConnectedAccountInput', {
  description: 'What is to be disconnected.',
  fields: (t) => ({
    connectedAccountId: t.id({
      required: true,
      description: 'The connected account: its id, or `connected_account_id`.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const CreateConnectWebviewPayload = payload('CreateConnectWebviewPayload', 'createConnectWebview', (t) => ({
  connectWebview: t.field({
    type: ConnectWebview,
    nullable: true,
    description: 'The login page, to viewers with `read`; `null` where it was refused.',
    resolve: ({ facts }, _args, context) => {
      const id = facts.connectWebviewId as ConnectWebviewId | undefined
      return id === undefined ? null : readable(context, () => context.view.webview(id))
    },
  }),
}))

const DeleteConnectedAccountPayload = payload(
  'DeleteConnectedAccountPayload',
  'deleteConnectedAccount',
  (t) => ({
    connectedAccountId: t.id({
      nullable: true,
      description: "Seam's own id of the account that is gone; `null` where it was refused.",
      resolve: ({ facts }) => (facts.connectedAccountId as ConnectedAccountId | undefined) ?? null,
    }),
  }),
)

builder.mutationFields((t) => ({
  createConnectWebview: t.field({
    type: CreateConnectWebviewPayload,
    description:
      'Makes a page on which a manager logs in to Latch, once. Send them to its `url`; `connectionChanges` tells when they have, and when the systems appear, which may take long: Latch shares each building by hand. Needs a key that reaches every system.',
    authScopes,
    args: { input: t.arg({ type: CreateConnectWebviewInput, required: true, description: 'How.' }) },
    resolve: (_root, { input }, context) => carryOut(createConnectWebview, input, context),
  }),
  deleteConnectedAccount: t.field({
    type: DeleteConnectedAccountPayload,
    description:
      'Disconnects Latch: the account and everything under it leave Seam. Nothing is deleted at Latch, where keys that were issued stay as they are. Needs a key that reaches every system of the account.',
    authScopes,
    args: { input: t.arg({ type: DeleteConnectedAccountInput, required: true, description: 'Which.' }) },
    resolve: (_root, { input }, context) => carryOut(deleteConnectedAccount, input, context),
  }),
}))
