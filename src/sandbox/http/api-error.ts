/** Seam's tree of validation errors by parameter. */
export type ValidationErrors = { _errors: string[]; [parameter: string]: string[] | ValidationErrors }

/** An error that the sandbox answers with Seam's error envelope, with this status and type. */
export class SandboxApiError extends Error {
  readonly status: number
  readonly type: string
  readonly validationErrors: ValidationErrors | undefined

  constructor(status: number, type: string, message: string, validationErrors?: ValidationErrors) {
    super(message)
    this.name = 'SandboxApiError'
    this.status = status
    this.type = type
    this.validationErrors = validationErrors
  }
}

/** Creates a 400 `invalid_input` for a parameter. */
export function createInvalidInputError(parameter: string, message: string): SandboxApiError {
  return new SandboxApiError(400, 'invalid_input', `Invalid parameter "${parameter}": ${message}`, {
    _errors: [],
    [parameter]: { _errors: [message] },
  })
}

/** Creates a 400 `not_supported` for an operation that Latch does not support. */
export function createNotSupportedError(message: string): SandboxApiError {
  return new SandboxApiError(400, 'not_supported', message)
}

/** Returns the row, or throws a 404 of its type, such as `acs_user_not_found`. */
export function requireRow<Row>(row: Row | undefined, kind: string, id: string): Row {
  if (row !== undefined) return row
  throw new SandboxApiError(404, `${kind}_not_found`, `There is no ${kind} with the id ${id}.`)
}

/** Returns Seam's error envelope for an error. */
export function createErrorEnvelope(error: SandboxApiError): object {
  const { type, message, validationErrors } = error
  const details = validationErrors === undefined ? {} : { validation_errors: validationErrors }
  return { error: { type, message, ...details }, ok: false }
}
