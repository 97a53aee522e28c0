import { setTimeout as delay } from 'node:timers/promises'
import { type Subscriber, subscribe } from './subscriber.ts'

type Feed = {
  changes: { cursor: string; gap: { reason: string } | null; changes: { seamEventId: string | null }[] }
}

const query =
  'subscription Follow($after: Cursor) { changes(after: $after) { cursor gap { reason } changes { seamEventId } } }'

/** A subscriber that reconnects after every disconnection, to the next replica, and resumes after its last cursor. */
export type ResumingSubscriber = {
  /** Event ids of the received changes, in order. */
  readonly received: readonly string[]
  readonly gaps: readonly string[]
  /** The number of reconnections. */
  readonly reconnections: number
  stop(): Promise<void>
}

/** Subscribes after a cursor; `urls` are the WebSocket addresses of the replicas. */
export function subscribeResuming(urls: readonly string[], after: string, key?: string): ResumingSubscriber {
  const received: string[] = []
  const gaps: string[] = []
  let cursor = after
  let reconnections = 0
  let isStopped = false
  let current: Subscriber<Feed> | null = null

  async function run(): Promise<void> {
    for (; !isStopped; reconnections++) {
      current = subscribe<Feed>(urls[reconnections % urls.length] ?? '', query, { after: cursor }, key)
      try {
        for (;;) {
          const { changes: batch } = await current.next()
          cursor = batch.cursor
          if (batch.gap !== null) gaps.push(batch.gap.reason)
          received.push(...batch.changes.map((change) => change.seamEventId ?? ''))
        }
      } catch {
        await current.close()
        await delay(20)
      }
    }
  }

  const running = run()
  return {
    received,
    gaps,
    get reconnections() {
      return reconnections
    },
    async stop() {
      isStopped = true
      await current?.close()
      await running
    },
  }
}
