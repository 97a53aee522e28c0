import { type ReactNode, useState } from 'react'
import { useNow } from '../components/building-time.tsx'
import { describeChange } from '../components/change-line.tsx'
import { useChanges, useLiveStatus } from '../graph/graph.tsx'
import type { LiveStatus } from '../graph/live-status.ts'
import { texts } from '../texts.ts'
import styles from './live-line.module.css'

const shownMs = 60_000

/** The state of the live subscription in words, and new changes for screen readers. */
export function LiveLine(): ReactNode {
  const status = useLiveStatus()
  const nowMs = Math.max(useNow(), Date.now())
  const detail = describeDetail(status, nowMs)
  return (
    <div className={styles.line} data-state={status.state}>
      <span className={styles.dot} aria-hidden="true" />
      <span role="status" title={status.state === 'live' ? texts.live.liveDetail : undefined}>
        {describeState(status)}
        {detail === null ? null : (
          <span className={status.state === 'polling' ? styles.optional : undefined}>{` · ${detail}`}</span>
        )}
      </span>
      <ChangeAnnouncer />
    </div>
  )
}

function describeState({ state, sinceMs }: LiveStatus): string {
  return state === 'reconnecting' ? texts.live.reconnecting(formatClock(sinceMs)) : texts.live[state]
}

function describeDetail({ state, caughtUp, gap }: LiveStatus, nowMs: number): string | null {
  if (state === 'polling') return texts.live.pollingDetail
  if (state !== 'live') return null
  if (gap !== null && nowMs - gap.atMs < shownMs) return texts.live.gap(gap.missed)
  return caughtUp !== null && nowMs - caughtUp.atMs < shownMs ? texts.live.caughtUp(caughtUp.count) : null
}

const clockFormat = new Intl.DateTimeFormat('en-US', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

/** A time of today in the browser's zone, as it is about this browser's own connection: "14:03:20". */
const formatClock = (timeMs: number): string => clockFormat.format(timeMs)

/** Announces the newest change politely, at most one at a time. */
function ChangeAnnouncer(): ReactNode {
  const [text, setText] = useState('')
  useChanges((changes) => {
    const newest = changes.at(-1)
    if (newest !== undefined) setText(texts.live.announcement(describeChange(newest)))
  })
  return (
    <span className="visually-hidden" aria-live="polite">
      {text}
    </span>
  )
}
