import type { ReactNode } from 'react'
import { BuildingTime } from '../../components/building-time.tsx'
import { CredentialStatusBadge } from '../../components/credential-status.tsx'
import { Issues } from '../../components/issues.tsx'
import { Card } from '../../components/screen.tsx'
import { Empty } from '../../components/states.tsx'
import type { CredentialRowFragment, ResidentCredentialFragment } from '../../graph/generated/graphql.ts'
import { useIsMarked } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import { CredentialActions } from '../forms/resident-actions.tsx'
import { CredentialCode } from './credential-code.tsx'
import styles from './resident.module.css'
import type { ResidentDetail } from './resident-types.ts'

const words = texts.residents.credential

export function ResidentCredentials({ resident }: { readonly resident: ResidentDetail }): ReactNode {
  const { credentials } = resident
  if (credentials === null) return null
  const { nodes, totalCount } = credentials
  return (
    <Card title={texts.residents.credentials}>
      {nodes.length === 0 ? (
        <Empty title={words.none}>{words.noneDetail}</Empty>
      ) : (
        <ul className={styles.list}>
          {nodes.map((credential) => (
            <CredentialItem key={credential.id} credential={credential} resident={resident} />
          ))}
        </ul>
      )}
      {/* The total is not updated by changes; a list with all credentials counts itself. */}
      {totalCount > nodes.length && nodes.length >= 50 ? (
        <p className="muted small">{words.first(nodes.length, totalCount)}</p>
      ) : null}
    </Card>
  )
}

function CredentialItem({
  credential,
  resident,
}: {
  readonly credential: ResidentCredentialFragment
  readonly resident: ResidentDetail
}): ReactNode {
  const isMarked = useIsMarked(credential.id)
  const { entrances, errors, warnings } = credential
  return (
    <li className={`${styles.item} ${isMarked ? styles.marked : ''}`}>
      <div className={styles.itemHeader}>
        <h3>{nameCredential(credential)}</h3>
        <CredentialStatusBadge credential={credential} isSuspended={resident.isSuspended} />
      </div>
      <p className="muted small">
        <CredentialValidity credential={credential} timeZone={resident.acsSystem.timeZone} />
      </p>
      {entrances === null ? null : <p>{listEntrances(entrances)}</p>}
      <Issues errors={errors} warnings={warnings} />
      <div className={styles.itemActions}>
        <CredentialCode
          credential={credential}
          entranceName={entrances?.nodes[0]?.displayName ?? words.noEntranceName}
        />
        <CredentialActions credential={credential} resident={resident} />
      </div>
    </li>
  )
}

const shownEntrances = 12

function listEntrances({ totalCount, nodes }: NonNullable<ResidentCredentialFragment['entrances']>): string {
  if (nodes.length === 0) return words.noEntrance
  const names = nodes.slice(0, shownEntrances).map(({ displayName }) => displayName)
  const left = Math.max(totalCount, nodes.length) - names.length
  return left > 0 ? words.andMore(names.join(', '), left) : names.join(', ')
}

/** Access method, with the display name if it says more: "PIN · Plumber". */
export function nameCredential({ accessMethod, displayName }: CredentialRowFragment): string {
  const method = texts.accessMethods[accessMethod]
  return displayName === '' || words.genericNames.includes(displayName.toLowerCase())
    ? method
    : `${method} · ${displayName}`
}

/** From when until when a credential is valid. */
export function CredentialValidity({
  credential: { startsAt, endsAt },
  timeZone,
}: {
  readonly credential: CredentialRowFragment
  readonly timeZone: string | null
}): ReactNode {
  const start = startsAt === null ? null : <BuildingTime value={startsAt} timeZone={timeZone} />
  const end = endsAt === null ? null : <BuildingTime value={endsAt} timeZone={timeZone} />
  if (start === null)
    return end === null ? (
      words.neverEnds
    ) : (
      <>
        {words.validUntil} {end}
      </>
    )
  return (
    <>
      {words.from} {start}
      {end === null ? (
        `, ${words.noEnd}`
      ) : (
        <>
          {' '}
          {words.until} {end}
        </>
      )}
    </>
  )
}
