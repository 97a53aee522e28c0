import type { Scope } from '../../src/auth/viewer.ts'
import type { Command } from '../../src/commands/command.ts'
import type { IdempotentInput } from '../../src/commands/idempotency/idempotency-slot.ts'
import type { CommandOutcome, Facts } from '../../src/commands/saga.ts'
import { encodeNodeId, type NodeType } from '../../src/model/ids.ts'
import type { UserErrorCode, UserError as UserErrorShape } from '../../src/model/user-error.ts'
import { builder, notInPartnerGraph } from '../builder.ts'
import type { GraphContext } from '../context.ts'
import { toEnumValues } from '../types/enums.ts'

builder.mutationType({
  defaultSubGraphsForFields: notInPartnerGraph,
  description:
    "Mutations. Each mutation has one `input` argument. If a mutation is rejected, `userErrors` in its payload contains the reasons, and no change is made in Seam unless the description of the mutation says otherwise. If Seam fails, the response has an error with a code that starts with `SEAM_` and Seam's request ID in `extensions.seamRequestId`.",
})

const userErrorCodeDescriptions: Readonly<Record<UserErrorCode, string>> = {
  REQUIRED: 'A required value is missing, or an update contains no change.',
  INVALID: 'A value is invalid.',
  NOT_FOUND: "No object with this ID exists in the viewer's access scope.",
  NOT_ALLOWED:
    'The viewer is not allowed to make this change, or the object can only be managed in Latch Mission Control.',
  CONFLICT: 'The request conflicts with existing data or with another request.',
  NOT_SUPPORTED_BY_LATCH: 'Latch does not support the operation.',
  SCHEDULE_INVALID:
    'The end time is missing, is in the past, is not after the start time, or is later than allowed.',
  IDENTITY_REQUIRED: 'The ACS user has no user identity, which the operation requires.',
  IDEMPOTENCY_MISMATCH:
    'The idempotency key was used with a different mutation or input in the last 24 hours.',
  REFUSED_BY_SEAM: 'Seam rejected the request. `UserError.message` contains the reason.',
}

const UserErrorCodeEnum = builder.enumType('UserErrorCode', {
  description: 'Reason why a mutation was rejected.',
  values: toEnumValues(userErrorCodeDescriptions),
})

const UserError = builder.objectRef<UserErrorShape>('UserError').implement({
  description: 'Error in the input of a mutation, or a reason why it was rejected.',
  fields: (t) => ({
    field: t.stringList({
      nullable: true,
      description:
        'Path of the invalid value in `input`, such as `["acsEntranceIds", "2"]`, or `null` if the error applies to the whole input.',
      resolve: (error) => (error.field === null ? null : [...error.field]),
    }),
    message: t.exposeString('message', {
      description: 'Human-readable description of the error, in English.',
    }),
    code: t.field({
      type: UserErrorCodeEnum,
      description: 'Machine-readable error code.',
      resolve: (error) => error.code,
    }),
    userIdentityId: t.id({
      nullable: true,
      description:
        'With the code `CONFLICT`, ID in Seam (`user_identity_id`) of the user identity that may belong to another person. Otherwise `null`.',
      resolve: (error) => error.userIdentityId ?? null,
    }),
  }),
})

const UserErrorPayload = builder.interfaceRef<CommandOutcome>('UserErrorPayload').implement({
  description: 'Fields of every mutation payload.',
  fields: (t) => ({
    userErrors: t.field({
      type: [UserError],
      description: 'Reasons why the mutation was rejected. Empty if it was successful.',
      resolve: (outcome) => [...outcome.userErrors],
    }),
  }),
})

/** Returns the cursor of the last change that a mutation made, or `null` if it made none. */
const getCursor = (outcome: CommandOutcome, { changeLog }: GraphContext): string | null =>
  outcome.offset === 0 ? null : changeLog.cursorAt(outcome.offset)

