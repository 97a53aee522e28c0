import { type ReactNode, useEffect, useState } from 'react'
import { Button } from 'react-aria-components'
import { useClient } from 'urql'
import { type CredentialRowFragment, ResidentCodeDocument } from '../../graph/generated/graphql.ts'
import { useChanges, useHasScope } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import styles from './resident.module.css'

const shownMs = 30_000
const words = texts.residents.code

type State =
  | { readonly kind: 'hidden' | 'reading' }
  | { readonly kind: 'shown' | 'failed'; readonly text: string }

/**
 * The PIN of a credential behind a button. It is read when the user asks, and hidden again after 30 s, when the tab is hidden, and when
 * the credential changes. It is never printed.
 */
export function CredentialCode({
  credential: { id, accessMethod, codeState },
  entranceName,
}: {
  readonly credential: CredentialRowFragment
  /** Name of the entrance that the PIN unlocks, which tells its button from others. */
  readonly entranceName: string
}): ReactNode {
  const client = useClient()
  const canRead = useHasScope('CODES_READ')
  const [state, setState] = useState<State>({ kind: 'hidden' })
  useChanges((changes) => {
    if (changes.some(({ subjectId }) => subjectId === id)) setState({ kind: 'hidden' })
  })
  useEffect(() => {
    if (state.kind !== 'shown') return
    const hide = () => setState({ kind: 'hidden' })
    const timer = setTimeout(hide, shownMs)
    document.addEventListener('visibilitychange', hide)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', hide)
    }
  }, [state])

  async function show(): Promise<void> {
    setState({ kind: 'reading' })
    const { data, error } = await client
      .query(ResidentCodeDocument, { id }, { requestPolicy: 'network-only' })
      .toPromise()
    const code = data?.acsCredential?.code ?? null
    if (code !== null) setState({ kind: 'shown', text: code })
    else setState({ kind: 'failed', text: error?.graphQLErrors[0]?.message ?? words.unavailable })
  }

  if (accessMethod !== 'CODE' || codeState === 'NONE') return null
  if (codeState === 'PENDING') return <span className="muted small">{words.pending}</span>
  if (!canRead || codeState !== 'VISIBLE') return null
  return (
    <div className={styles.code}>
      {state.kind === 'shown' ? (
        <>
          <output className={styles.pin} aria-label={words.of(entranceName)}>
            {state.text}
          </output>
          <Button className="react-aria-Button small" onPress={() => setState({ kind: 'hidden' })}>
            {words.hide}
          </Button>
          <span className="muted small">{words.hint}</span>
        </>
      ) : (
        <>
          <Button
            className="react-aria-Button small"
            aria-label={words.showOf(entranceName)}
            isDisabled={state.kind === 'reading'}
            onPress={() => void show()}
          >
            {words.show}
          </Button>
          {state.kind === 'failed' ? <span role="alert">{state.text}</span> : null}
        </>
      )}
    </div>
  )
}
