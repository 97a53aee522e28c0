import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { type CombinedError, Provider } from 'urql'
import type { Credential } from '../session/session.ts'
import { StartError } from '../session/start-error.tsx'
import { type Change, type Connection, connect, type ReadAgainListener, type Viewer } from './connection.ts'
import type { Scope } from './generated/graphql.ts'
import type { LiveStatus } from './live-status.ts'

export type { Change, Viewer } from './connection.ts'

const GraphContext = createContext<Connection | null>(null)

/** Connects to the graph with a credential. Shows `fallback` until the first response, and the error if it fails. */
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
  const [error, setError] = useState<CombinedError | null>(null)
  const [generation, setGeneration] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation connects again.
  useEffect(() => {
    setConnection(null)
    setError(null)
    return connect(credential, {
      onReady: setConnection,
      onStartFailed: setError,
      onRestart: () => setGeneration((number) => number + 1),
    })
  }, [credential, generation])
  if (connection === null) return error === null ? fallback : <StartError error={error} />
  return (
    <Provider value={connection.graphClient.client}>
      <GraphContext.Provider value={connection}>{children}</GraphContext.Provider>
    </Provider>
  )
}

function useGraph(): Connection {
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
export const useChanges = (listener: (changes: readonly Change[]) => void): void =>
  useListener(useGraph().changeListeners, listener)

/** Calls the listener when a list has to be read again. */
export const useReadAgain = (listener: ReadAgainListener): void =>
  useListener(useGraph().readAgainListeners, listener)

function useListener<Value>(listeners: Set<(value: Value) => void>, listener: (value: Value) => void): void {
  const latest = useRef(listener)
  latest.current = listener
  useEffect(() => {
    const call = (value: Value) => latest.current(value)
    listeners.add(call)
    return () => {
      listeners.delete(call)
    }
  }, [listeners])
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
