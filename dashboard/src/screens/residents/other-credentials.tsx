import type { ReactNode } from 'react'
import { CredentialStatusBadge, getStatusAt } from '../../components/credential-status.tsx'
import { Issues } from '../../components/issues.tsx'
import { texts } from '../../texts.ts'
import { CredentialActions } from '../forms/resident-actions.tsx'
import styles from './resident.module.css'
import { CredentialValidity, nameCredential } from './resident-credentials.tsx'
import type { AccessCheck, ResidentDetail } from './resident-types.ts'

/**
 * Credentials for an entrance that do not work, although another one does: the access check leaves them out, but one of them may be what
 * the resident tries.
 */
export function OtherCredentials({
  resident,
  entranceId,
  via,
  at,
}: {
  readonly resident: ResidentDetail
  readonly entranceId: string
  readonly via: AccessCheck['via']
  readonly at: string | null
}): ReactNode {
  const atMs = at === null ? Date.now() : Date.parse(at)
  const others = (resident.credentials?.nodes ?? []).filter(
    (credential) =>
      credential.entrances?.nodes.some(({ id }) => id === entranceId) === true &&
      !via.some(({ id }) => id === credential.id) &&
      getStatusAt(credential, atMs) !== 'ACTIVE',
  )
  if (others.length === 0) return null
  const title = texts.residents.why.others
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <ul className={styles.list}>
        {others.map((credential) => (
          <li key={credential.id} className={styles.reason}>
            <span className={styles.lead}>
              <strong>{nameCredential(credential)}</strong>
              <CredentialStatusBadge credential={credential} atMs={atMs} />
            </span>
            <span className="small">
              <CredentialValidity credential={credential} timeZone={resident.acsSystem.timeZone} />
            </span>
            <Issues errors={credential.errors} warnings={credential.warnings} />
            <div className={styles.itemActions}>
              <CredentialActions credential={credential} resident={resident} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}
