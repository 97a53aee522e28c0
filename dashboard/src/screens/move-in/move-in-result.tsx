import { type ReactNode, useEffect, useRef } from 'react'
import { Button } from 'react-aria-components'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { CredentialStatusBadge } from '../../components/credential-status.tsx'
import { Issues } from '../../components/issues.tsx'
import { Card } from '../../components/screen.tsx'
import { MoveInResultDocument } from '../../graph/generated/graphql.ts'
import { texts } from '../../texts.ts'
import formStyles from '../forms/forms.module.css'
import { nameWithEntrances } from '../forms/resident.ts'
import { Steps } from '../forms/steps.tsx'
import styles from './move-in.module.css'
import type { MoveInPayload } from './move-in-payload.ts'

/** Outcome of a move-in, live until Latch has issued every credential. */
export function MoveInResult({
  payload,
  onAnother,
}: {
  readonly payload: MoveInPayload
  readonly onAnother: () => void
}): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null)
  const user = payload.acsUser
  const [{ data }] = useQuery({
    query: MoveInResultDocument,
    variables: { id: user?.id ?? '' },
    pause: user === null,
    requestPolicy: 'cache-and-network',
  })
  useEffect(() => heading.current?.focus(), [])
  const credentials = data?.acsUser?.credentials?.nodes ?? payload.acsCredentials
  const pendingCount = credentials.filter(({ status }) => status === 'PENDING').length
  const name = user?.displayName ?? ''
  const building = user?.acsSystem.name ?? ''
  return (
    <Card>
      <h2 ref={heading} tabIndex={-1} className={styles.heading}>
        {pendingCount > 0 ? texts.moveIn.created(name, building) : texts.moveIn.done(name, building)}
      </h2>
      {/* The heading says it too, but is not announced when it changes. */}
      <p role="status" className={pendingCount > 0 ? undefined : 'visually-hidden'}>
        {pendingCount > 0 ? texts.moveIn.waiting(pendingCount) : texts.form.done}
      </p>
      <Steps steps={payload.steps} />
      {credentials.length === 0 ? null : (
        <ul className={styles.credentials} aria-label={texts.moveIn.credentials}>
          {credentials.map((credential) => (
            <li key={credential.id} className={styles.credential}>
              <span>{nameWithEntrances(credential)}</span>
              <CredentialStatusBadge credential={credential} />
              {credential.status === 'PENDING' ? null : (
                <div className={styles.issues}>
                  <Issues errors={credential.errors} warnings={credential.warnings} />
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
      <div className={formStyles.actions}>
        {user === null ? null : (
          <Link href={`/residents/${user.id}`} className="button-link primary">
            {texts.moveIn.toResident(name)}
          </Link>
        )}
        <Button onPress={onAnother}>{texts.moveIn.another}</Button>
      </div>
    </Card>
  )
}
