import type { CombinedError } from '@urql/core'
import { type Credential, endSession, type SessionEnd } from '../session/session.ts'
import { createStore, type Store } from '../store.ts'
import { createGraphClient, type GraphClient } from './client.ts'
import {
  type ChangePartsFragment,
  LiveDocument,
  type LiveSubscription,
  type Scope,
  StartDocument,
  type StartQuery,
} from './generated/graphql.ts'
import type { LiveStatus } from './live-status.ts'
import { findChangedUsers } from './row-reader.ts'

export type Change = ChangePartsFragment
export type Viewer = StartQuery['viewer']

/** Reads a list again; with `onlyFailed`, only if the gateway could not be reached before. */
export type ReadAgainListener = (onlyFailed: boolean) => void

export type Connection = {
  readonly viewer: Viewer
  readonly status: Store<LiveStatus>
  /** IDs of the objects that changed within the last seconds, and of the residents of changed credentials. */
  readonly marks: Store<ReadonlySet<string>>
  readonly changeListeners: Set<(changes: readonly Change[]) => void>
  /** Called when lists have to be read again: after missed changes, and periodically without a subscription. */
  readonly readAgainListeners: Set<ReadAgainListener>
  readonly graphClient: GraphClient
}

export type ConnectionEvents = {
  readonly onReady: (connection: Connection) => void
  /** The first request failed. It is sent again. */
  readonly onStartFailed: (error: CombinedError) => void
  /** Everything has to be read again with a new connection, for example after the viewer's access scope has changed. */
  readonly onRestart: () => void
}

const retryMs = 2_000
const pollMs = 30_000
const markMs = 4_000
/** Changes that arrive this soon after a reconnect belong to the time of the interruption. */
const catchUpMs = 1_500
/** After its own restart, the gateway finds changes by asking Seam. They belong to the interruption, too. */
const gatewayCatchUpMs = 20_000
/** How many IDs of changes are remembered, to report each change once. */
const rememberedChanges = 5_000

