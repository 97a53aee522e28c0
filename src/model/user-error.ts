import type { UserIdentityId } from './ids.ts'

/** Codes of the reasons why a mutation is refused. The codes are stable, and documented for clients in docs/writing.md. */
export const userErrorCodes = [
  'REQUIRED',
  'INVALID',
  'NOT_FOUND',
  'NOT_ALLOWED',
  'CONFLICT',
  'NOT_SUPPORTED_BY_LATCH',
  'SCHEDULE_INVALID',
  'IDENTITY_REQUIRED',
  'IDEMPOTENCY_MISMATCH',
  'REFUSED_BY_SEAM',
] as const
export type UserErrorCode = (typeof userErrorCodes)[number]

/** One error in an input. `field` is the path below `input`, such as `['acsEntranceIds', '2']`, or `null` for the input as a whole. */
export type UserError = {
  readonly field: readonly string[] | null
  readonly code: UserErrorCode
  readonly message: string
  /** The user identity that caused the error, if one did. */
  readonly userIdentityId?: UserIdentityId | null
}

/** A mutation was refused. A retry succeeds only after a change of the input or of the data in Seam. */
export class MutationRefused extends Error {
  override readonly name = 'MutationRefused'
  readonly code = 'REFUSED'
  readonly userErrors: readonly UserError[]

  constructor(userErrors: readonly UserError[]) {
    super(userErrors.map(({ message }) => message).join(' '))
    this.userErrors = userErrors
  }
}

/** Throws `MutationRefused` if there are errors. */
export function throwIfRefused(userErrors: readonly UserError[]): void {
  if (userErrors.length > 0) throw new MutationRefused(userErrors)
}

/** Creates a `MutationRefused` with one error. A `field` that is a text names a direct field of the input. */
export function createRefusal(
  field: string | readonly string[] | null,
  code: UserErrorCode,
  message: string,
): MutationRefused {
  return new MutationRefused([{ field: typeof field === 'string' ? [field] : field, code, message }])
}

/** Creates the refusal for an object that does not exist or is outside the access scope, so that clients cannot distinguish the two. */
export function createNotFoundRefusal(
  field: string | readonly string[],
  objectName: string,
): MutationRefused {
  return createRefusal(
    field,
    'NOT_FOUND',
    `No ${objectName} with this ID exists in your access scope. Check the ID.`,
  )
}