type CreatePayloadFields<Outcome extends CommandOutcome> = NonNullable<
  Parameters<ReturnType<typeof builder.objectRef<Outcome>>['implement']>[0]['fields']
>
type PayloadBuilder = Parameters<CreatePayloadFields<CommandOutcome>>[0]

/** Creates the type of a payload: its own fields and `userErrors`. */
export function createPayloadWithoutCursor<Outcome extends CommandOutcome>(
  name: string,
  mutation: string,
  fields: CreatePayloadFields<Outcome>,
) {
  return builder.objectRef<Outcome>(name).implement({
    description: `Payload of \`${mutation}\`.`,
    // Pothos cannot compare the shapes of a generic type and an interface.
    interfaces: [UserErrorPayload] as never,
    fields,
  })
}

/** Creates the payload type of a mutation that changes data in Seam: like `createPayloadWithoutCursor`, with a `cursor`. */
export function createPayload<Outcome extends CommandOutcome = CommandOutcome>(
  name: string,
  mutation: string,
  fields: CreatePayloadFields<Outcome>,
) {
  return createPayloadWithoutCursor<Outcome>(name, mutation, (t) => ({
    ...fields(t),
    cursor: t.field({
      type: 'Cursor',
      nullable: true,
      description:
        'Position in the change journal after the changes of this mutation, or `null` if nothing was changed. To read data that includes the changes, pass it as `extensions.after` of the next request.',
      resolve: (outcome, _args, context) => getCursor(outcome, context),
    }),
  }))
}

/** Creates the field with the node ID of a deleted object, which clients with a normalized cache remove. */
export function createDeletedIdField(
  t: PayloadBuilder,
  type: NodeType,
  getSeamId: (outcome: CommandOutcome) => string | null | undefined,
) {
  return t.id({
    nullable: true,
    description: `Node ID (\`${type}.id\`) of the deleted object, or \`null\` if none was deleted.`,
    resolve: (outcome) => {
      const seamId = getSeamId(outcome)
      return seamId == null ? null : encodeNodeId(type, seamId)
    },
  })
}

/** Description of `idempotencyKey`, which every input has. */
export const idempotencyKeyText =
  'Idempotency key: text chosen by the client that identifies the request, 1 to 255 characters. A request with the same key and the same input within 24 hours returns the result of the first request and is not carried out again, unless the first request failed or was rejected before it was sent to Seam. With a different input, it is rejected with `IDEMPOTENCY_MISMATCH`.'

/** Description of `phoneNumber` in inputs. */
export const phoneText =
  'Phone number with `+` and country code, such as `+1 (212) 555-0100`. Separators are allowed, extensions are not. Sent to Seam in E.164 format.'

/** Description of `sameUser` in inputs. */
export const sameUserText =
  'Whether an existing user identity with the same email address or phone number belongs to the same person although other data differs. `true`: it is used, and the person gets the mobile keys of both. `false`: a new user identity is created, without the email address and phone number that are already in use. If omitted, a difference is rejected with `CONFLICT`. User identities are compared only if the access scope of the viewer includes all ACS systems.'

/** Runs a command for the viewer of the request. */
export async function runCommand<Input extends IdempotentInput, Plan extends Facts>(
  command: Command<Input, Plan>,
  input: Input,
  context: GraphContext,
): Promise<CommandOutcome> {
  const { commands, viewer, view, now, isCredentialValid, clientSessionMaxMs } = context
  const requester = { viewer, view, now, isAllowed: isCredentialValid, clientSessionMaxMs }
  const outcome = await commands.execute(command, input, requester)
  context.now = new Date().toISOString()
  return outcome
}

/** Reads an object for a payload, or returns `null` if the viewer does not have the `read` scope. */
export function readIfAllowed<T>({ viewer }: GraphContext, read: () => T): T | null {
  return viewer.scopes.has('read' satisfies Scope) ? read() : null
}
