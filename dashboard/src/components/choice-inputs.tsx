import type { ReactNode } from 'react'
import {
  Button,
  ComboBox,
  FieldError,
  Group,
  Input,
  type Key,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
  Text,
} from 'react-aria-components'
import { texts } from '../texts.ts'
import { FieldDescription, type FieldProps } from './field-description.tsx'
import { Icon } from './icons.tsx'

export type Option = { readonly id: string; readonly name: string; readonly description?: string }

/** One of a few options. */
export function SelectInput({
  label,
  description,
  options,
  value,
  onChange,
  ...props
}: FieldProps & {
  readonly options: readonly Option[]
  readonly value: string | null
  readonly onChange: (id: string) => void
}): ReactNode {
  return (
    <Select
      placeholder={texts.form.choose}
      {...props}
      value={value}
      onChange={(key: Key | null) => key !== null && onChange(String(key))}
    >
      <Label>{label}</Label>
      <Button>
        <SelectValue />
        <Icon name="down" />
      </Button>
      <FieldDescription text={description} />
      <FieldError />
      <Popover>
        <ListBox items={options}>{(option) => <OptionItem option={option} />}</ListBox>
      </Popover>
    </Select>
  )
}

/** Value of the option of a `FilterInput` that means no condition. */
export const anyValue = 'all'

/** A condition of a filter: one of a few options, or none. `any` is the name of the option for no condition. */
export function FilterInput({
  any,
  options,
  value,
  onChange,
  ...props
}: FieldProps & {
  readonly any: string
  readonly options: readonly Option[]
  readonly value: string | null
  readonly onChange: (id: string | null) => void
}): ReactNode {
  return (
    <SelectInput
      {...props}
      options={[{ id: anyValue, name: any }, ...options]}
      value={value ?? anyValue}
      onChange={(id) => onChange(id === anyValue ? null : id)}
    />
  )
}

/** One of many options, found by typing. */
export function ComboInput({
  label,
  description,
  options,
  value,
  onChange,
  onSearch,
  ...props
}: FieldProps & {
  readonly options: readonly Option[]
  readonly value: string | null
  readonly onChange: (id: string | null) => void
  /** Gets the typed text if `options` are those that the gateway finds for it. */
  readonly onSearch?: (text: string) => void
}): ReactNode {
  return (
    <ComboBox
      {...props}
      {...(onSearch === undefined
        ? { defaultItems: options }
        : { items: options, onInputChange: onSearch, defaultFilter: () => true })}
      selectedKey={value}
      onSelectionChange={(key: Key | null) => onChange(key === null ? null : String(key))}
      menuTrigger="focus"
    >
      <Label>{label}</Label>
      <Group>
        <Input placeholder={texts.form.choose} />
        <Button aria-label={label}>
          <Icon name="down" />
        </Button>
      </Group>
      <FieldDescription text={description} />
      <FieldError />
      <Popover>
        <ListBox<Option>>{(option) => <OptionItem option={option} />}</ListBox>
      </Popover>
    </ComboBox>
  )
}

function OptionItem({ option }: { readonly option: Option }): ReactNode {
  return (
    <ListBoxItem id={option.id} textValue={option.name}>
      <Text slot="label">{option.name}</Text>
      {option.description === undefined ? null : <Text slot="description">{option.description}</Text>}
    </ListBoxItem>
  )
}
