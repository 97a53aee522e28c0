import type { ExecutionResult } from 'graphql'
import type { LiveSubscription } from './generated/graphql.ts'

/**
 * One live subscription for all tabs that show the same graph with the same credential.
 *
 * The tab that holds a Web Lock is the leader. It has the subscription, and sends each batch to the other tabs over a BroadcastChannel.
 * The others need no socket. When the leader closes, the lock goes to another tab, which subscribes at its own position.
 *
 * Why no change is lost: every message of the leader names the position `at` that it continues from, and a channel keeps the order.
 * - A tab takes a batch only if `at` is its own position: it then has every change before the batch. If `at` is anything else, it
 *   subscribes by itself, at its own position. It returns to the leader at the next message that continues from its position.
 * - A new tab takes over the leader's position, before its screens read anything. Each request names this position, so responses are at
 *   least as new, and all later changes come over the channel. If no leader answers, the tab subscribes by itself.
 */
export type SharedFeed = {
  /** Finds the leader, or becomes it. Resolves to the position from which changes are delivered: `start`, or the leader's position. */
  join(start: string): Promise<string>
  /** Delivers the batches to the sink, from this tab's subscription or from the leader's. */
  subscribe(payload: Payload, sink: Sink): () => void
  /** Reports the state of this tab's socket. */
  setSocketState(isConnected: boolean): void
  /** Makes sure that the leader is still there, and that it reconnects at once. */
  checkLeader(): void
  close(): void
}

type Payload = { readonly query: string; readonly variables?: Record<string, unknown> | undefined }
type Batch = ExecutionResult<LiveSubscription>
type Sink = { next(batch: Batch): void; error(error: unknown): void; complete(): void }

type Message =
  /** Asks the leader for its position. */
  | { readonly type: 'hello' }
  | { readonly type: 'position'; readonly at: string; readonly isConnected: boolean }
  | { readonly type: 'batch'; readonly at: string; readonly batch: Batch }

export type SharedFeedOptions = {
  /** Tabs with the same text share a subscription. It is hashed, as it contains the credential. */
  readonly identity: string
  /** Subscribes over this tab's socket. */
  readonly run: (payload: Payload & { readonly extensions: { after: string } }, sink: Sink) => () => void
  /** Reconnects this tab's socket at once, if it waits. */
  readonly wakeSocket: () => void
  readonly onConnected: () => void
  readonly onDisconnected: () => void
}

const answerMs = 1_500
const checkMs = 5_000
/** The gateway sends a heartbeat every 15 s, and the leader passes it on. */
const silenceMs = 20_000

/** Creates the feed of this tab. */
export function createSharedFeed(options: SharedFeedOptions): SharedFeed {
  const ended = new AbortController()
  let channel: BroadcastChannel | null = null
  let position = ''
  let isLeader = false
  let isConnected = true
  let lastMessageMs = Date.now()
  let answerTimer: ReturnType<typeof setTimeout> | null = null
  let checkTimer: ReturnType<typeof setInterval> | undefined
  let settleJoin: (() => void) | null = null
  let subscription: { readonly payload: Payload; readonly sink: Sink } | null = null
  /** Ends this tab's own subscription. `null` while the leader's is used. */
  let stopOwn: (() => void) | null = null
  let mustRun = false

  const post = (message: Message) => channel?.postMessage(message)
  const postPosition = () => post({ type: 'position', at: position, isConnected })

  function setConnected(next: boolean): void {
    if (next === isConnected) return
    isConnected = next
    if (next) options.onConnected()
    else options.onDisconnected()
  }

  function deliver(batch: Batch): void {
    subscription?.sink.next(batch)
    position = batch.data?.changes.cursor ?? position
  }

  function runOwn(): void {
    mustRun = true
    if (subscription === null || stopOwn !== null) return
    const { payload, sink } = subscription
    stopOwn = options.run(
      { ...payload, extensions: { after: position } },
      {
        next(batch) {
          const at = position
          deliver(batch)
          if (isLeader) post({ type: 'batch', at, batch })
        },
        error: (error) => sink.error(error),
        complete: () => sink.complete(),
      },
    )
  }

  function stopAnswerTimer(): void {
    if (answerTimer !== null) clearTimeout(answerTimer)
    answerTimer = null
  }

  function settle(): void {
    stopAnswerTimer()
    settleJoin?.()
    settleJoin = null
  }

  function answer(): void {
    options.wakeSocket()
    postPosition()
  }

  function receive(message: Message): void {
    if (message.type === 'hello') {
      if (isLeader) answer()
      return
    }
    if (isLeader) return
    lastMessageMs = Date.now()
    if (settleJoin !== null) position = message.at
    settle()
    if (message.at !== position) {
      runOwn()
      return
    }
    mustRun = false
    const stop = stopOwn
    stopOwn = null
    stop?.()
    setConnected(message.type === 'batch' || message.isConnected)
    // Without a sink, the position stays. The next message then continues from another one.
    if (message.type === 'batch' && subscription !== null) deliver(message.batch)
  }

  function lead(): void {
    isLeader = true
    runOwn()
    settle()
    postPosition()
  }

  function checkLeader(): void {
    if (isLeader || channel === null || answerTimer !== null) return
    answerTimer = setTimeout(() => {
      runOwn()
      settle()
    }, answerMs)
    post({ type: 'hello' })
  }

  async function findLeader(): Promise<void> {
    // Browsers have these in secure contexts only. Without them, each tab has its own socket.
    if (navigator.locks === undefined || crypto.subtle === undefined) {
      runOwn()
      return settle()
    }
    const name = `latchkey.feed.${await hash(options.identity)}`
    if (ended.signal.aborted) return
    channel = new BroadcastChannel(name)
    channel.onmessage = ({ data }) => receive(data as Message)
    navigator.locks
      .request(name, { signal: ended.signal }, () => {
        if (ended.signal.aborted) return
        lead()
        return new Promise<void>((release) => ended.signal.addEventListener('abort', () => release()))
      })
      .catch(() => undefined)
    checkLeader()
    checkTimer = setInterval(() => {
      // Browsers slow down the timers of a hidden leader, so the other tabs ask it to reconnect.
      if (!isConnected || Date.now() - lastMessageMs > silenceMs) checkLeader()
    }, checkMs)
  }

  return {
    join(start) {
      position = start
      return new Promise((resolve) => {
        settleJoin = () => resolve(position)
        void findLeader()
      })
    },
    subscribe(payload, sink) {
      subscription = { payload, sink }
      if (mustRun) runOwn()
      return () => {
        subscription = null
        stopOwn?.()
        stopOwn = null
      }
    },
    setSocketState(next) {
      if (stopOwn === null) return
      setConnected(next)
      if (isLeader) postPosition()
    },
    checkLeader,
    close() {
      stopAnswerTimer()
      clearInterval(checkTimer)
      channel?.close()
      channel = null
      ended.abort()
    },
  }
}

async function hash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return new Uint8Array(digest).toHex()
}