/** Starts the client: first the viewer and the position, then the live subscription from this position. Returns how to close it. */
export function connect(
  credential: Credential,
  { onReady, onStartFailed, onRestart }: ConnectionEvents,
): () => void {
  const position = createStore<string | null>(null)
  const status = createStore<LiveStatus>({
    state: 'connecting',
    sinceMs: Date.now(),
    caughtUp: null,
    gap: null,
  })
  const marks = createStore<ReadonlySet<string>>(new Set())
  const changeListeners = new Set<(changes: readonly Change[]) => void>()
  const readAgainListeners = new Set<ReadAgainListener>()
  const reported = new Set<string>()
  const timers = new Set<ReturnType<typeof setTimeout>>()
  let isClosed = false
  let viewer: Viewer | null = null
  let catchUp: { count: number; readonly connectedMs: number } | null = null
  let unsubscribe: (() => void) | undefined

  const graphClient = createGraphClient(
    credential,
    position,
    {
      onConnected() {
        if (status.get().state !== 'reconnecting') return
        catchUp = { count: 0, connectedMs: Date.now() }
        graphClient.refetchFailed()
        readLists(true)
      },
      onClosed() {
        if (isClosed || status.get().state === 'reconnecting') return
        status.set({ ...status.get(), state: 'reconnecting', sinceMs: Date.now(), caughtUp: null })
      },
    },
    (end) => {
      if (!isClosed) endSession(explainEnd(end, viewer))
    },
  )

  function readLists(onlyFailed: boolean): void {
    for (const listener of readAgainListeners) listener(onlyFailed)
  }

  function poll(): void {
    graphClient.refetchAll()
    readLists(false)
  }

  function after(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      action()
    }, ms)
    timers.add(timer)
  }

  function mark(changes: readonly Change[]): void {
    const ids = changes.flatMap((change) => [change.subjectId, ...findChangedUsers(change)])
    marks.set(new Set([...marks.get(), ...ids]))
    after(markMs, () => {
      const left = new Set(marks.get())
      for (const id of ids) left.delete(id)
      marks.set(left)
    })
  }

  /** Changes that were not reported before. */
  function selectNew(changes: readonly Change[]): readonly Change[] {
    const newChanges = changes.filter(({ id }) => !reported.has(id))
    for (const { id } of newChanges) reported.add(id)
    for (const id of reported) {
      if (reported.size <= rememberedChanges) break
      reported.delete(id)
    }
    return newChanges
  }

  function receive({ cursor, gap, changes }: LiveSubscription['changes']): void {
    position.set(cursor)
    if (gap?.reason === 'SIGHT_CHANGED') {
      onRestart()
      return
    }
    const newChanges = selectNew(changes as readonly Change[])
    const nowMs = Date.now()
    const previous = status.get()
    let { caughtUp } = previous
    if (catchUp !== null) {
      const missed = countMissed(newChanges, nowMs - catchUp.connectedMs)
      catchUp.count += missed
      if (missed > 0 || caughtUp === null) caughtUp = { count: catchUp.count, atMs: nowMs }
      if (nowMs - catchUp.connectedMs > gatewayCatchUpMs) catchUp = null
    }
    status.set({
      state: 'live',
      sinceMs: previous.state === 'live' ? previous.sinceMs : nowMs,
      caughtUp,
      gap: gap === null ? previous.gap : { ...gap, atMs: nowMs },
    })
    if (gap !== null) readLists(false)
    if (newChanges.length === 0) return
    mark(newChanges)
    for (const listener of changeListeners) listener(newChanges)
  }

  async function start(): Promise<void> {
    const { data, error } = await graphClient.client
      .query(StartDocument, {}, { requestPolicy: 'network-only' })
      .toPromise()
    if (isClosed) return
    if (data == null) {
      if (error !== undefined) onStartFailed(error)
      return after(retryMs, () => void start())
    }
    viewer = data.viewer
    if (viewer.scopes.includes('EVENTS' satisfies Scope)) {
      const at = await graphClient.joinFeed(data.cursor)
      if (isClosed) return
      position.set(at)
      unsubscribe = graphClient.client
        .subscription(LiveDocument, { after: at })
        .subscribe(({ data: batch, error: batchError }) => {
          if (isClosed) return
          if (batch?.changes != null) receive(batch.changes)
          // The subscription has ended, for example because its position is unknown to another journal.
          else if (batchError !== undefined) after(retryMs, onRestart)
        }).unsubscribe
    } else {
      position.set(data.cursor)
      status.set({ ...status.get(), state: 'polling', sinceMs: Date.now() })
      timers.add(setInterval(poll, pollMs))
    }
    onReady({ viewer, status, marks, changeListeners, readAgainListeners, graphClient })
  }

  const wake = () => graphClient.wake()
  const interrupt = () => graphClient.interrupt()
  document.addEventListener('visibilitychange', wake)
  window.addEventListener('online', wake)
  window.addEventListener('offline', interrupt)
  void start()
  return () => {
    isClosed = true
    document.removeEventListener('visibilitychange', wake)
    window.removeEventListener('online', wake)
    window.removeEventListener('offline', interrupt)
    for (const timer of timers) clearTimeout(timer)
    unsubscribe?.()
    graphClient.close()
  }
}

/** Counts the changes that happened while there was no connection, by the time since the reconnect and by how they were found. */
function countMissed(changes: readonly Change[], sinceMs: number): number {
  if (sinceMs <= catchUpMs) return changes.length
  if (sinceMs > gatewayCatchUpMs) return 0
  return changes.filter(({ origin }) => origin === 'BACKFILL' || origin === 'RECONCILIATION').length
}

/** A credential that was accepted before has been revoked or has expired since. */
function explainEnd(end: SessionEnd, viewer: Viewer | null): SessionEnd {
  if (end !== 'rejected' || viewer === null) return end
  const { expiresAt } = viewer
  return expiresAt != null && Date.parse(expiresAt) <= Date.now() ? 'expired' : 'revoked'
}
