import {
  createAcsUser,
  createUserIdentity,
  deleteAcsUser,
  suspendAcsUser,
  unsuspendAcsUser,
  updateAcsUser,
} from '../src/commands/kinds/people.ts'
import type { Outcome } from '../src/commands/saga.ts'
import type { AcsUserId, UserIdentityId } from '../src/model/ids.ts'
import { builder, forPartners } from './builder.ts'
import type { GraphContext } from './context.ts'
import { carryOut, idempotencyKeyText, payload, readable } from './mutation.ts'
import { AcsUser, UserIdentity } from './refs.ts'

const authScopes = { scope: 'write' } as const
const userIdText = 'The person: their id, or `acs_user_id`.'
const undocumented =
  'Latch’s support is not documented: where Seam refuses, its reason stands in `userErrors`, and nothing was changed.'

/** The person that an outcome names, as they are now. */
export const userOf = ({ facts }: Outcome, context: GraphContext) => {
  const id = facts.acsUserId as AcsUserId | undefined
  return id === undefined ? null : readable(context, () => context.view.user(id))
}

const AccessScheduleInput = builder.inputType('AccessScheduleInput', {
  description: 'When access begins and ends.',
  fields: (t) => ({
    startsAt: t.field({ type: 'DateTime', required: true, description: 'The first moment.' }),
    endsAt: t.field({
      type: 'DateTime',
      description: 'The moment at which it is over; left away, it is without end.',
    }),
  }),
})

