import {
  issueCode,
  issueMobileKey,
  revokeCredential,
  updateCredential,
} from '../../src/commands/definitions/credentials.ts'
import { type CommandOutcome, getIssuedCredentialIds } from '../../src/commands/saga.ts'
import type { AcsCredentialId } from '../../src/model/ids.ts'
import { builder, inPartnerGraph } from '../builder.ts'
import { AcsCredential } from '../types/object-refs.ts'
import {
  createDeletedIdField,
  createPayload,
  idempotencyKeyText,
  readIfAllowed,
  runCommand,
  sameUserText,
} from './mutation-payload.ts'

const authScopes = { scope: 'write' } as const
const userIdText =
  'ID of the ACS user for whom the credential is issued: its `id` in this graph, or its `acs_user_id` in Seam.'
const credentialIdText = 'ID of the credential: its `id` in this graph, or its `acs_credential_id` in Seam.'
const startText =
  'Time from which the credential is valid. Defaults to the current time. Seam changes a time in the past to the current time and adds the warning `schedule_modified`.'
const endText =
  'Time at which the credential stops being valid. Must be in the future and after `startsAt`; otherwise rejected with `SCHEDULE_INVALID`. If omitted, the credential does not expire.'

/** Returns the ID of the credential that a command issued or changed. */
const getCredentialId = (outcome: CommandOutcome): AcsCredentialId | null =>
  getIssuedCredentialIds(outcome.facts)[0] ?? outcome.facts.acsCredentialId ?? null

