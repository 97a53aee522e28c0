import { setTimeout as delay } from 'node:timers/promises'
import { type Subscriber, subscribe } from './subscriber.ts'

type Feed = {
  changes: { cursor: string; gap: { reason: string } | null; changes: { seamEventId: string | null }[] }
}

const query =
  'subscription Follow($after: Cursor) { changes(after: $after) { cursor gap { reason } changes { seamEventId } } }'

/** A dashboard that never gives up: whenever its line dies it comes back, anywhere, after its last cursor. */
export type ResumingSubscriber = {
  /** Event ids in the order they were told. */
  readonly told: readonly string[]
  readonly gaps: readonly string[]
  /** How often it had to come back. */
  readonly returns: number
  stop(): Promise<void>
}

/** Starts following from a cursor; `urls` are the WebSocket addresses of the replicas. */
export function subscribeResuming(urls: readonly string[], after: string, key?: string): ResumingSubscriber {
  const told: string[] = []
  const gaps: string[] = []
  let cursor = after
  let returns = 0
  let isStopped = false
  let current: Subscriber<Feed> | null = null

  async function run(): Promise<void> {
    for (; !isStopped; returns++) {
      current = subscribe<Feed>(urls[returns % urls.length] ?? '', query, { after: cursor }, key)
      try {
        for (;;) {
          const { changes: batch } = await current.next()
          cursor = batch.cursor
          if (batch.gap !== null) gaps.push(batch.gap.reason)
          told.push(...batch.changes.map((change) => change.seamEventId ?? ''))
        }
      } catch {
        await current.close()
        await delay(20)
      }
    }
  }

  const running = run()
  return {
    told,
    gaps,
    get returns() {
      return returns
    },
    async stop() {
      isStopped = true
      await current?.close()
      await running
    },
  }
}
