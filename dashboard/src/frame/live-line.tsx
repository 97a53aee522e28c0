import { type ReactNode, useState } from 'react'
import { formatTime } from '../components/building-time.tsx'
import { describeChange } from '../components/change-line.tsx'
import { useChanges, useLiveStatus } from '../graph/graph.tsx'
import type { LiveStatus } from '../graph/live-status.ts'
import { texts } from '../texts.ts'
import styles from './live-line.module.css'

const shownMs = 60_000

/** The state of the live subscription in words, and new changes for screen readers. */
export function LiveLine(): ReactNode {
  const status = useLiveStatus()
  return (
    <div className={styles.line} data-state={status.state}>
      <span className={styles.dot} aria-hidden="true" />
      <span role="status">{describeStatus(status)}</span>
      <ChangeAnnouncer />
    </div>
  )
}

function describeStatus({ state, sinceMs, caughtUp, gap }: LiveStatus): string {
  if (state === 'connecting') return texts.live.connecting
  if (state === 'polling') return `${texts.live.polling}. ${texts.live.pollingDetail}`
  if (state === 'reconnecting')
    return texts.live.reconnecting(formatTime(new Date(sinceMs).toISOString(), null).slice(-14))
  const nowMs = Date.now()
  if (gap !== null && nowMs - gap.atMs < shownMs) return `${texts.live.live} · ${texts.live.gap(gap.missed)}`
  if (caughtUp !== null && nowMs - caughtUp.atMs < shownMs)
    return `${texts.live.live} · ${texts.live.caughtUp(caughtUp.count)}`
  return texts.live.live
}

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