const CreateUserIdentityInput = builder.inputType('CreateUserIdentityInput', {
  description: 'A person across systems. At least one of the first four is needed.',
  fields: (t) => ({
    fullName: t.string({ description: 'The full name.' }),
    emailAddress: t.string({ description: 'E-mail address, of one identity only in the workspace.' }),
    phoneNumber: t.string({ description: 'Phone number in E.164 form, of one identity only.' }),
    userIdentityKey: t.string({
      description:
        'Your own key for the person, of one identity only. Left away, the gateway makes one up that begins with `latchkey-`.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const CreateAcsUserInput = builder.inputType('CreateAcsUserInput', {
  description: 'A person in one system.',
  fields: (t) => ({
    acsSystemId: t.id({ required: true, description: 'The system: its id, or `acs_system_id`.' }),
    fullName: t.string({ required: true, description: 'The full name.' }),
    emailAddress: t.string({
      description: 'E-mail address; Latch takes each only once in a building.',
    }),
    phoneNumber: t.string({ description: 'Phone number in E.164 form.' }),
    accessSchedule: t.field({
      type: AccessScheduleInput,
      description: `When the person has access at all. ${undocumented} Credentials have a schedule of their own.`,
    }),
    userIdentityId: t.id({ description: 'The same person across systems: its id, or `user_identity_id`.' }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const UpdateAcsUserInput = builder.inputType('UpdateAcsUserInput', {
  description: 'What is to be different; what is left away stays.',
  fields: (t) => ({
    acsUserId: t.id({ required: true, description: userIdText }),
    fullName: t.string({ description: 'The full name.' }),
    emailAddress: t.string({
      description: 'E-mail address; Latch takes each only once in a building.',
    }),
    phoneNumber: t.string({ description: 'Phone number in E.164 form.' }),
    accessSchedule: t.field({
      type: AccessScheduleInput,
      description: `When the person has access at all, with both ends; \`null\` takes the schedule away. ${undocumented}`,
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const onPerson = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({
      acsUserId: t.id({ required: true, description: userIdText }),
      idempotencyKey: t.string({ description: idempotencyKeyText }),
    }),
  })

const SuspendAcsUserInput = onPerson('SuspendAcsUserInput', 'Who is to be suspended.')
const UnsuspendAcsUserInput = onPerson('UnsuspendAcsUserInput', 'Who is to be let in again.')
const DeleteAcsUserInput = onPerson('DeleteAcsUserInput', 'Who is to be deleted.')

const CreateUserIdentityPayload = payload('CreateUserIdentityPayload', 'createUserIdentity', (t) => ({
  userIdentity: t.field({
    type: UserIdentity,
    nullable: true,
    description: 'The identity, to viewers with `read`.',
    resolve: ({ facts }, _args, context) => {
      const id = facts.userIdentityId as UserIdentityId | undefined
      return id === undefined ? null : readable(context, () => context.view.identity(id))
    },
  }),
}))

const withUser = (name: string, mutation: string) =>
  payload(name, mutation, (t) => ({
    acsUser: t.field({
      type: AcsUser,
      nullable: true,
      description: 'The person as they are now, to viewers with `read`; `null` where it was refused.',
      resolve: (outcome, _args, context) => userOf(outcome, context),
    }),
    acsUserId: t.id({
      nullable: true,
      description: "Seam's own id of the person; `null` where it was refused.",
      resolve: ({ facts }) => (facts.acsUserId as AcsUserId | undefined) ?? null,
    }),
  }))

const CreateAcsUserPayload = withUser('CreateAcsUserPayload', 'createAcsUser')
const UpdateAcsUserPayload = withUser('UpdateAcsUserPayload', 'updateAcsUser')
const SuspendAcsUserPayload = withUser('SuspendAcsUserPayload', 'suspendAcsUser')
const UnsuspendAcsUserPayload = withUser('UnsuspendAcsUserPayload', 'unsuspendAcsUser')
const DeleteAcsUserPayload = payload('DeleteAcsUserPayload', 'deleteAcsUser', (t) => ({
  acsUserId: t.id({
    nullable: true,
    description: "Seam's own id of the person who is gone; `null` where it was refused.",
    resolve: ({ facts }) => (facts.acsUserId as AcsUserId | undefined) ?? null,
  }),
}))

builder.mutationFields((t) => ({
  createUserIdentity: t.field({
    subGraphs: forPartners,
    type: CreateUserIdentityPayload,
    description:
      'Creates a person across systems. Needs a key that reaches every system; `moveIn` and `issueMobileKey` make identities by themselves.',
    authScopes,
    args: { input: t.arg({ type: CreateUserIdentityInput, required: true, description: 'Who.' }) },
    resolve: (_root, { input }, context) => carryOut(createUserIdentity, input, context),
  }),
  createAcsUser: t.field({
    subGraphs: forPartners,
    type: CreateAcsUserPayload,
    description:
      'Creates a person in one system. Latch takes them over a little later; problems appear in their `errors`.',
    authScopes,
    args: { input: t.arg({ type: CreateAcsUserInput, required: true, description: 'Who, and where.' }) },
    resolve: (_root, { input }, context) => carryOut(createAcsUser, input, context),
  }),
  updateAcsUser: t.field({
    subGraphs: forPartners,
    type: UpdateAcsUserPayload,
    description: 'Changes what is given about a person.',
    authScopes,
    args: { input: t.arg({ type: UpdateAcsUserInput, required: true, description: 'Who, and what.' }) },
    resolve: (_root, { input }, context) => carryOut(updateAcsUser, input, context),
  }),
  suspendAcsUser: t.field({
    subGraphs: forPartners,
    type: SuspendAcsUserPayload,
    description: `Suspends a person: nothing of theirs opens. ${undocumented}`,
    authScopes,
    args: { input: t.arg({ type: SuspendAcsUserInput, required: true, description: 'Who.' }) },
    resolve: (_root, { input }, context) => carryOut(suspendAcsUser, input, context),
  }),
  unsuspendAcsUser: t.field({
    subGraphs: forPartners,
    type: UnsuspendAcsUserPayload,
    description: `Lets a suspended person in again. ${undocumented}`,
    authScopes,
    args: { input: t.arg({ type: UnsuspendAcsUserInput, required: true, description: 'Who.' }) },
    resolve: (_root, { input }, context) => carryOut(unsuspendAcsUser, input, context),
  }),
  deleteAcsUser: t.field({
    subGraphs: forPartners,
    type: DeleteAcsUserPayload,
    description:
      'Deletes a person with all their credentials. Their user identity stays; `moveOut` takes it away too.',
    authScopes,
    args: { input: t.arg({ type: DeleteAcsUserInput, required: true, description: 'Who.' }) },
    resolve: (_root, { input }, context) => carryOut(deleteAcsUser, input, context),
  }),
}))
