import { all, andThen } from '../src/catalog/answer.ts'
import { moveIn } from '../src/commands/kinds/move-in.ts'
import { moveOut } from '../src/commands/kinds/move-out.ts'
import type { Outcome, StepReport } from '../src/commands/saga.ts'
import { issuedIn } from '../src/commands/steps/credential-steps.ts'
import type { AcsUserId } from '../src/model/ids.ts'
import { builder, forPartners, unpagedRows } from './builder.ts'
import type { GraphContext } from './context.ts'
import { carryOut, idempotencyKeyText, payload, readable } from './mutation.ts'
import { userOf } from './people-mutations.ts'
import { AcsCredential, AcsUser } from './refs.ts'

const authScopes = { scope: 'write' } as const

const StepStatusEnum = builder.enumType('StepStatus', {
  description: 'What became of one step.',
  values: {
    PENDING: { value: 'PENDING', description: 'Its time has not come, or an earlier step failed.' },
    STARTED: { value: 'STARTED', description: 'Sent to Seam; whether it was done is being looked up.' },
    DONE: { value: 'DONE', description: 'Done.' },
    FAILED: { value: 'FAILED', description: 'Not done: see `message`.' },
    UNDONE: { value: 'UNDONE', description: 'Done, and taken back, since a later step failed.' },
  } as const,
})

const MoveStep = builder.objectRef<StepReport>('MoveStep').implement({
  description: 'One step of a move.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What it does, such as `issueMobileKey`.' }),
    status: t.field({
      type: StepStatusEnum,
      description: 'What became of it.',
      resolve: (step) => step.status,
    }),
    message: t.exposeString('message', { nullable: true, description: 'Why it failed.' }),
  }),
})

const stepsText = 'What was done, in order; empty where it was refused before anything was done.'

const credentialsOf = (outcome: Outcome, context: GraphContext) =>
  readable(context, () =>
    andThen(all(issuedIn(outcome.facts).map((id) => context.view.credential(id))), (rows) =>
      rows.filter((row) => row !== null),
    ),
  ) ?? []

export const MoveInInput = builder.inputType('MoveInInput', {
  description: 'A person, and the doors that are to be theirs.',
  fields: (t) => ({
    acsSystemId: t.id({ required: true, description: 'The system: its id, or `acs_system_id`.' }),
    fullName: t.string({ required: true, description: 'The full name.' }),
    emailAddress: t.string({ description: 'E-mail address; Latch takes each only once in a building.' }),
    phoneNumber: t.string({ description: 'Phone number in E.164 form.' }),
    startsAt: t.field({ type: 'DateTime', required: true, description: 'When mobile key and PINs begin.' }),
    endsAt: t.field({
      type: 'DateTime',
      description: 'When mobile key and PINs are over; left away, they are without end.',
    }),
    mobileKeyAcsEntranceIds: t.idList({ description: 'The entrances that the one mobile key opens.' }),
    codeAcsEntranceIds: t.idList({ description: 'The entrances that get a PIN, one for each; at most 20.' }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const MoveOutInput = builder.inputType('MoveOutInput', {
  description: 'Who leaves, and when.',
  fields: (t) => ({
    acsUserId: t.id({ required: true, description: 'The person: their id, or `acs_user_id`.' }),
    at: t.field({
      type: 'DateTime',
      description: 'When; left away, or in the past, now.',
    }),
    keepUser: t.boolean({
      defaultValue: false,
      description: 'Keeps the person and their user identity: only the credentials are taken away.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

export const MoveInPayload = payload('MoveInPayload', 'moveIn', (t) => ({
  acsUser: t.field({
    type: AcsUser,
    nullable: true,
    description: 'The person, to viewers with `read`; `null` where it was refused.',
    resolve: (outcome, _args, context) => userOf(outcome, context),
  }),
  acsUserId: t.id({
    nullable: true,
    description: "Seam's own id of the person; `null` where it was refused.",
    resolve: ({ facts }) => (facts.acsUserId as AcsUserId | undefined) ?? null,
  }),
  acsCredentials: t.field({
    type: [AcsCredential],
    description: 'The mobile key, then the PINs in the order of their entrances.',
    complexity: { multiplier: unpagedRows },
    resolve: (outcome, _args, context) => credentialsOf(outcome, context),
  }),
  steps: t.field({ type: [MoveStep], description: stepsText, resolve: ({ steps }) => [...steps] }),
}))

const MoveOutPayload = payload('MoveOutPayload', 'moveOut', (t) => ({
  acsUserId: t.id({
    nullable: true,
    description: "Seam's own id of the person; `null` where it was refused.",
    resolve: ({ facts }) => (facts.acsUserId as AcsUserId | undefined) ?? null,
  }),
  scheduledAt: t.field({
    type: 'DateTime',
    nullable: true,
    description: 'When the steps that are PENDING are done; `null` where everything was done at once.',
    resolve: ({ facts }) => (facts.at as string | null | undefined) ?? null,
  }),
  steps: t.field({ type: [MoveStep], description: stepsText, resolve: ({ steps }) => [...steps] }),
}))

builder.mutationFields((t) => ({
  moveIn: t.field({
    subGraphs: forPartners,
    type: MoveInPayload,
    description:
      'Gives a person everything at once: user identity, ACS user, one mobile key, and a PIN for each entrance that is to have one. All of it, or nothing: when a step fails, the earlier ones are taken back. Goes on after a restart of the gateway.',
    authScopes,
    args: { input: t.arg({ type: MoveInInput, required: true, description: 'Who, when and where.' }) },
    resolve: (_root, { input }, context) => carryOut(moveIn, input, context),
  }),
  moveOut: t.field({
    subGraphs: forPartners,
    type: MoveOutPayload,
    description:
      'Takes back everything a person opens doors with, and then the person, and their user identity if it has no other person in any building. With `at`, the credentials get that end at once, and the rest is done then, also after a restart. Asked again for the same person, it takes the place of a move that still waits.',
    authScopes,
    args: { input: t.arg({ type: MoveOutInput, required: true, description: 'Who, and when.' }) },
    resolve: (_root, { input }, context) => carryOut(moveOut, input, context),
  }),
}))
