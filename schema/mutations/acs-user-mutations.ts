import {
  createAcsUser,
  createUserIdentity,
  deleteAcsUser,
  suspendAcsUser,
  unsuspendAcsUser,
  updateAcsUser,
} from '../../src/commands/definitions/acs-users.ts'
import type { CommandOutcome } from '../../src/commands/saga.ts'
import { builder, inPartnerGraph } from '../builder.ts'
import type { GraphContext } from '../context.ts'
import { AcsUser, UserIdentity } from '../types/object-refs.ts'
import {
  createDeletedIdField,
  createPayload,
  idempotencyKeyText,
  phoneText,
  readIfAllowed,
  runCommand,
} from './mutation-payload.ts'

const authScopes = { scope: 'write' } as const
const userIdText = 'ID of the ACS user: its `id` in this graph, or its `acs_user_id` in Seam.'
const undocumentedText =
  'Support by Latch is not documented: if Seam rejects it, `userErrors` contains the reason and nothing is changed.'

/** Returns the current state of the ACS user of an outcome. */
export const loadAcsUser = ({ facts }: CommandOutcome, context: GraphContext) => {
  const id = facts.acsUserId
  return id === undefined ? null : readIfAllowed(context, () => context.view.user(id))
}

const AccessScheduleInput = builder.inputType('AccessScheduleInput', {
  description: 'Time range in which an ACS user has access.',
  fields: (t) => ({
    startsAt: t.field({ type: 'DateTime', required: true, description: 'Time at which access starts.' }),
    endsAt: t.field({
      type: 'DateTime',
      description:
        'Time at which access ends. Must be in the future and after `startsAt`; otherwise rejected with `SCHEDULE_INVALID`. If omitted, access does not end.',
    }),
  }),
})

