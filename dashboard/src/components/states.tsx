import type { ReactNode } from 'react'
import { Button } from 'react-aria-components'
import { texts } from '../texts.ts'
import styles from './states.module.css'

type GraphError = {
  readonly message: string
  readonly networkError?: Error | undefined
  readonly graphQLErrors?: readonly {
    readonly message: string
    readonly extensions?: Record<string, unknown>
  }[]
}

/** Lines of a skeleton while data is read. */
export function Skeleton({ lines = 3 }: { readonly lines?: number }): ReactNode {
  return (
    <div className={styles.skeleton} role="status" aria-label={texts.states.loading}>
      {Array.from({ length: lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are equal and never move.
        <div key={index} className={styles.line} />
      ))}
    </div>
  )
}

/** Nothing to show, and what to do about it. */
export function Empty({
  title,
  children,
}: {
  readonly title: string
  readonly children?: ReactNode
}): ReactNode {
  return (
    <div className={styles.state}>
      <strong>{title}</strong>
      {children === undefined ? null : <div className="muted">{children}</div>}
    </div>
  )
}

/** A request failed. Permissions and an unreachable gateway have texts of their own. */
export function ErrorState({
  error,
  retry,
}: {
  readonly error: GraphError
  readonly retry?: () => void
}): ReactNode {
  const { title, detail } = describeError(error)
  return (
    <div className={`${styles.state} ${styles.error}`} role="alert">
      <strong>{title}</strong>
      <div>{detail}</div>
      {retry === undefined ? null : <Button onPress={retry}>{texts.states.retry}</Button>}
    </div>
  )
}

function describeError(error: GraphError): { title: string; detail: string } {
  if (error.networkError != null) return { title: texts.states.offline, detail: texts.states.offlineDetail }
  const [first] = error.graphQLErrors ?? []
  if (first?.extensions?.code === 'FORBIDDEN') return { title: texts.states.forbidden, detail: first.message }
  return { title: texts.states.failed, detail: first?.message ?? error.message }
}

/** The states of a query: skeleton, error, or content. Old content stays while new content is read. */
export function QueryStates<Data>({
  result,
  retry,
  lines,
  children,
}: {
  readonly result: { readonly data?: Data | undefined; readonly error?: GraphError | undefined }
  readonly retry?: () => void
  readonly lines?: number
  readonly children: (data: Data) => ReactNode
}): ReactNode {
  const { data, error } = result
  if (data !== undefined && data !== null)
    return (
      <>
        {error === undefined ? null : <ErrorState error={error} {...(retry && { retry })} />}
        {children(data)}
      </>
    )
  if (error !== undefined) return <ErrorState error={error} {...(retry && { retry })} />
  return <Skeleton {...(lines !== undefined && { lines })} />
}
