import {
  issueCode,
  issueMobileKey,
  revokeCredential,
  updateCredential,
} from '../src/commands/kinds/credentials.ts'
import type { Outcome } from '../src/commands/saga.ts'
import { issuedIn } from '../src/commands/steps/credential-steps.ts'
import type { AcsCredentialId } from '../src/model/ids.ts'
import { builder, forPartners } from './builder.ts'
import { carryOut, idempotencyKeyText, payload, readable } from './mutation.ts'
import { AcsCredential } from './refs.ts'

const authScopes = { scope: 'write' } as const
const userIdText = 'Whose it is to be: their id, or `acs_user_id`.'
const credentialIdText = 'The credential: its id, or `acs_credential_id`.'
const startText =
  'From when it works; left away, from now. A start that lies behind is moved to now by Seam, which says so in a warning.'
const endText = 'When it is over; left away, it is without end.'

/** The credential that a command issued, or is about. */
const credentialIdIn = (outcome: Outcome): AcsCredentialId | null =>
  issuedIn(outcome.facts)[0] ?? (outcome.facts.acsCredentialId as AcsCredentialId | null | undefined) ?? null

const IssueCodeInput = builder.inputType('IssueCodeInput', {
  description: 'A PIN for exactly one entrance.',
  fields: (t) => ({
    acsUserId: t.id({ required: true, description: userIdText }),
    acsEntranceId: t.id({ required: true, description: 'The entrance: its id, or `acs_entrance_id`.' }),
    startsAt: t.field({ type: 'DateTime', description: startText }),
    endsAt: t.field({ type: 'DateTime', description: endText }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const IssueMobileKeyInput = builder.inputType('IssueMobileKeyInput', {
  description: 'A key on somebody’s phones for one entrance or more.',
  fields: (t) => ({
    acsUserId: t.id({ required: true, description: userIdText }),
    acsEntranceIds: t.idList({
      required: true,
      description: 'The entrances, one or more: their ids, or `acs_entrance_id`s.',
    }),
    startsAt: t.field({ type: 'DateTime', description: startText }),
    endsAt: t.field({ type: 'DateTime', description: endText }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const UpdateCredentialInput = builder.inputType('UpdateCredentialInput', {
  description: 'What is to be different; what is left away stays.',
  fields: (t) => ({
    acsCredentialId: t.id({ required: true, description: credentialIdText }),
    endsAt: t.field({
      type: 'DateTime',
      description: 'When it is over: changed in place. `null`, for without end, replaces it.',
    }),
    startsAt: t.field({ type: 'DateTime', description: 'From when it works. Another start replaces it.' }),
    acsEntranceIds: t.idList({
      description: 'All entrances that it is to open. Other ones than now replace it.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const RevokeCredentialInput = builder.inputType('RevokeCredentialInput', {
  description: 'What is to be taken away.',
  fields: (t) => ({
    acsCredentialId: t.id({ required: true, description: credentialIdText }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const withCredential = (
  name: string,
  mutation: string,
  more: Parameters<typeof payload>[2] = () => ({}) as never,
) =>
  payload(name, mutation, (t) => ({
    acsCredential: t.field({
      type: AcsCredential,
      nullable: true,
      description: 'The credential as it is now, to viewers with `read`; `null` where it was refused.',
      resolve: (outcome, _args, context) => {
        const id = credentialIdIn(outcome)
        return id === null ? null : readable(context, () => context.view.credential(id))
      },
    }),
    acsCredentialId: t.id({
      nullable: true,
      description: "Seam's own id of the credential; `null` where it was refused.",
      resolve: credentialIdIn,
    }),
    ...more(t),
  }))

const IssueCodePayload = withCredential('IssueCodePayload', 'issueCode')
const IssueMobileKeyPayload = withCredential('IssueMobileKeyPayload', 'issueMobileKey')
const UpdateCredentialPayload = withCredential('UpdateCredentialPayload', 'updateCredential', (t) => ({
  replaced: t.id({
    nullable: true,
    description:
      "Seam's own id of the old credential, where a new one was issued in its place; `null` where it was changed in place.",
    resolve: ({ facts }) => (facts.replaced as AcsCredentialId | null | undefined) ?? null,
  }),
}))
const RevokeCredentialPayload = payload('RevokeCredentialPayload', 'revokeCredential', (t) => ({
  acsCredentialId: t.id({
    nullable: true,
    description: "Seam's own id of the credential that is gone; `null` where it was refused.",
    resolve: credentialIdIn,
  }),
}))

builder.mutationFields((t) => ({
  issueCode: t.field({
    subGraphs: forPartners,
    type: IssueCodePayload,
    description:
      'Issues a PIN for exactly one entrance. Latch makes it up, and it may come later: then `codeState` is PENDING, and a change of kind ISSUED tells when it is there.',
    authScopes,
    args: { input: t.arg({ type: IssueCodeInput, required: true, description: 'Whose, and where.' }) },
    resolve: (_root, { input }, context) => carryOut(issueCode, input, context),
  }),
  issueMobileKey: t.field({
    subGraphs: forPartners,
    type: IssueMobileKeyPayload,
    description:
      'Issues a key on somebody’s phones. It needs a user identity: the person’s own, one with the same e-mail address or phone number, or a new one that is made for it.',
    authScopes,
    args: { input: t.arg({ type: IssueMobileKeyInput, required: true, description: 'Whose, and where.' }) },
    resolve: (_root, { input }, context) => carryOut(issueMobileKey, input, context),
  }),
  updateCredential: t.field({
    subGraphs: forPartners,
    type: UpdateCredentialPayload,
    description:
      'Changes a credential. Seam changes only the end in place: for other entrances, another start or no end a new one is issued, and only then the old one is taken away, so that there is never none; a PIN is then a new PIN. When that fails, the new one is taken back.',
    authScopes,
    args: { input: t.arg({ type: UpdateCredentialInput, required: true, description: 'Which, and what.' }) },
    resolve: (_root, { input }, context) => carryOut(updateCredential, input, context),
  }),
  revokeCredential: t.field({
    subGraphs: forPartners,
    type: RevokeCredentialPayload,
    description: 'Takes a credential away: it opens nothing any more.',
    authScopes,
    args: { input: t.arg({ type: RevokeCredentialInput, required: true, description: 'Which.' }) },
    resolve: (_root, { input }, context) => carryOut(revokeCredential, input, context),
  }),
}))