const IssueCodeInput = builder.inputType('IssueCodeInput', {
  description: 'PIN to issue for exactly one entrance.',
  fields: (t) => ({
    acsUserId: t.id({ required: true, description: userIdText }),
    acsEntranceId: t.id({
      required: true,
      description:
        'ID of the entrance: its `id` in this graph, or its `acs_entrance_id` in Seam. The entrance must be in the ACS system of the ACS user.',
    }),
    startsAt: t.field({ type: 'DateTime', description: startText }),
    endsAt: t.field({ type: 'DateTime', description: endText }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const IssueMobileKeyInput = builder.inputType('IssueMobileKeyInput', {
  description: 'Mobile key to issue for one or more entrances.',
  fields: (t) => ({
    acsUserId: t.id({ required: true, description: userIdText }),
    acsEntranceIds: t.idList({
      required: true,
      description:
        'IDs of the entrances, at least one: their `id` in this graph, or their `acs_entrance_id` in Seam. The entrances must be in the ACS system of the ACS user.',
    }),
    userIdentityId: t.id({
      description:
        'ID of a user identity that belongs to the same person, even if its name, email address or phone number differs: its `id` in this graph, or its `user_identity_id` in Seam. For an ACS user without a user identity. If omitted, a user identity with the same email address or phone number is used if the access scope of the viewer includes all ACS systems. Otherwise, or if there is none, one is created.',
    }),
    sameUser: t.boolean({ description: sameUserText }),
    startsAt: t.field({ type: 'DateTime', description: startText }),
    endsAt: t.field({ type: 'DateTime', description: endText }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const UpdateCredentialInput = builder.inputType('UpdateCredentialInput', {
  description: 'Changes to a credential. Omitted fields are not changed.',
  fields: (t) => ({
    acsCredentialId: t.id({ required: true, description: credentialIdText }),
    endsAt: t.field({
      type: 'DateTime',
      description:
        'New end time. Must be in the future and after the start time; otherwise rejected with `SCHEDULE_INVALID`. The credential is not replaced, unless `null` removes the end time.',
    }),
    startsAt: t.field({
      type: 'DateTime',
      description:
        'New start time. If it differs from the current one, the credential is replaced. `null` is the current time.',
    }),
    acsEntranceIds: t.idList({
      description:
        'IDs of all entrances that the credential is to unlock. If they differ from the current ones, the credential is replaced. Exactly one for a PIN.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const RevokeCredentialInput = builder.inputType('RevokeCredentialInput', {
  description: 'Credential to delete.',
  fields: (t) => ({
    acsCredentialId: t.id({ required: true, description: credentialIdText }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const createCredentialPayload = (
  name: string,
  mutation: string,
  createMoreFields: Parameters<typeof createPayload>[2] = () => ({}),
) =>
  createPayload(name, mutation, (t) => ({
    acsCredential: t.field({
      type: AcsCredential,
      nullable: true,
      description:
        'Current state of the credential, or `null` if the mutation was rejected or the viewer does not have the `read` scope.',
      resolve: (outcome, _args, context) => {
        const id = getCredentialId(outcome)
        return id === null ? null : readIfAllowed(context, () => context.view.credential(id))
      },
    }),
    acsCredentialId: t.id({
      nullable: true,
      description:
        'ID of the credential in Seam (`acs_credential_id`), or `null` if the mutation was rejected.',
      resolve: getCredentialId,
    }),
    ...createMoreFields(t),
  }))

const IssueCodePayload = createCredentialPayload('IssueCodePayload', 'issueCode')
const IssueMobileKeyPayload = createCredentialPayload('IssueMobileKeyPayload', 'issueMobileKey')
const UpdateCredentialPayload = createCredentialPayload(
  'UpdateCredentialPayload',
  'updateCredential',
  (t) => ({
    replaced: t.id({
      nullable: true,
      description:
        'ID in Seam (`acs_credential_id`) of the previous credential if it was replaced by a new one. Otherwise `null`.',
      resolve: ({ facts }) => facts.replaced ?? null,
    }),
    deletedId: createDeletedIdField(t, 'AcsCredential', ({ facts }) => facts.replaced),
  }),
)
const RevokeCredentialPayload = createPayload('RevokeCredentialPayload', 'revokeCredential', (t) => ({
  acsCredentialId: t.id({
    nullable: true,
    description:
      'ID of the deleted credential in Seam (`acs_credential_id`), or `null` if the mutation was rejected.',
    resolve: getCredentialId,
  }),
  deletedId: createDeletedIdField(t, 'AcsCredential', getCredentialId),
}))

builder.mutationFields((t) => ({
  issueCode: t.field({
    subGraphs: inPartnerGraph,
    type: IssueCodePayload,
    description:
      'Issues a PIN for exactly one entrance. Latch generates the PIN, possibly after a delay: until then `codeState` is `PENDING`, and a change of kind `ISSUED` reports when the PIN is available. Rejected with `NOT_SUPPORTED_BY_LATCH` if the entrance does not support PINs. Requires the `write` scope.',
    authScopes,
    args: {
      input: t.arg({
        type: IssueCodeInput,
        required: true,
        description: 'ACS user, entrance and validity of the PIN.',
      }),
    },
    resolve: (_root, { input }, context) => runCommand(issueCode, input, context),
  }),
  issueMobileKey: t.field({
    subGraphs: inPartnerGraph,
    type: IssueMobileKeyPayload,
    description:
      'Issues a mobile key for one or more entrances. A mobile key requires a user identity: that of the ACS user, an existing one with the same email address or phone number, or a new one. Rejected with `NOT_SUPPORTED_BY_LATCH` if an entrance does not support mobile keys, and with `CONFLICT` if the existing user identity may belong to another person. Requires the `write` scope.',
    authScopes,
    args: {
      input: t.arg({
        type: IssueMobileKeyInput,
        required: true,
        description: 'ACS user, entrances and validity of the mobile key.',
      }),
    },
    resolve: (_root, { input }, context) => runCommand(issueMobileKey, input, context),
  }),
  updateCredential: t.field({
    subGraphs: inPartnerGraph,
    type: UpdateCredentialPayload,
    description:
      'Changes a credential. Seam can change only the end time of a credential. For other entrances, another start time, or no end time, a new credential is issued and then the previous one is deleted, so that the ACS user always has one. A replaced PIN has new digits. If the previous credential cannot be deleted, the new one is deleted again. Requires the `write` scope.',
    authScopes,
    args: {
      input: t.arg({
        type: UpdateCredentialInput,
        required: true,
        description: 'Credential and its new values.',
      }),
    },
    resolve: (_root, { input }, context) => runCommand(updateCredential, input, context),
  }),
  revokeCredential: t.field({
    subGraphs: inPartnerGraph,
    type: RevokeCredentialPayload,
    description: 'Deletes a credential. It no longer unlocks any entrance. Requires the `write` scope.',
    authScopes,
    args: {
      input: t.arg({ type: RevokeCredentialInput, required: true, description: 'Credential to delete.' }),
    },
    resolve: (_root, { input }, context) => runCommand(revokeCredential, input, context),
  }),
}))