const CreateUserIdentityInput = builder.inputType('CreateUserIdentityInput', {
  description:
    'User identity to create. Requires at least one of `fullName`, `emailAddress`, `phoneNumber` and `userIdentityKey`.',
  fields: (t) => ({
    fullName: t.string({ description: 'Full name.' }),
    emailAddress: t.string({
      description: 'Email address. Must be unique among the user identities of the workspace.',
    }),
    phoneNumber: t.string({
      description: `${phoneText} Must be unique among the user identities of the workspace.`,
    }),
    userIdentityKey: t.string({
      description:
        'Key chosen by the client for the person. Must be unique in the workspace, and must not start with `latchkey-`. If omitted, the gateway generates one that starts with `latchkey-`.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const CreateAcsUserInput = builder.inputType('CreateAcsUserInput', {
  description: 'ACS user to create.',
  fields: (t) => ({
    acsSystemId: t.id({
      required: true,
      description: 'ID of the ACS system: its `id` in this graph, or its `acs_system_id` in Seam.',
    }),
    fullName: t.string({ required: true, description: 'Full name.' }),
    emailAddress: t.string({
      description: 'Email address. Must be unique in the ACS system; otherwise rejected with `CONFLICT`.',
    }),
    phoneNumber: t.string({ description: phoneText }),
    accessSchedule: t.field({
      type: AccessScheduleInput,
      description: `Time range in which the ACS user has access. Credentials have their own validity. ${undocumentedText}`,
    }),
    userIdentityId: t.id({
      description:
        'ID of a user identity that belongs to the same person, even if its name, email address or phone number differs: its `id` in this graph, or its `user_identity_id` in Seam. If omitted, the ACS user is not linked to a user identity, unless `sameUser` is `true`.',
    }),
    sameUser: t.boolean({
      description:
        'Whether an existing user identity with the same email address or phone number belongs to the same person although other data differs. `true`: the ACS user is linked to it, and the person gets the mobile keys of both. `false`: the ACS user is not linked to a user identity. If omitted, a difference is rejected with `CONFLICT`. User identities are compared only if the access scope of the viewer includes all ACS systems.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const UpdateAcsUserInput = builder.inputType('UpdateAcsUserInput', {
  description:
    'Changes to an ACS user. Fields that are omitted or `null` are not changed, except that `null` removes `accessSchedule`.',
  fields: (t) => ({
    acsUserId: t.id({ required: true, description: userIdText }),
    fullName: t.string({ description: 'Full name.' }),
    emailAddress: t.string({
      description: 'Email address. Must be unique in the ACS system; otherwise rejected with `CONFLICT`.',
    }),
    phoneNumber: t.string({ description: phoneText }),
    accessSchedule: t.field({
      type: AccessScheduleInput,
      description: `Time range in which the ACS user has access. \`endsAt\` is required here; otherwise rejected with \`SCHEDULE_INVALID\`. \`null\` removes the time range. ${undocumentedText}`,
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const createAcsUserInput = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({
      acsUserId: t.id({ required: true, description: userIdText }),
      idempotencyKey: t.string({ description: idempotencyKeyText }),
    }),
  })

const SuspendAcsUserInput = createAcsUserInput('SuspendAcsUserInput', 'ACS user to suspend.')
const UnsuspendAcsUserInput = createAcsUserInput('UnsuspendAcsUserInput', 'ACS user whose suspension ends.')
const DeleteAcsUserInput = createAcsUserInput('DeleteAcsUserInput', 'ACS user to delete.')

const CreateUserIdentityPayload = createPayload('CreateUserIdentityPayload', 'createUserIdentity', (t) => ({
  userIdentity: t.field({
    type: UserIdentity,
    nullable: true,
    description:
      'Created user identity, or `null` if the mutation was rejected or the viewer does not have the `read` scope.',
    resolve: ({ facts }, _args, context) => {
      const id = facts.userIdentityId
      return id === undefined ? null : readIfAllowed(context, () => context.view.identity(id))
    },
  }),
}))

const createAcsUserPayload = (name: string, mutation: string) =>
  createPayload(name, mutation, (t) => ({
    acsUser: t.field({
      type: AcsUser,
      nullable: true,
      description:
        'Current state of the ACS user, or `null` if the mutation was rejected or the viewer does not have the `read` scope.',
      resolve: (outcome, _args, context) => loadAcsUser(outcome, context),
    }),
    acsUserId: t.id({
      nullable: true,
      description: 'ID of the ACS user in Seam (`acs_user_id`), or `null` if the mutation was rejected.',
      resolve: ({ facts }) => facts.acsUserId ?? null,
    }),
  }))

const CreateAcsUserPayload = createAcsUserPayload('CreateAcsUserPayload', 'createAcsUser')
const UpdateAcsUserPayload = createAcsUserPayload('UpdateAcsUserPayload', 'updateAcsUser')
const SuspendAcsUserPayload = createAcsUserPayload('SuspendAcsUserPayload', 'suspendAcsUser')
const UnsuspendAcsUserPayload = createAcsUserPayload('UnsuspendAcsUserPayload', 'unsuspendAcsUser')
const DeleteAcsUserPayload = createPayload('DeleteAcsUserPayload', 'deleteAcsUser', (t) => ({
  acsUserId: t.id({
    nullable: true,
    description:
      'ID of the deleted ACS user in Seam (`acs_user_id`), or `null` if the mutation was rejected.',
    resolve: ({ facts }) => facts.acsUserId ?? null,
  }),
  deletedId: createDeletedIdField(t, 'AcsUser', ({ facts }) => facts.acsUserId),
}))

builder.mutationFields((t) => ({
  createUserIdentity: t.field({
    subGraphs: inPartnerGraph,
    type: CreateUserIdentityPayload,
    description:
      'Creates a user identity, which connects the ACS users of one person in several ACS systems. `moveIn` and `issueMobileKey` create user identities automatically. Requires the `write` scope and an access scope of the whole workspace.',
    authScopes,
    args: {
      input: t.arg({
        type: CreateUserIdentityInput,
        required: true,
        description: 'User identity to create.',
      }),
    },
    resolve: (_root, { input }, context) => runCommand(createUserIdentity, input, context),
  }),
  createAcsUser: t.field({
    subGraphs: inPartnerGraph,
    type: CreateAcsUserPayload,
    description:
      'Creates an ACS user. Latch processes the new ACS user after a delay; `AcsUser.errors` then contains problems. Requires the `write` scope.',
    authScopes,
    args: { input: t.arg({ type: CreateAcsUserInput, required: true, description: 'ACS user to create.' }) },
    resolve: (_root, { input }, context) => runCommand(createAcsUser, input, context),
  }),
  updateAcsUser: t.field({
    subGraphs: inPartnerGraph,
    type: UpdateAcsUserPayload,
    description: 'Updates an ACS user. Requires the `write` scope.',
    authScopes,
    args: {
      input: t.arg({ type: UpdateAcsUserInput, required: true, description: 'ACS user and its new values.' }),
    },
    resolve: (_root, { input }, context) => runCommand(updateAcsUser, input, context),
  }),
  suspendAcsUser: t.field({
    subGraphs: inPartnerGraph,
    type: SuspendAcsUserPayload,
    description: `Suspends an ACS user, whose credentials then do not unlock any entrance, and ends its client sessions. ${undocumentedText} Requires the \`write\` scope.`,
    authScopes,
    args: {
      input: t.arg({ type: SuspendAcsUserInput, required: true, description: 'ACS user to suspend.' }),
    },
    resolve: (_root, { input }, context) => runCommand(suspendAcsUser, input, context),
  }),
  unsuspendAcsUser: t.field({
    subGraphs: inPartnerGraph,
    type: UnsuspendAcsUserPayload,
    description: `Ends the suspension of an ACS user. ${undocumentedText} Requires the \`write\` scope.`,
    authScopes,
    args: {
      input: t.arg({
        type: UnsuspendAcsUserInput,
        required: true,
        description: 'ACS user whose suspension ends.',
      }),
    },
    resolve: (_root, { input }, context) => runCommand(unsuspendAcsUser, input, context),
  }),
  deleteAcsUser: t.field({
    subGraphs: inPartnerGraph,
    type: DeleteAcsUserPayload,
    description:
      'Deletes an ACS user and its credentials, and ends its client sessions. Keeps the user identity; `moveOut` can delete it too. Requires the `write` scope.',
    authScopes,
    args: { input: t.arg({ type: DeleteAcsUserInput, required: true, description: 'ACS user to delete.' }) },
    resolve: (_root, { input }, context) => runCommand(deleteAcsUser, input, context),
  }),
}))
