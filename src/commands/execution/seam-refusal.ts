import type { UserError, UserErrorCode } from '../../model/user-error.ts'
import type { SeamError, SeamErrorCode } from '../../seam/errors.ts'
import type { Step } from '../saga.ts'

/** User error codes by the codes with which Seam rejects a request, as opposed to those with which it fails. */
const userErrorCodes: Partial<Record<SeamErrorCode, UserErrorCode>> = {
  NOT_FOUND: 'NOT_FOUND',
  INVALID_INPUT: 'REFUSED_BY_SEAM',
  CONFLICT: 'REFUSED_BY_SEAM',
  NOT_SUPPORTED: 'NOT_SUPPORTED_BY_LATCH',
}

/** Whether Seam rejected a request: it changed nothing, and the same request would be rejected again. */
export function isSeamRefusal(error: SeamError): boolean {
  return error.outcome === 'refused' && userErrorCodes[error.code] !== undefined
}

/** Returns Seam's messages as user errors, with the input fields of the parameters that Seam names. */
export function toUserErrors(error: SeamError, step: Step): UserError[] {
  const code = userErrorCodes[error.code] ?? 'REFUSED_BY_SEAM'
  const fieldErrors = Object.entries(error.validation).flatMap(([parameter, messages]) =>
    messages.map((message) => ({ field: toFieldPath(parameter, step), code, message })),
  )
  return fieldErrors.length > 0 ? fieldErrors : [{ field: null, code, message: error.message }]
}

/** Returns the input path of a parameter: `['accessSchedule', 'endsAt']` for `access_schedule.ends_at`. */
function toFieldPath(parameter: string, { inputFieldNames = {} }: Step): readonly string[] {
  return parameter.split('.').map((part) => inputFieldNames[part] ?? toCamelCase(part))
}

function toCamelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
}
