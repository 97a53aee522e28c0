import type { ReactNode } from 'react'
import { FieldError, Input, Label, NumberField } from 'react-aria-components'
import { FieldDescription, type FieldProps } from './field-description.tsx'

/** A whole number in a range. `onChange` gets the nearest number of the range, or the smallest one for an empty field. */
export function NumberInput({
  label,
  description,
  onChange,
  ...props
}: FieldProps & {
  readonly value: number
  readonly minValue: number
  readonly maxValue: number
  readonly onChange: (value: number) => void
}): ReactNode {
  return (
    <NumberField
      {...props}
      step={1}
      onChange={(value) => onChange(Number.isNaN(value) ? props.minValue : value)}
    >
      <Label>{label}</Label>
      <Input />
      <FieldDescription text={description} />
      <FieldError />
    </NumberField>
  )
}
