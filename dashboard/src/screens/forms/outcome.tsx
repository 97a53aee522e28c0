import { type ReactNode, useId, useState } from 'react'
import { Button } from 'react-aria-components'
import { useQuery } from 'urql'
import { Issues } from '../../components/issues.tsx'
import { type CredentialRowFragment, FormsCredentialDocument } from '../../graph/generated/graphql.ts'
import { useChanges, useLiveStatus } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import styles from './forms.module.css'

/** The objects that changed since the form was opened. A change can arrive before the response to the mutation. */
export function useChangedIds(): ReadonlySet<string> {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  useChanges((changes) =>
    setIds((known) => new Set([...known, ...changes.map(({ subjectId }) => subjectId)])),
  )
  return ids
}

/** What an accepted mutation achieved: first that Latch is awaited, then the success. */
export function Outcome({
  isWaiting,
  message,
  onClose,
  children,
}: {
  readonly isWaiting: boolean
  readonly message: string
  readonly onClose: () => void
  readonly children?: ReactNode
}): ReactNode {
  const id = useId()
  return (
    <div className={styles.outcome}>
      <p id={id} role="status" className={isWaiting ? styles.note : styles.success}>
        {isWaiting ? texts.form.waiting : message}
      </p>
      {children}
      <div className={styles.buttons}>
        {/* Screen readers do not always announce a status that appears together with its text. */}
        <Button autoFocus aria-describedby={id} className="react-aria-Button primary" onPress={onClose}>
          {texts.form.close}
        </Button>
      </div>
    </div>
  )
}

/** Waits for the change of an object. Without live changes, the response of the server is all there is to wait for. */
export function ChangeOutcome({
  subjectId,
  changedIds,
  message,
  onClose,
  children,
}: {
  /** The object that changes, or `null` if no change is expected. */
  readonly subjectId: string | null
  readonly changedIds: ReadonlySet<string>
  readonly message: string
  readonly onClose: () => void
  readonly children?: ReactNode
}): ReactNode {
  const { state } = useLiveStatus()
  const isWaiting = subjectId !== null && state !== 'polling' && !changedIds.has(subjectId)
  return (
    <Outcome isWaiting={isWaiting} message={message} onClose={onClose}>
      {children}
    </Outcome>
  )
}

/** Waits until Latch has issued a credential. */
export function CredentialOutcome({
  credential,
  message,
  waitingHint = null,
  issuedHint = null,
  onClose,
}: {
  readonly credential: CredentialRowFragment | null
  readonly message: string
  /** What happens next, until Latch has issued the credential. */
  readonly waitingHint?: string | null
  /** What can be done with the issued credential. */
  readonly issuedHint?: string | null
  readonly onClose: () => void
}): ReactNode {
  const [{ data }] = useQuery({
    query: FormsCredentialDocument,
    variables: { id: credential?.id ?? '' },
    pause: credential === null,
    requestPolicy: 'cache-and-network',
  })
  const current = data?.acsCredential ?? credential
  if (current?.status === 'FAILED')
    return (
      <div className={styles.outcome}>
        <p role="alert">{texts.actions.failed}</p>
        <Issues errors={current.errors} warnings={current.warnings} />
        <div className={styles.buttons}>
          <Button onPress={onClose}>{texts.form.close}</Button>
        </div>
      </div>
    )
  const isWaiting = current?.status === 'PENDING'
  const hint = isWaiting ? waitingHint : issuedHint
  return (
    <Outcome isWaiting={isWaiting} message={message} onClose={onClose}>
      <Issues errors={[]} warnings={isWaiting ? [] : (current?.warnings ?? [])} />
      {hint === null ? null : <p className="muted">{hint}</p>}
    </Outcome>
  )
}
