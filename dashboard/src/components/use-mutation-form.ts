import type { AnyVariables, TypedDocumentNode } from '@urql/core'
import { useMemo, useRef, useState } from 'react'
import { useMutation } from 'urql'
import { texts } from '../texts.ts'

export type UserError = {
  readonly field: readonly string[] | null
  readonly message: string
  readonly code: string
  /** With `CONFLICT`, a user identity that may belong to another person, if the document asks for it. */
  readonly userIdentityId?: string | null
}
/** Errors of the whole request that are about one field, by their code. */
const fieldByErrorCode: Readonly<Record<string, string>> = { BAD_CURSOR: 'after' }

type Payload = { readonly userErrors: readonly UserError[] }

export type MutationForm<Input, Result> = {
  /** Sends the input. Resolves to the payload if the server accepted it, otherwise to `null`. */
  submit(input: Omit<Input, 'idempotencyKey'>): Promise<Result | null>
  readonly isSending: boolean
  /** Errors by the name of the field, for `Form validationErrors`. */
  readonly fieldErrors: Record<string, string[]>
  /** Errors that belong to no field of the form. */
  readonly formErrors: readonly string[]
  /** All errors of the last submission, with their codes. */
  readonly errors: readonly UserError[]
  /** The payload of the last submission if the server rejected it, for steps that were undone. */
  readonly rejected: Result | null
  /** Forgets errors, and the idempotency key: the next submission is a new request. */
  reset(): void
}

/**
 * Sends a mutation from a form. A form has one idempotency key for as long as its input stays the same, so sending it again after a lost
 * response does nothing twice. `fields` are the names of the form's fields; errors for other fields are shown at the top of the form.
 */
export function useMutationForm<
  Data,
  Variables extends AnyVariables & { input: Input },
  Input extends object,
  Result extends Payload,
>(
  document: TypedDocumentNode<Data, Variables>,
  select: (data: Data) => Result,
  fields: readonly string[],
): MutationForm<Input, Result> {
  const [{ fetching }, execute] = useMutation(document)
  const [errors, setErrors] = useState<readonly UserError[]>([])
  const [rejected, setRejected] = useState<Result | null>(null)
  const attempt = useRef<{ input: string; key: string } | null>(null)

  async function submit(input: Omit<Input, 'idempotencyKey'>): Promise<Result | null> {
    setErrors([])
    setRejected(null)
    const text = JSON.stringify(input)
    if (attempt.current?.input !== text) attempt.current = { input: text, key: createIdempotencyKey() }
    const { data, error } = await execute({
      input: { ...input, idempotencyKey: attempt.current.key },
    } as unknown as Variables)
    if (data === undefined || data === null || error !== undefined) {
      const [first] = error?.graphQLErrors ?? []
      const field = fieldByErrorCode[String(first?.extensions.code)]
      setErrors([
        {
          field: field === undefined ? null : [field],
          code: 'UNEXPECTED',
          message: first?.message ?? texts.form.unexpected,
        },
      ])
      return null
    }
    const payload = select(data)
    if (payload.userErrors.length === 0) return payload
    // Nothing was done. Seam's refusal is stored under the key, so another attempt needs another one.
    attempt.current = null
    setErrors(payload.userErrors)
    setRejected(payload)
    return null
  }

  // React Aria shows an error again whenever it gets another object, so the objects stay the same until the next submission.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the names of the fields do not change.
  const { fieldErrors, formErrors } = useMemo(() => sortErrors(errors, fields), [errors])
  return {
    submit,
    isSending: fetching,
    fieldErrors,
    formErrors,
    errors,
    rejected,
    reset() {
      attempt.current = null
      setErrors([])
      setRejected(null)
    },
  }
}

function sortErrors(errors: readonly UserError[], fields: readonly string[]) {
  const fieldErrors: Record<string, string[]> = {}
  const formErrors: string[] = []
  for (const { field, message } of errors) {
    const name = field?.find((part) => fields.includes(part))
    if (name === undefined) formErrors.push(message)
    else fieldErrors[name] = [...(fieldErrors[name] ?? []), message]
  }
  return { fieldErrors, formErrors }
}

/** A random key. `crypto.randomUUID` exists in secure contexts only, and a gateway in a local network may be reached over plain HTTP. */
function createIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
