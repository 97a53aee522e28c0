import { createClientSession } from '../src/commands/kinds/phones.ts'
import { builder } from './builder.ts'
import { carryOut, idempotencyKeyText, payload } from './mutation.ts'

const CreateClientSessionInput = builder.inputType('CreateClientSessionInput', {
  description: 'Whose phone it is for.',
  fields: (t) => ({
    acsUserId: t.id({ required: true, description: 'The person: their id, or `acs_user_id`.' }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'Until when the phone may fetch keys; left away, for 24 hours.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const CreateClientSessionPayload = payload('CreateClientSessionPayload', 'createClientSession', (t) => ({
  token: t.string({
    nullable: true,
    description:
      'What the phone’s Seam SDK is started with. Given once, and kept nowhere: a repeated idempotency key gets `null`. Whoever has it has the person’s mobile keys.',
    resolve: ({ secret }) => secret?.reveal() ?? null,
  }),
  expiresAt: t.field({
    type: 'DateTime',
    nullable: true,
    description: 'Until when it works.',
    resolve: ({ facts }) => (facts.expiresAt as string | undefined) ?? null,
  }),
}))

builder.mutationField('createClientSession', (t) =>
  t.field({
    type: CreateClientSessionPayload,
    description:
      'Lets a resident’s phone fetch their mobile keys: of every building in which their user identity has a person. The one mutation that a key bound to a resident may use, for that resident.',
    authScopes: { scope: 'write' },
    args: { input: t.arg({ type: CreateClientSessionInput, required: true, description: 'Whose.' }) },
    resolve: (_root, { input }, context) => carryOut(createClientSession, input, context),
  }),
)
