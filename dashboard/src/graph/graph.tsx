import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { Provider } from 'urql'
import { type Credential, endSession } from '../session/session.ts'
import { createGraphClient, type GraphClient } from './client.ts'
import {
  type ChangePartsFragment,
  LiveDocument,
  type Scope,
  StartDocument,
  type StartQuery,
} from './generated/graphql.ts'
import { createStore, type LiveStatus, type Store } from './live-status.ts'

export type Change = ChangePartsFragment
export type Viewer = StartQuery['viewer']

type Graph = {
  readonly viewer: Viewer
  readonly status: Store<LiveStatus>
  /** IDs of the objects that changed within the last seconds. */
  readonly marks: Store<ReadonlySet<string>>
  readonly changeListeners: Set<(changes: readonly Change[]) => void>
  readonly refetchAll: () => void
}

const GraphContext = createContext<Graph | null>(null)
const retryMs = 2_000
const pollMs = 30_000
const markMs = 4_000
/** Changes that arrive this soon after a reconnect belong to the time of the interruption. */
const catchUpMs = 1_500
/** How many IDs of changes are remembered, to report each change once. */
const rememberedChanges = 5_000

type Connection = Graph & { readonly graphClient: GraphClient; close(): void }

/** Starts the client: first the position and the viewer, then the live subscription from this position. */
function connect(
  credential: Credential,
  onReady: (connection: Connection) => void,
  onSightChanged: () => void,
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
  const reported = new Set<string>()
  const timers = new Set<ReturnType<typeof setTimeout>>()
  let isClosed = false
  let catchUp: { count: number; untilMs: number } | null = null
  let unsubscribe: (() => void) | undefined

  const graphClient = createGraphClient(
    credential,
    position,
    {
      onConnected() {
        if (status.get().state === 'reconnecting') catchUp = { count: 0, untilMs: Date.now() + catchUpMs }
      },
      onClosed() {
        if (status.get().state === 'reconnecting') return
        status.set({ ...status.get(), state: 'reconnecting', sinceMs: Date.now(), caughtUp: null })
      },
    },
    (end) => {
      if (!isClosed) endSession(end)
    },
  )

  function after(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      action()
    }, ms)
    timers.add(timer)
  }

  function mark(changes: readonly Change[]): void {
    const ids = changes.map(({ subjectId }) => subjectId)
    marks.set(new Set([...marks.get(), ...ids]))
    after(markMs, () => {
      const left = new Set(marks.get())
      for (const id of ids) left.delete(id)
      marks.set(left)
    })
  }

  function receive({
    cursor,
    gap,
    changes,
  }: {
    cursor: string
    gap: LiveStatus['gap'] | null
    changes: readonly Change[]
  }): void {
    position.set(cursor)
    if (gap?.reason === 'SIGHT_CHANGED') {
      onSightChanged()
      return
    }
    const newChanges = changes.filter(({ id }) => !reported.has(id))
    for (const { id } of newChanges) reported.add(id)
    for (const id of reported) {
      if (reported.size <= rememberedChanges) break
      reported.delete(id)
    }
    const nowMs = Date.now()
    const previous = status.get()
    if (catchUp !== null) catchUp.count += newChanges.length
    status.set({
      state: 'live',
      sinceMs: previous.state === 'live' ? previous.sinceMs : nowMs,
      caughtUp: catchUp === null ? previous.caughtUp : { count: catchUp.count, atMs: nowMs },
      gap: gap === null ? previous.gap : { ...gap, atMs: nowMs },
    })
    if (catchUp !== null && nowMs > catchUp.untilMs) catchUp = null
    if (newChanges.length === 0) return
    mark(newChanges)
    for (const listener of changeListeners) listener(newChanges)
  }

  async function start(): Promise<void> {
    const { data } = await graphClient.client
      .query(StartDocument, {}, { requestPolicy: 'network-only' })
      .toPromise()
    if (isClosed) return
    if (data === undefined) return after(retryMs, () => void start())
    position.set(data.cursor)
    if (data.viewer.scopes.includes('EVENTS' satisfies Scope))
      unsubscribe = graphClient.client
        .subscription(LiveDocument, { after: data.cursor })
        .subscribe(({ data: batch }) => {
          if (batch !== undefined && !isClosed) receive(batch.changes as Parameters<typeof receive>[0])
        }).unsubscribe
    else {
      status.set({ ...status.get(), state: 'polling', sinceMs: Date.now() })
      const timer = setInterval(graphClient.refetchAll, pollMs)
      timers.add(timer)
    }
    const { viewer } = data
    onReady({
      viewer,
      status,
      marks,
      changeListeners,
      refetchAll: graphClient.refetchAll,
      graphClient,
      close,
    })
  }

  function wake(): void {
    graphClient.checkSocket()
  }
  document.addEventListener('visibilitychange', wake)
  window.addEventListener('online', wake)

  function close(): void {
    isClosed = true
    document.removeEventListener('visibilitychange', wake)
    window.removeEventListener('online', wake)
    for (const timer of timers) clearTimeout(timer)
    unsubscribe?.()
    graphClient.close()
  }
  void start()
  return close
}

/** Connects to the graph with a credential, and shows `fallback` until the first response. */
export function GraphProvider({
  credential,
  fallback,
  children,
}: {
  readonly credential: Credential
  readonly fallback: ReactNode
  readonly children: ReactNode
}): ReactNode {
  const [connection, setConnection] = useState<Connection | null>(null)
  // Another access scope or other permissions: everything is read again from the start.
  const [generation, setGeneration] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation connects again.
  useEffect(() => {
    setConnection(null)
    return connect(credential, setConnection, () => setGeneration((number) => number + 1))
  }, [credential, generation])
  if (connection === null) return fallback
  return (
    <Provider value={connection.graphClient.client}>
      <GraphContext.Provider value={connection}>{children}</GraphContext.Provider>
    </Provider>
  )
}

function useGraph(): Graph {
  const graph = useContext(GraphContext)
  if (graph === null) throw new Error('This component needs a GraphProvider.')
  return graph
}

export const useViewer = (): Viewer => useGraph().viewer

/** Whether the viewer has a scope. Screens and buttons that need it are not shown otherwise. */
export const useHasScope = (scope: Scope): boolean => useGraph().viewer.scopes.includes(scope)

export function useLiveStatus(): LiveStatus {
  const { status } = useGraph()
  return useSyncExternalStore(status.subscribe, status.get)
}

/** Whether an object changed within the last seconds. */
export function useIsMarked(id: string): boolean {
  const { marks } = useGraph()
  return useSyncExternalStore(marks.subscribe, () => marks.get().has(id))
}

/** Calls the listener with each new change, once per change. */
export function useChanges(listener: (changes: readonly Change[]) => void): void {
  const { changeListeners } = useGraph()
  const latest = useRef(listener)
  latest.current = listener
  useEffect(() => {
    const call = (changes: readonly Change[]) => latest.current(changes)
    changeListeners.add(call)
    return () => {
      changeListeners.delete(call)
    }
  }, [changeListeners])
}

/** Calls `refetch` after relevant changes, at most once per `intervalMs`: for counts, history and everything else that no change contains. */
export function useRefetchOnChange(
  refetch: () => void,
  isRelevant: (change: Change) => boolean = () => true,
  intervalMs = 1_000,
): void {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null)
  const latest = useRef(refetch)
  latest.current = refetch
  useChanges((changes) => {
    if (timer.current !== null || !changes.some(isRelevant)) return
    timer.current = setTimeout(() => {
      timer.current = null
      latest.current()
    }, intervalMs)
  })
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current)
    },
    [],
  )
}
