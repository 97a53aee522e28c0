import type { ReactNode } from 'react'
import { FieldError, Input, Label, TextField } from 'react-aria-components'
import { FieldDescription, type FieldProps } from './field-description.tsx'

/** A line of text. Errors of the server for `name` are shown below it (`Form`). */
export function TextInput({
  label,
  description,
  type = 'text',
  ...props
}: FieldProps & {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly type?: 'text' | 'email' | 'tel' | 'password' | 'url'
  readonly autoComplete?: string
  readonly autoFocus?: boolean
}): ReactNode {
  return (
    <TextField type={type} {...props}>
      <Label>{label}</Label>
      <Input />
      <FieldDescription text={description} />
      <FieldError />
    </TextField>
  )
}
