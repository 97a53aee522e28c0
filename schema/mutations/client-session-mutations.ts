import { createClientSession, revokeClientSession } from '../../src/commands/definitions/client-sessions.ts'
import { builder } from '../builder.ts'
import { createPayload, idempotencyKeyText, runCommand } from './mutation-payload.ts'

const CreateClientSessionInput = builder.inputType('CreateClientSessionInput', {
  description: 'ACS user for whose phone a client session is created.',
  fields: (t) => ({
    acsUserId: t.id({
      required: true,
      description: 'ID of the ACS user: its `id` in this graph, or its `acs_user_id` in Seam.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description:
        'Time at which the client session ends. Must be in the future, at most `CLIENT_SESSION_MAX_HOURS` of the gateway (default: 24 hours) from now, and not after the expiry of the API key or token of the request; otherwise rejected with `SCHEDULE_INVALID`. Defaults to 24 hours from now, or to the latest allowed time if that is earlier.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const RevokeClientSessionInput = builder.inputType('RevokeClientSessionInput', {
  description: 'Client sessions to revoke.',
  fields: (t) => ({
    acsUserId: t.id({
      required: true,
      description: 'ID of the ACS user: its `id` in this graph, or its `acs_user_id` in Seam.',
    }),
    clientSessionId: t.string({
      description:
        'ID of one client session in Seam (`client_session_id`). If omitted, all client sessions of the user identity of the ACS user are revoked.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const RevokeClientSessionPayload = createPayload(
  'RevokeClientSessionPayload',
  'revokeClientSession',
  (t) => ({
    clientSessionIds: t.idList({
      description:
        'IDs of the revoked client sessions in Seam (`client_session_id`). Empty if there were none or the mutation was rejected.',
      resolve: ({ facts }) => [...((facts.clientSessionIds as readonly string[] | undefined) ?? [])],
    }),
  }),
)

const CreateClientSessionPayload = createPayload(
  'CreateClientSessionPayload',
  'createClientSession',
  (t) => ({
    token: t.string({
      nullable: true,
      description:
        "Client session token for the Seam mobile SDK in the resident's app. Treat it as a secret: it gives access to the resident's mobile keys. Returned once and not stored: `null` if the request is repeated with the same idempotency key, or if the mutation was rejected.",
      resolve: ({ secret }) => secret?.reveal() ?? null,
    }),
    clientSessionId: t.id({
      nullable: true,
      description:
        'ID of the client session in Seam (`client_session_id`), for `revokeClientSession`. `null` if the mutation was rejected.',
      resolve: ({ facts }) => facts.clientSessionId ?? null,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Time at which the client session ends, unless it is revoked earlier. `null` if the mutation was rejected.',
      resolve: ({ facts }) => facts.expiresAt ?? null,
    }),
  }),
)

builder.mutationField('createClientSession', (t) =>
  t.field({
    type: CreateClientSessionPayload,
    description:
      "Creates a client session, with which a resident's app retrieves the mobile keys of the resident in all ACS systems of the user identity. It ends at `expiresAt`, with `revokeClientSession`, or when the ACS user is suspended, deleted or moved out. An API key that is bound to a resident can create client sessions for this resident. Rejected with `IDENTITY_REQUIRED` if the ACS user has no user identity, and with `NOT_ALLOWED` if the ACS user is suspended or the user identity has ACS users outside the viewer's access scope. Requires the `write` scope.",
    authScopes: { scope: 'write' },
    args: {
      input: t.arg({
        type: CreateClientSessionInput,
        required: true,
        description: 'ACS user and end time of the client session.',
      }),
    },
    resolve: (_root, { input }, context) => runCommand(createClientSession, input, context),
  }),
)

builder.mutationField('revokeClientSession', (t) =>
  t.field({
    type: RevokeClientSessionPayload,
    description:
      'Revokes client sessions of a resident, in all ACS systems and regardless of who created them. Their tokens become invalid. Mobile keys that a phone has already retrieved continue to work until their credentials end. An API key that is bound to a resident can revoke client sessions of this resident. Rejected with `IDENTITY_REQUIRED` if the ACS user has no user identity. Requires the `write` scope.',
    authScopes: { scope: 'write' },
    args: {
      input: t.arg({
        type: RevokeClientSessionInput,
        required: true,
        description: 'ACS user whose client sessions are revoked.',
      }),
    },
    resolve: (_root, { input }, context) => runCommand(revokeClientSession, input, context),
  }),
)
