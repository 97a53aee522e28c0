import { type ReactNode, useEffect } from 'react'
import { Button } from 'react-aria-components'
import { useQuery } from 'urql'
import { FormErrors } from '../../components/form-errors.tsx'
import { Icon } from '../../components/icons.tsx'
import { Card } from '../../components/screen.tsx'
import { Empty, QueryStates } from '../../components/states.tsx'
import { useMutationForm } from '../../components/use-mutation-form.ts'
import { ConnectCreateWebviewDocument, ConnectWebviewStateDocument } from '../../graph/generated/graphql.ts'
import { useRefetchOnChange } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import styles from './connect.module.css'

const pollMs = 3_000

/** Creates a Connect Webview, in which a manager logs in to Latch. */
export function ConnectButton({ onCreated }: { readonly onCreated: (id: string) => void }): ReactNode {
  const form = useMutationForm(ConnectCreateWebviewDocument, (data) => data.createConnectWebview, [])
  async function create(): Promise<void> {
    const payload = await form.submit({})
    if (payload?.connectWebview == null) return
    form.reset()
    onCreated(payload.connectWebview.id)
  }
  return (
    <>
      <Button className="react-aria-Button primary" isDisabled={form.isSending} onPress={() => void create()}>
        {form.isSending ? texts.form.sending : texts.connect.connect}
      </Button>
      <FormErrors messages={form.formErrors} />
    </>
  )
}

/** The way of one Connect Webview: open it, log in, wait for the buildings. */
export function ConnectProgress({
  id,
  onClose,
}: {
  readonly id: string
  readonly onClose: () => void
}): ReactNode {
  const [result, refetch] = useQuery({ query: ConnectWebviewStateDocument, variables: { id } })
  const reload = () => refetch({ requestPolicy: 'network-only' })
  const isPending = result.data?.connectWebview?.status === 'PENDING'
  useRefetchOnChange(reload, ({ __typename }) => __typename === 'ConnectionChange', 300)
  useEffect(() => {
    if (!isPending) return
    // A change reports the login. The poll covers a viewer without the scope events.
    const timer = setInterval(() => refetch({ requestPolicy: 'network-only' }), pollMs)
    return () => clearInterval(timer)
  }, [isPending, refetch])
  return (
    <Card
      title={texts.connect.progress}
      action={
        <Button className="react-aria-Button small" onPress={onClose}>
          {texts.form.close}
        </Button>
      }
    >
      <QueryStates result={result} retry={reload}>
        {({ connectWebview }) => {
          if (connectWebview === null) return <Empty title={texts.connect.webviewGone} />
          const { status, url, connectedAccount } = connectWebview
          const systems = connectedAccount?.acsSystems?.nodes ?? []
          return (
            <ol className={styles.steps}>
              <Step number={1} isDone={status === 'AUTHORIZED'} text={texts.connect.steps.login}>
                {status === 'PENDING' && url !== null ? (
                  <>
                    <p className="muted">{texts.connect.whoLogsIn}</p>
                    <a href={url} target="_blank" rel="noopener noreferrer" className="button-link primary">
                      {texts.connect.open}
                    </a>
                  </>
                ) : null}
                {status === 'FAILED' ? <p role="alert">{texts.connect.failed}</p> : null}
              </Step>
              <Step number={2} isDone={connectedAccount !== null} text={texts.connect.steps.account} />
              <Step number={3} isDone={systems.length > 0} text={texts.connect.steps.buildings}>
                {systems.length > 0 ? (
                  <p role="status" className={styles.success}>
                    {texts.connect.connected(systems.map(({ name }) => name).join(', '))}
                  </p>
                ) : status === 'AUTHORIZED' ? (
                  <span className="muted">{texts.connect.waitForBuildings}</span>
                ) : null}
              </Step>
            </ol>
          )
        }}
      </QueryStates>
    </Card>
  )
}

function Step({
  number,
  isDone,
  text,
  children,
}: {
  readonly number: number
  readonly isDone: boolean
  readonly text: string
  readonly children?: ReactNode
}): ReactNode {
  return (
    <li className={styles.step}>
      <span className={isDone ? styles.done : styles.open} aria-hidden="true">
        {isDone ? <Icon name="check" /> : number}
      </span>
      <div className={styles.stepBody}>
        <span>
          {text}
          {isDone ? <span className="visually-hidden"> ({texts.form.done})</span> : null}
        </span>
        {children}
      </div>
    </li>
  )
}
