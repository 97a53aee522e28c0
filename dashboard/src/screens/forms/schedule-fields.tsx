import { parseAbsolute } from '@internationalized/date'
import type { ReactNode } from 'react'
import { Button } from 'react-aria-components'
import { DateTimeInput } from '../../components/date-time-input.tsx'
import { texts } from '../../texts.ts'
import styles from './forms.module.css'

/** Zone of a building, or the browser's if Seam does not report one. */
export function getFormZone(timeZone: string | null | undefined): string {
  return timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** The current time to the minute, as the start of a schedule. */
export function getCurrentMinute(): string {
  return new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString()
}

/** Start and optional end of access in a building's zone. */
export function ScheduleFields({
  timeZone,
  startsAt,
  endsAt,
  onStartChange,
  onEndChange,
}: {
  readonly timeZone: string | null
  readonly startsAt: string | null
  readonly endsAt: string | null
  readonly onStartChange: (value: string | null) => void
  readonly onEndChange: (value: string | null) => void
}): ReactNode {
  const zone = getFormZone(timeZone)
  return (
    <div className={styles.columns}>
      <DateTimeInput
        label={texts.forms.startsAt}
        name="startsAt"
        value={startsAt}
        onChange={onStartChange}
        timeZone={zone}
        description={texts.form.zone(zone)}
        isRequired
      />
      <EndField label={texts.forms.endsAt} value={endsAt} onChange={onEndChange} timeZone={zone} />
    </div>
  )
}

/** The last minute of a time's day in a zone. */
function getEndOfDay(time: string, timeZone: string): string {
  return parseAbsolute(time, timeZone)
    .set({ hour: 23, minute: 59, second: 0, millisecond: 0 })
    .toAbsoluteString()
}

/** An optional end. Empty means that access does not end. */
export function EndField({
  label,
  value,
  onChange,
  timeZone,
  autoFocus = false,
}: {
  readonly label: string
  readonly value: string | null
  readonly onChange: (value: string | null) => void
  readonly timeZone: string
  readonly autoFocus?: boolean
}): ReactNode {
  return (
    <div className={styles.endField}>
      <DateTimeInput
        label={label}
        name="endsAt"
        description={value === null ? texts.forms.noEndHint(timeZone) : texts.form.zone(timeZone)}
        value={value}
        onChange={onChange}
        timeZone={timeZone}
        autoFocus={autoFocus}
      />
      {value === null ? null : (
        <div className={styles.endChoices}>
          <Button
            className="react-aria-Button quiet small"
            isDisabled={Date.parse(value) === Date.parse(getEndOfDay(value, timeZone))}
            onPress={() => onChange(getEndOfDay(value, timeZone))}
          >
            {texts.forms.endOfDay}
          </Button>
          <Button className="react-aria-Button quiet small" onPress={() => onChange(null)}>
            {texts.forms.removeEnd}
          </Button>
        </div>
      )}
    </div>
  )
}
