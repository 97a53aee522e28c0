import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { type Client, type CombinedError, type OperationResult, useClient } from 'urql'
import { formatTime } from '../../components/building-time.tsx'
import { Card } from '../../components/screen.tsx'
import { ErrorState, Skeleton } from '../../components/states.tsx'
import { OverviewActivityDocument, type OverviewActivityQuery } from '../../graph/generated/graphql.ts'
import { useChanges } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import styles from './overview.module.css'

type Range = 'day' | 'week'

const hourMs = 3_600_000
const ranges: Readonly<Record<Range, { readonly bucketMs: number; readonly buckets: number }>> = {
  day: { bucketMs: hourMs, buckets: 24 },
  week: { bucketMs: 6 * hourMs, buckets: 28 },
}
const weekMs = ranges.week.bucketMs * ranges.week.buckets
/** The journal is read backwards, page by page, up to this many changes. */
const maxPages = 20

/** How many changes happened per hour of the last day, or per six hours of the last week. */
export function ActivityChart(): ReactNode {
  const [range, setRange] = useState<Range>('day')
  const { hourly, isRead, isTruncated, error, readAgain } = useHourlyCounts()
  const { bucketMs, buckets } = ranges[range]
  const lastBucket = Math.floor(Date.now() / bucketMs)
  const starts = useMemo(
    () => Array.from({ length: buckets }, (_, index) => (lastBucket - buckets + 1 + index) * bucketMs),
    [lastBucket, bucketMs, buckets],
  )
  const values = useMemo(
    () => starts.map((startMs) => sumHours(hourly.counts, startMs, bucketMs)),
    [starts, hourly, bucketMs],
  )
  const total = values.reduce((sum, count) => sum + count, 0)
  const { changeCount, oldestMs } = hourly
  return (
    <Card
      title={texts.overview.chart}
      action={
        <ToggleButtonGroup
          aria-label={texts.overview.range}
          selectedKeys={[range]}
          disallowEmptySelection
          onSelectionChange={(keys) => setRange([...keys][0] as Range)}
        >
          {(['day', 'week'] as const).map((key) => (
            <ToggleButton key={key} id={key} className="react-aria-Button toggle">
              {texts.overview.ranges[key]}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      }
    >
      {error === undefined ? null : <ErrorState error={error} retry={readAgain} />}
      {isRead ? (
        <>
          <p className="muted small">{texts.overview.chartUnits[range]}</p>
          <Bars
            starts={starts}
            values={values}
            label={texts.overview.chartSummary(total, texts.overview.ranges[range])}
          />
          <p className="muted small">
            {texts.overview.chartSummary(total, texts.overview.ranges[range])} {texts.form.zone(zone)}
            {isTruncated
              ? ` ${texts.overview.truncated(changeCount, formatTime(new Date(oldestMs).toISOString(), null))}`
              : ''}
          </p>
        </>
      ) : (
        error === undefined && <Skeleton lines={5} />
      )}
    </Card>
  )
}

function readPage(client: Client, before: string | null): Promise<OperationResult<OverviewActivityQuery>> {
  return client.query(OverviewActivityDocument, { before }, { requestPolicy: 'network-only' }).toPromise()
}

/** Changes of the last week: how many there were in each hour since 1970, how many in total, and the time of the oldest one in ms. */
type HourlyCounts = {
  readonly counts: ReadonlyMap<number, number>
  readonly changeCount: number
  readonly oldestMs: number
}

const noCounts: HourlyCounts = { counts: new Map(), changeCount: 0, oldestMs: Number.POSITIVE_INFINITY }

function addTimes(hourly: HourlyCounts, timesMs: readonly number[]): HourlyCounts {
  const counts = new Map(hourly.counts)
  for (const timeMs of timesMs) {
    const hour = Math.floor(timeMs / hourMs)
    counts.set(hour, (counts.get(hour) ?? 0) + 1)
  }
  // The page may be open for weeks.
  const firstHour = Math.floor((Date.now() - weekMs) / hourMs)
  for (const hour of counts.keys()) if (hour < firstHour) counts.delete(hour)
  return {
    counts,
    changeCount: hourly.changeCount + timesMs.length,
    oldestMs: timesMs.reduce((oldest, timeMs) => Math.min(oldest, timeMs), hourly.oldestMs),
  }
}

function sumHours(counts: HourlyCounts['counts'], startMs: number, durationMs: number): number {
  let sum = 0
  for (let ms = startMs; ms < startMs + durationMs; ms += hourMs) sum += counts.get(ms / hourMs) ?? 0
  return sum
}

/** Counts of the changes of the last week: from the journal, then live. */
function useHourlyCounts() {
  const client = useClient()
  const [hourly, setHourly] = useState(noCounts)
  const [isRead, setIsRead] = useState(false)
  const [isTruncated, setIsTruncated] = useState(false)
  const [error, setError] = useState<CombinedError>()
  const [attempt, setAttempt] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt reads again from the newest change.
  useEffect(() => {
    let isEnded = false
    setHourly(noCounts)
    setError(undefined)
    async function read(): Promise<void> {
      const sinceMs = Date.now() - weekMs
      let before: string | null = null
      for (let page = 0; page < maxPages; page += 1) {
        const { data, error } = await readPage(client, before)
        if (isEnded) return
        setError(error)
        if (data === undefined) return
        setIsRead(true)
        const read = data.changes.nodes.map(({ occurredAt }) => Date.parse(occurredAt))
        setHourly((known) => addTimes(known, read))
        const { hasPreviousPage, startCursor } = data.changes.pageInfo
        const [oldest] = read
        if (!hasPreviousPage || startCursor == null || oldest === undefined || oldest < sinceMs) return
        before = startCursor
      }
      setIsTruncated(true)
    }
    void read()
    return () => {
      isEnded = true
    }
  }, [client, attempt])
  useChanges((changes) =>
    setHourly((known) =>
      addTimes(
        known,
        changes.map(({ occurredAt }) => Date.parse(occurredAt)),
      ),
    ),
  )
  return { hourly, isRead, isTruncated, error, readAgain: () => setAttempt((number) => number + 1) }
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
const hourFormat = new Intl.DateTimeFormat('en-US', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const dayFormat = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric' })

/** Label of a time on the axis: the hour, or the day at midnight. The times are those of the browser's zone, as the chart is about all buildings. */
function formatTick(seconds: number): string {
  const time = new Date(seconds * 1000)
  return (time.getHours() === 0 ? dayFormat : hourFormat).format(time)
}

/** Calls `listener` when the colors change: by the system, or by a choice in the menu. Returns how to stop. */
function watchTheme(listener: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const choice = new MutationObserver(listener)
  system.addEventListener('change', listener)
  choice.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  return () => {
    system.removeEventListener('change', listener)
    choice.disconnect()
  }
}

/** A bar chart in the colors of the theme. `starts` are the times at which the buckets start, in ms. A change of `values` alone moves the bars. */
function Bars({
  starts,
  values,
  label,
}: {
  readonly starts: readonly number[]
  readonly values: readonly number[]
  readonly label: string
}): ReactNode {
  const element = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | null>(null)
  useEffect(() => {
    const container = element.current
    if (container === null) return
    const [firstMs = 0, secondMs = 0] = starts
    const endMs = firstMs + (secondMs - firstMs) * starts.length
    // Read again each time that the chart is drawn.
    const read = (name: string) => () => readColor(container, name)
    const axis = {
      stroke: read('--text-muted'),
      font: `12px ${getComputedStyle(container).fontFamily}`,
      grid: { stroke: read('--line'), width: 1 },
      ticks: { show: false },
    }
    const plot = new uPlot(
      {
        width: container.clientWidth,
        height: container.clientHeight,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { range: () => [firstMs / 1000, endMs / 1000] },
          y: { range: (_plot, _min, max) => [0, Math.max(4, max * 1.1)] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 28,
            space: 64,
            incrs: [1, 3, 6, 12, 24].map((hours) => (hours * hourMs) / 1000),
            values: (_plot, splits) => splits.map(formatTick),
          },
          {
            ...axis,
            size: 40,
            space: 28,
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6],
          },
        ],
        series: [
          {},
          {
            fill: read('--accent-fill'),
            width: 0,
            paths: uPlot.paths.bars?.({ size: [0.7], align: 1 }),
            points: { show: false },
          },
        ],
      } as uPlot.Options,
      [[], []],
      container,
    )
    chart.current = plot
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: container.clientWidth, height: container.clientHeight }),
    )
    observer.observe(container)
    const stopWatching = watchTheme(() => plot.redraw())
    return () => {
      stopWatching()
      observer.disconnect()
      plot.destroy()
    }
  }, [starts])
  useEffect(() => {
    chart.current?.setData([starts.map((ms) => ms / 1000), [...values]])
  }, [starts, values])
  return <div ref={element} className={styles.chart} role="img" aria-label={label} />
}

/** The computed value of a color token: a canvas does not understand `light-dark()`. */
function readColor(container: HTMLElement, token: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${token})`
  container.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
