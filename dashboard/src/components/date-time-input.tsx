import { type CalendarDateTime, parseAbsolute, toCalendarDateTime, toZoned } from '@internationalized/date'
import type { ReactNode } from 'react'
import {
  Button,
  Calendar,
  CalendarCell,
  CalendarGrid,
  DateInput,
  DatePicker,
  DateSegment,
  Dialog,
  FieldError,
  Group,
  Heading,
  Label,
  Popover,
} from 'react-aria-components'
import { FieldDescription, type FieldProps } from './field-description.tsx'
import { Icon } from './icons.tsx'

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
  /** Whether the field has the focus at first. */
  readonly autoFocus?: boolean
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
        <Button aria-label={label}>
          <Icon name="calendar" />
        </Button>
      </Group>
      <FieldDescription text={description} />
      <FieldError />
      <Popover>
        <Dialog>
          <Calendar>
            <header>
              <Button slot="previous" className="react-aria-Button quiet">
                <Icon name="left" />
              </Button>
              <Heading />
              <Button slot="next" className="react-aria-Button quiet">
                <Icon name="right" />
              </Button>
            </header>
            <CalendarGrid>{(date) => <CalendarCell date={date} />}</CalendarGrid>
          </Calendar>
        </Dialog>
      </Popover>
    </DatePicker>
  )
}
