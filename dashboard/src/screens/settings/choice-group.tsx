import type { ReactNode } from 'react'
import { Checkbox, CheckboxGroup, FieldError, Label, Text } from 'react-aria-components'
import type { Option } from '../../components/choice-inputs.tsx'
import styles from './settings.module.css'

/** Several of a few options, each with an explanation. */
export function ChoiceGroup<Id extends string>({
  label,
  name,
  description,
  options,
  value,
  onChange,
}: {
  readonly label: string
  readonly name: string
  readonly description?: string
  readonly options: readonly Option[]
  readonly value: readonly Id[]
  readonly onChange: (value: Id[]) => void
}): ReactNode {
  return (
    <CheckboxGroup name={name} value={[...value]} onChange={(ids) => onChange(ids as Id[])}>
      <Label>{label}</Label>
      {description === undefined ? null : <Text slot="description">{description}</Text>}
      <div className={styles.choices}>
        {options.map((option) => (
          <Checkbox key={option.id} value={option.id}>
            <span className={styles.choice}>
              <span>{option.name}</span>
              {option.description === undefined ? null : (
                <span className="muted small">{option.description}</span>
              )}
            </span>
          </Checkbox>
        ))}
      </div>
      <FieldError />
    </CheckboxGroup>
  )
}
