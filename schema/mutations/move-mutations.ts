import { andThen, collectAll } from '../../src/catalog/maybe-promise.ts'
import { cancelMoveOut } from '../../src/commands/definitions/cancel-move-out.ts'
import { moveIn } from '../../src/commands/definitions/move-in.ts'
import { moveOut } from '../../src/commands/definitions/move-out.ts'
import { type CommandOutcome, getIssuedCredentialIds, type StepReport } from '../../src/commands/saga.ts'
import { assumedListRows, builder, inPartnerGraph } from '../builder.ts'
import type { GraphContext } from '../context.ts'
import { AcsCredential, AcsUser } from '../types/object-refs.ts'
import { loadAcsUser } from './acs-user-mutations.ts'
import {
  createDeletedIdField,
  createPayload,
  idempotencyKeyText,
  phoneText,
  readIfAllowed,
  runCommand,
  sameUserText,
} from './mutation-payload.ts'

const authScopes = { scope: 'write' } as const

const StepStatusEnum = builder.enumType('StepStatus', {
  description: 'Status of a step.',
  values: {
    PENDING: {
      value: 'PENDING',
      description: 'Not started: the scheduled time is not reached, or an earlier step failed.',
    },
    STARTED: {
      value: 'STARTED',
      description: 'Sent to Seam. The gateway is checking whether Seam carried it out.',
    },
    DONE: { value: 'DONE', description: 'Completed.' },
    FAILED: { value: 'FAILED', description: 'Failed. `MoveStep.message` contains the reason.' },
    UNDONE: { value: 'UNDONE', description: 'Completed, then rolled back because a later step failed.' },
  } as const,
})

const MoveStep = builder.objectRef<StepReport>('MoveStep').implement({
  description: 'Step of a move-in, a move-out or the cancellation of a move-out.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Name of the step, such as `issueMobileKey`.' }),
    status: t.field({
      type: StepStatusEnum,
      description: 'Status of the step.',
      resolve: (step) => step.status,
    }),
    message: t.exposeString('message', {
      nullable: true,
      description:
        'Reason why the step failed, or the part that Seam rejected if the step is completed nevertheless. Otherwise `null`.',
    }),
  }),
})

const stepsText =
  'Steps in the order in which they are carried out. Empty if the mutation was rejected before the first step.'

const loadCredentials = (outcome: CommandOutcome, context: GraphContext) =>
  readIfAllowed(context, () =>
    andThen(
      collectAll(getIssuedCredentialIds(outcome.facts).map((id) => context.view.credential(id))),
      (rows) => rows.filter((row) => row !== null),
    ),
  ) ?? []

