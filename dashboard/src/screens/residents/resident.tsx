import { type ReactNode, useRef } from 'react'
import { Button } from 'react-aria-components'
import { useQuery } from 'urql'
import { Badge } from '../../components/badge.tsx'
import { formatTime, useNow } from '../../components/building-time.tsx'
import { Issues } from '../../components/issues.tsx'
import { Card, Screen } from '../../components/screen.tsx'
import { ErrorState, Skeleton } from '../../components/states.tsx'
import { NotFound } from '../../frame/not-found.tsx'
import { ResidentPageDocument } from '../../graph/generated/graphql.ts'
import { useHasScope } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import { ActionDialogs, ResidentActions } from '../forms/resident-actions.tsx'
import { AccessQuestion } from './access-question.tsx'
import { RemovedResident } from './removed-resident.tsx'
import styles from './resident.module.css'
import { ResidentCredentials } from './resident-credentials.tsx'
import { ResidentDetails } from './resident-details.tsx'
import { ResidentEntrances } from './resident-entrances.tsx'
import { ResidentHistory } from './resident-history.tsx'
import type { ResidentDetail } from './resident-types.ts'

/** Everything about one resident, beginning with the check of their access. */
export function Resident({ id }: { readonly id: string }): ReactNode {
  const [{ data, error }, refetch] = useQuery({
    query: ResidentPageDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const lastKnown = useRef<ResidentDetail | null>(null)
  const resident = data?.acsUser ?? null
  if (resident !== null) lastKnown.current = resident
  if (resident !== null)
    return (
      <ResidentScreen resident={resident}>
        {error === undefined ? null : (
          <ErrorState error={error} retry={() => refetch({ requestPolicy: 'network-only' })} />
        )}
      </ResidentScreen>
    )
  if (data !== undefined && error === undefined)
    return <RemovedResident id={id} lastKnown={lastKnown.current} />
  // The address contains no ID.
  if (error?.graphQLErrors[0]?.extensions.code === 'BAD_USER_INPUT') return <NotFound />
  return (
    <Screen title={texts.residents.resident}>
      {error === undefined ? (
        <Skeleton lines={8} />
      ) : (
        <ErrorState error={error} retry={() => refetch({ requestPolicy: 'network-only' })} />
      )}
    </Screen>
  )
}

function ResidentScreen({
  resident,
  children,
}: {
  readonly resident: ResidentDetail
  readonly children: ReactNode
}): ReactNode {
  const { displayName, acsSystem, isSuspended, errors, warnings } = resident
  const hasHistory = useHasScope('EVENTS')
  return (
    <ActionDialogs resident={resident}>
      <Screen
        title={displayName}
        parent={{ href: '/residents', label: texts.navigation.residents }}
        lead={
          <span className={styles.lead}>
            {acsSystem.name}
            {isSuspended ? <Badge tone="bad">{texts.residents.statuses.SUSPENDED}</Badge> : null}
          </span>
        }
        actions={
          <div className={styles.actions}>
            <Button className={`react-aria-Button ${styles.print}`} onPress={() => window.print()}>
              {texts.residents.print}
            </Button>
            <ResidentActions resident={resident} />
          </div>
        }
      >
        {children}
        <div className={styles.columns}>
          <div className={styles.main}>
            {errors.length + warnings.length === 0 ? null : (
              <Card title={texts.residents.problems}>
                <Issues errors={errors} warnings={warnings} />
              </Card>
            )}
            <div className="screen-only">
              <AccessQuestion resident={resident} />
            </div>
            <ResidentCredentials resident={resident} />
            <ResidentEntrances resident={resident} />
          </div>
          <div className={styles.side}>
            <ResidentDetails resident={resident} />
            {hasHistory ? (
              <div className="screen-only">
                <ResidentHistory id={resident.id} timeZone={acsSystem.timeZone} />
              </div>
            ) : null}
          </div>
        </div>
        <PrintFooter timeZone={acsSystem.timeZone} />
      </Screen>
    </ActionDialogs>
  )
}

function PrintFooter({ timeZone }: { readonly timeZone: string | null }): ReactNode {
  const now = new Date(useNow()).toISOString()
  return <p className="small print-only">{texts.residents.printed(formatTime(now, timeZone))}</p>
}
