import { type ReactNode, useEffect, useState } from 'react'
import { texts } from '../texts.ts'

const formatters = new Map<string, Intl.DateTimeFormat>()

/** Formats a time in a building's zone, with the zone named: "Dec 3, 2026, 14:00 EST". Without a zone, in the browser's. */
export function formatTime(
  value: string,
  timeZone: string | null | undefined,
  style: 'full' | 'date' = 'full',
): string {
  const key = `${timeZone}|${style}`
  let formatter = formatters.get(key)
  if (formatter === undefined) {
    const zone = timeZone == null ? {} : { timeZone }
    const time =
      style === 'date'
        ? {}
        : ({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' } as const)
    formatter = new Intl.DateTimeFormat('en-US', {
      ...zone,
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      ...time,
    })
    formatters.set(key, formatter)
  }
  return formatter.format(new Date(value))
}

/** The current time in ms, updated every `intervalMs`. */
export function useNow(intervalMs = 30_000): number {
  const [nowMs, setNowMs] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), intervalMs)
    return () => clearInterval(timer)
  }, [intervalMs])
  return nowMs
}

/** A time in a building's zone. */
export function BuildingTime({
  value,
  timeZone,
  style = 'full',
}: {
  readonly value: string
  readonly timeZone?: string | null | undefined
  readonly style?: 'full' | 'date'
}): ReactNode {
  return <time dateTime={value}>{formatTime(value, timeZone, style)}</time>
}

// Not "yesterday" or "tomorrow": a day of 24 hours can end two dates later.
const relativeFormat = new Intl.RelativeTimeFormat('en', { numeric: 'always' })
const dayMs = 86_400_000
const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', dayMs],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

function formatRelative(value: string | number, nowMs: number): string {
  const differenceMs = new Date(value).getTime() - nowMs
  const found = units.find(([, size]) => Math.abs(differenceMs) >= size)
  if (found === undefined) return differenceMs > 0 ? texts.time.soon : texts.time.now
  const [unit, unitMs] = found
  return relativeFormat.format(Math.round(differenceMs / unitMs), unit)
}

/** How long ago, or in how much time; the exact time as the tooltip. */
export function RelativeTime({
  value,
  timeZone,
}: {
  readonly value: string
  readonly timeZone?: string | null | undefined
}): ReactNode {
  const nowMs = useNow()
  return (
    <time dateTime={value} title={formatTime(value, timeZone)}>
      {formatRelative(value, Math.max(nowMs, Date.now()))}
    </time>
  )
}

const longMs = 30 * dayMs

/** Since when something lasts: how long ago it began, or its date if that is more than a month ago. */
export function SinceTime({
  value,
  timeZone,
}: {
  readonly value: string
  readonly timeZone?: string | null | undefined
}): ReactNode {
  if (Date.now() - Date.parse(value) < longMs) return <RelativeTime value={value} timeZone={timeZone} />
  return (
    <time dateTime={value} title={formatTime(value, timeZone)}>
      {texts.time.since(formatTime(value, timeZone, 'date'))}
    </time>
  )
}
