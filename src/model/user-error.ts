import type { UserIdentityId } from './ids.ts'

/** Why a mutation was refused; stable, and documented for clients in docs/writing.md. */
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

/** One objection. `field` is the path below `input`, such as `['acsEntranceIds', '2']`; `null` for the input as a whole. */
export type UserError = {
  readonly field: readonly string[] | null
  readonly code: UserErrorCode
  readonly message: string
  /** The user identity that is in the way, if it is one. */
  readonly userIdentityId?: UserIdentityId | null
}

/** A mutation is refused: what was asked for can't be, and asking again alike won't help. */
export class MutationRefused extends Error {
  override readonly name = 'MutationRefused'
  readonly code = 'REFUSED'
  readonly userErrors: readonly UserError[]

  constructor(userErrors: readonly UserError[]) {
    super(userErrors.map(({ message }) => message).join(' '))
    this.userErrors = userErrors
  }
}

/** Throws the objections, where there are any. */
export function throwIfRefused(userErrors: readonly UserError[]): void {
  if (userErrors.length > 0) throw new MutationRefused(userErrors)
}

/** One objection, made to be thrown; `field` as a text is one of the input's own. */
export function createRefusal(
  field: string | readonly string[] | null,
  code: UserErrorCode,
  message: string,
): MutationRefused {
  return new MutationRefused([{ field: typeof field === 'string' ? [field] : field, code, message }])
}

/** What isn't there and what isn't yours are told alike. */
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