export const MoveInInput = builder.inputType('MoveInInput', {
  description:
    'ACS user to create, and the entrances for its credentials. Requires at least one entrance in `mobileKeyAcsEntranceIds` or `codeAcsEntranceIds`; otherwise rejected with `REQUIRED`.',
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
    userIdentityId: t.id({
      description:
        'ID of a user identity that belongs to the same person, even if its name, email address or phone number differs: its `id` in this graph, or its `user_identity_id` in Seam. If omitted, a user identity with the same email address or phone number is used if the access scope of the viewer includes all ACS systems. Otherwise, or if there is none, one is created.',
    }),
    sameUser: t.boolean({ description: sameUserText }),
    startsAt: t.field({
      type: 'DateTime',
      required: true,
      description:
        'Time from which the mobile key and the PINs are valid. Seam changes a time in the past to the current time.',
    }),
    endsAt: t.field({
      type: 'DateTime',
      description:
        'Time at which the mobile key and the PINs stop being valid. Must be in the future and after `startsAt`; otherwise rejected with `SCHEDULE_INVALID`. If omitted, they do not expire.',
    }),
    mobileKeyAcsEntranceIds: t.idList({
      description:
        'IDs of the entrances that the mobile key unlocks. One mobile key is issued for all of them.',
    }),
    codeAcsEntranceIds: t.idList({
      description:
        'IDs of the entrances for which a PIN is issued, one PIN for each. At most 20; otherwise rejected with `INVALID`.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const MoveOutInput = builder.inputType('MoveOutInput', {
  description: 'ACS user to move out, and the time.',
  fields: (t) => ({
    acsUserId: t.id({
      required: true,
      description: 'ID of the ACS user: its `id` in this graph, or its `acs_user_id` in Seam.',
    }),
    at: t.field({
      type: 'DateTime',
      description: 'Time of the move-out. If omitted or in the past, the ACS user is moved out immediately.',
    }),
    keepUser: t.boolean({
      defaultValue: false,
      description: 'Whether to keep the ACS user and its user identity. `true` deletes only the credentials.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

export const MoveInPayload = createPayload('MoveInPayload', 'moveIn', (t) => ({
  acsUser: t.field({
    type: AcsUser,
    nullable: true,
    description:
      'Created ACS user, or `null` if the mutation was rejected or the viewer does not have the `read` scope.',
    resolve: (outcome, _args, context) => loadAcsUser(outcome, context),
  }),
  acsUserId: t.id({
    nullable: true,
    description:
      'ID of the created ACS user in Seam (`acs_user_id`), or `null` if the mutation was rejected.',
    resolve: ({ facts }) => facts.acsUserId ?? null,
  }),
  acsCredentials: t.field({
    type: [AcsCredential],
    description:
      'Issued credentials: the mobile key, then the PINs in the order of their entrances. Empty if the mutation was rejected or the viewer does not have the `read` scope.',
    complexity: { multiplier: assumedListRows },
    resolve: (outcome, _args, context) => loadCredentials(outcome, context),
  }),
  steps: t.field({ type: [MoveStep], description: stepsText, resolve: ({ steps }) => [...steps] }),
}))

const MoveOutPayload = createPayload('MoveOutPayload', 'moveOut', (t) => ({
  acsUserId: t.id({
    nullable: true,
    description: 'ID of the ACS user in Seam (`acs_user_id`), or `null` if the mutation was rejected.',
    resolve: ({ facts }) => facts.acsUserId ?? null,
  }),
  scheduledAt: t.field({
    type: 'DateTime',
    nullable: true,
    description:
      'Time at which the steps with the status `PENDING` will be carried out, or `null` if the move-out was carried out immediately.',
    resolve: ({ facts }) => facts.at ?? null,
  }),
  deletedId: createDeletedIdField(t, 'AcsUser', ({ facts, steps }) =>
    steps.every(({ status }) => status === 'DONE') ? facts.acsUserId : null,
  ),
  steps: t.field({ type: [MoveStep], description: stepsText, resolve: ({ steps }) => [...steps] }),
}))

const CancelMoveOutInput = builder.inputType('CancelMoveOutInput', {
  description: 'ACS user whose scheduled move-out is canceled.',
  fields: (t) => ({
    acsUserId: t.id({
      required: true,
      description: 'ID of the ACS user: its `id` in this graph, or its `acs_user_id` in Seam.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const CancelMoveOutPayload = createPayload('CancelMoveOutPayload', 'cancelMoveOut', (t) => ({
  acsUser: t.field({
    type: AcsUser,
    nullable: true,
    description:
      'The ACS user, or `null` if the mutation was rejected or the viewer does not have the `read` scope.',
    resolve: (outcome, _args, context) => loadAcsUser(outcome, context),
  }),
  acsUserId: t.id({
    nullable: true,
    description: 'ID of the ACS user in Seam (`acs_user_id`), or `null` if the mutation was rejected.',
    resolve: ({ facts }) => facts.acsUserId ?? null,
  }),
  acsCredentials: t.field({
    type: [AcsCredential],
    description:
      'Credentials that were issued to replace credentials that had no end time before the move-out was scheduled. Seam cannot remove an end time. A replaced PIN has new digits. Empty if the viewer does not have the `read` scope.',
    complexity: { multiplier: assumedListRows },
    resolve: (outcome, _args, context) => loadCredentials(outcome, context),
  }),
  steps: t.field({ type: [MoveStep], description: stepsText, resolve: ({ steps }) => [...steps] }),
}))

builder.mutationFields((t) => ({
  moveIn: t.field({
    subGraphs: inPartnerGraph,
    type: MoveInPayload,
    description:
      'Creates an ACS user with a user identity, one mobile key, and one PIN for each entrance in `codeAcsEntranceIds`. All steps are completed, or none: if a step fails, the completed steps are rolled back. The gateway continues the steps after a restart. Requires the `write` scope.',
    authScopes,
    args: { input: t.arg({ type: MoveInInput, required: true, description: 'ACS user to move in.' }) },
    resolve: (_root, { input }, context) => runCommand(moveIn, input, context),
  }),
  moveOut: t.field({
    subGraphs: inPartnerGraph,
    type: MoveOutPayload,
    description:
      'Deletes the credentials of an ACS user, ends its client sessions, and deletes the ACS user. Also deletes its user identity if it has no other ACS user in any ACS system. With `at`, sets the end time of the credentials immediately and carries out the other steps at that time, also after a restart. A later request for the same ACS user replaces a scheduled move-out and moves the end times that it set. `AcsUser.scheduledMoveOut` contains the scheduled move-out; `cancelMoveOut` cancels it. Credentials that Seam refuses to delete are kept, and deleted credentials are not restored. Rejected with `CONFLICT` if a later request replaced this one. Requires the `write` scope.',
    authScopes,
    args: {
      input: t.arg({
        type: MoveOutInput,
        required: true,
        description: 'ACS user to move out, and the time.',
      }),
    },
    resolve: (_root, { input }, context) => runCommand(moveOut, input, context),
  }),
  cancelMoveOut: t.field({
    subGraphs: inPartnerGraph,
    type: CancelMoveOutPayload,
    description:
      'Cancels a scheduled move-out. Keeps the ACS user and restores the end times that its credentials had before. An end time that was changed since then is kept. A credential that had no end time is replaced by a new credential without one. Rejected with `NOT_FOUND` if no move-out is scheduled, or with `CONFLICT` if the removal has started. Requires the `write` scope.',
    authScopes,
    args: {
      input: t.arg({
        type: CancelMoveOutInput,
        required: true,
        description: 'ACS user whose scheduled move-out is canceled.',
      }),
    },
    resolve: (_root, { input }, context) => runCommand(cancelMoveOut, input, context),
  }),
}))
