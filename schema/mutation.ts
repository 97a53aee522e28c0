import type { Scope } from '../src/auth/viewer.ts'
import type { Command, Keyed } from '../src/commands/command.ts'
import type { Facts, Outcome } from '../src/commands/saga.ts'
import { type UserError as UserErrorShape, userErrorCodes } from '../src/model/user-error.ts'
import { builder, forOperators } from './builder.ts'
import type { GraphContext } from './context.ts'

builder.mutationType({
  defaultSubGraphsForFields: forOperators,
  description:
    'Changing. Every mutation takes one input; where it is refused, the payload says why in `userErrors`, and nothing was changed at Seam. A failure of Seam is an error of the answer, with the code SEAM_… and Seam’s request id.',
})

const codeDescriptions: Readonly<Record<(typeof userErrorCodes)[number], string>> = {
  REQUIRED: 'Something is missing.',
  INVALID: 'A value cannot be used.',
  NOT_FOUND: 'There is nothing with this id within reach.',
  NOT_ALLOWED: 'This key, or this gateway, may not change it.',
  CONFLICT: 'Something else is in the way.',
  NOT_SUPPORTED_BY_LATCH: 'Latch cannot do this.',
  SCHEDULE_INVALID: 'The times do not fit together, or an end is over already.',
  IDENTITY_REQUIRED: 'The person needs a user identity first.',
  IDEMPOTENCY_MISMATCH: 'The idempotency key was used for something else within the last 24 hours.',
  REFUSED_BY_SEAM: 'Seam refused it, for the reason in `message`.',
}

const UserErrorCodeEnum = builder.enumType('UserErrorCode', {
  description: 'Why a mutation was refused.',
  values: Object.fromEntries(
    userErrorCodes.map((code) => [code, { value: code, description: codeDescriptions[code] }]),
  ) as { [C in (typeof userErrorCodes)[number]]: { value: C; description: string } },
})

const UserError = builder.objectRef<UserErrorShape>('UserError').implement({
  description: 'An objection to what was asked.',
  fields: (t) => ({
    field: t.stringList({
      nullable: true,
      description:
        'Where in `input`, such as `["acsEntranceIds", "2"]`; `null` where it is about the input as a whole.',
      resolve: (error) => (error.field === null ? null : [...error.field]),
    }),
    message: t.exposeString('message', { description: 'What is wrong, for people.' }),
    code: t.field({ type: UserErrorCodeEnum, description: 'For programs.', resolve: (error) => error.code }),
  }),
})

const UserErrorPayload = builder.interfaceRef<Outcome>('UserErrorPayload').implement({
  description: 'What every mutation answers.',
  fields: (t) => ({
    userErrors: t.field({
      type: [UserError],
      description: 'Why it was refused; empty when it was done.',
      resolve: (outcome) => [...outcome.userErrors],
    }),
  }),
})

/** The cursor of what a mutation told; `null` when it told nothing. */
const cursorOf = (outcome: Outcome, { log }: GraphContext): string | null =>
  outcome.offset === 0 ? null : log.cursorAt(outcome.offset)

type PayloadBuilder = Parameters<
  NonNullable<Parameters<ReturnType<typeof builder.objectRef<Outcome>>['implement']>[0]['fields']>
>[0]
type PayloadFields = ReturnType<
  NonNullable<Parameters<ReturnType<typeof builder.objectRef<Outcome>>['implement']>[0]['fields']>
>

/** Makes a payload: its own fields and the objections. */
export function plainPayload(name: string, mutation: string, fields: (t: PayloadBuilder) => PayloadFields) {
  return builder.objectRef<Outcome>(name).implement({
    description: `What \`${mutation}\` answers.`,
    interfaces: [UserErrorPayload],
    fields,
  })
}

/** The same for what changes something at Seam: with the cursor of what it told. */
export function payload(name: string, mutation: string, fields: (t: PayloadBuilder) => PayloadFields) {
  return plainPayload(name, mutation, (t) => ({
    ...fields(t),
    cursor: t.field({
      type: 'Cursor',
      nullable: true,
      description:
        'Everything this changed is in answers at least as new as this: give it as `extensions.after` of your next request. `null` where nothing was changed.',
      resolve: (outcome, _args, context) => cursorOf(outcome, context),
    }),
  }))
}

/** What a mutation answers that has nothing to tell but itself. */
export const nothingDone: Outcome = { id: '', facts: {}, steps: [], userErrors: [], offset: 0 }

/** What every input has. */
export const idempotencyKeyText =
  'A text of your own for this one request, up to 255 characters. Sent again within 24 hours, it gets the first answer, and nothing is done twice.'

/** Runs a command for whoever asks. */
export async function carryOut<Input extends Keyed, Plan extends Facts>(
  command: Command<Input, Plan>,
  input: Input,
  context: GraphContext,
): Promise<Outcome> {
  const { commands, viewer, view, now } = context
  const outcome = await commands.run(command, input, { viewer, view, now })
  context.now = new Date().toISOString()
  return outcome
}

/** Things in a payload are read like any others: only with the scope for reading. */
export function readable<T>({ viewer }: GraphContext, read: () => T): T | null {
  return viewer.scopes.has('read' satisfies Scope) ? read() : null
}
