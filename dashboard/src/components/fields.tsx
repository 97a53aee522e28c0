import { type CalendarDateTime, parseAbsolute, toCalendarDateTime, toZoned } from '@internationalized/date'
import type { ReactNode } from 'react'
import {
  Button,
  Calendar,
  CalendarCell,
  CalendarGrid,
  ComboBox,
  DateInput,
  DatePicker,
  DateSegment,
  Dialog,
  FieldError,
  Group,
  Heading,
  Input,
  type Key,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
  Text,
  TextField,
} from 'react-aria-components'
import { texts } from '../texts.ts'

type FieldProps = {
  readonly label: string
  readonly name: string
  readonly description?: string
  readonly isRequired?: boolean
}

const describe = (description: string | undefined): ReactNode =>
  description === undefined ? null : <Text slot="description">{description}</Text>

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
      {describe(description)}
      <FieldError />
    </TextField>
  )
}

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
        <span aria-hidden="true">▾</span>
      </Button>
      {describe(description)}
      <FieldError />
      <Popover>
        <ListBox items={options}>{(option) => <OptionItem option={option} />}</ListBox>
      </Popover>
    </Select>
  )
}

/** One of many options, found by typing. */
export function ComboInput({
  label,
  description,
  options,
  value,
  onChange,
  ...props
}: FieldProps & {
  readonly options: readonly Option[]
  readonly value: string | null
  readonly onChange: (id: string | null) => void
}): ReactNode {
  return (
    <ComboBox
      {...props}
      defaultItems={options}
      selectedKey={value}
      onSelectionChange={(key: Key | null) => onChange(key === null ? null : String(key))}
      menuTrigger="focus"
    >
      <Label>{label}</Label>
      <Group>
        <Input />
        <Button aria-label={label}>▾</Button>
      </Group>
      {describe(description)}
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

/** A date and a time of day in a building's zone; as an RFC 3339 text, or `null` while it is empty. */
export function DateTimeInput({
  label,
  description,
  value,
  onChange,
  timeZone,
  ...props
}: FieldProps & {
  readonly value: string | null
  readonly onChange: (value: string | null) => void
  readonly timeZone: string
}): ReactNode {
  return (
    <DatePicker<CalendarDateTime>
      {...props}
      granularity="minute"
      hourCycle={24}
      value={value === null ? null : toCalendarDateTime(parseAbsolute(value, timeZone))}
      onChange={(time) => onChange(time === null ? null : toZoned(time, timeZone).toAbsoluteString())}
    >
      <Label>{label}</Label>
      <Group>
        <DateInput>{(segment) => <DateSegment segment={segment} />}</DateInput>
        <Button aria-label={label}>▾</Button>
      </Group>
      {describe(description)}
      <FieldError />
      <Popover>
        <Dialog>
          <Calendar>
            <header>
              <Button slot="previous" className="react-aria-Button quiet">
                ‹
              </Button>
              <Heading />
              <Button slot="next" className="react-aria-Button quiet">
                ›
              </Button>
            </header>
            <CalendarGrid>{(date) => <CalendarCell date={date} />}</CalendarGrid>
          </Calendar>
        </Dialog>
      </Popover>
    </DatePicker>
  )
}
