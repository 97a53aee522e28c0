/** Seam's tree of what is wrong with which parameter. */
export type ValidationErrors = { _errors: string[]; [parameter: string]: string[] | ValidationErrors }

/** A request that Seam would refuse: becomes the error envelope with this status and type. */
export class Refusal extends Error {
  readonly status: number
  readonly type: string
  readonly validationErrors: ValidationErrors | undefined

  constructor(status: number, type: string, message: string, validationErrors?: ValidationErrors) {
    super(message)
    this.name = 'Refusal'
    this.status = status
    this.type = type
    this.validationErrors = validationErrors
  }
}

/** A 400 `invalid_input` that names the parameter it is about. */
export function invalidInput(parameter: string, message: string): Refusal {
  return new Refusal(400, 'invalid_input', `Invalid parameter "${parameter}": ${message}`, {
    _errors: [],
    [parameter]: { _errors: [message] },
  })
}

/** A 400 `not_supported`: Latch can't do this. */
export function notSupported(message: string): Refusal {
  return new Refusal(400, 'not_supported', message)
}

/** The row, or a 404 of its kind: `found(undefined, 'acs_user', id)` throws `acs_user_not_found`. */
export function found<Row>(row: Row | undefined, kind: string, id: string): Row {
  if (row !== undefined) return row
  throw new Refusal(404, `${kind}_not_found`, `There is no ${kind} with the id ${id}.`)
}

/** The error envelope of a refusal. */
export function envelope(refusal: Refusal): object {
  const { type, message, validationErrors } = refusal
  const details = validationErrors === undefined ? {} : { validation_errors: validationErrors }
  return { error: { type, message, ...details }, ok: false }
}
