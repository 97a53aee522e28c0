import type { UserError, UserErrorCode } from '../model/user-error.ts'
import type { SeamError, SeamErrorCode } from '../seam/errors.ts'
import type { Step } from './saga.ts'

/** Seam's objections to what was asked, as opposed to its failures. */
const codes: Partial<Record<SeamErrorCode, UserErrorCode>> = {
  NOT_FOUND: 'NOT_FOUND',
  INVALID_INPUT: 'REFUSED_BY_SEAM',
  CONFLICT: 'REFUSED_BY_SEAM',
  NOT_SUPPORTED: 'NOT_SUPPORTED_BY_LATCH',
}

/** Whether Seam said no to what was asked: then nothing was done, and asking again alike won't help. */
export function isRefusal(error: SeamError): boolean {
  return error.outcome === 'refused' && codes[error.code] !== undefined
}

/** What Seam objects to, in its own words, at the fields of the input where it names parameters. */
export function objectionsOf(error: SeamError, step: Step): UserError[] {
  const code = codes[error.code] ?? 'REFUSED_BY_SEAM'
  const named = Object.entries(error.validation).flatMap(([parameter, messages]) =>
    messages.map((message) => ({ field: fieldOf(parameter, step), code, message })),
  )
  return named.length > 0 ? named : [{ field: null, code, message: error.message }]
}

/** `access_schedule.ends_at` is `['accessSchedule', 'endsAt']`. */
function fieldOf(parameter: string, { fields = {} }: Step): readonly string[] {
  return parameter.split('.').map((part) => fields[part] ?? camel(part))
}

function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
}
