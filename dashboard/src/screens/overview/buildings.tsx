import type { ReactNode } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { Badge, type Tone } from '../../components/badge.tsx'
import { RelativeTime } from '../../components/building-time.tsx'
import { Issues } from '../../components/issues.tsx'
import { Card } from '../../components/screen.tsx'
import { Empty, QueryStates } from '../../components/states.tsx'
import { OverviewDocument, type OverviewQuery, type SyncStatus } from '../../graph/generated/graphql.ts'
import { useRefetchOnChange } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import styles from './overview.module.css'

type Building = NonNullable<OverviewQuery['acsSystems']>['nodes'][number]

const syncTones: Readonly<Record<SyncStatus, Tone>> = {
  FRESH: 'good',
  STALE: 'neutral',
  LOADING: 'neutral',
  FAILED: 'bad',
}

/** One card per building: connection, freshness, residents, credentials by status, entrances that are offline. */
export function Buildings(): ReactNode {
  const [result, refetch] = useQuery({ query: OverviewDocument, requestPolicy: 'cache-and-network' })
  const reload = () => refetch({ requestPolicy: 'network-only' })
  useRefetchOnChange(reload, undefined, 2_000)
  return (
    <QueryStates result={result} retry={reload} lines={5}>
      {({ acsSystems }) =>
        acsSystems === null ? null : acsSystems.nodes.length === 0 ? (
          <Empty title={texts.overview.noBuildings}>
            <Link href="/connect">{texts.overview.connectFirst}</Link>
          </Empty>
        ) : (
          <div className={styles.buildings}>
            {acsSystems.nodes.map((building) => (
              <BuildingCard key={building.id} building={building} />
            ))}
          </div>
        )
      }
    </QueryStates>
  )
}

function BuildingCard({ building }: { readonly building: Building }): ReactNode {
  const { name, sync, connectedAccount, users, entrances, offline, errors, warnings } = building
  // While a building is loaded, nothing found yet does not mean that there is nothing.
  const count = (list: { readonly totalCount: number } | null) =>
    sync.state === 'LOADING' && list?.totalCount === 0 ? null : list?.totalCount
  const isDisconnected = connectedAccount?.state === 'DISCONNECTED'
  return (
    <Card
      title={name}
      action={
        isDisconnected ? (
          <Badge tone="bad">{texts.overview.disconnected}</Badge>
        ) : sync.state === 'STALE' && sync.detail !== null ? (
          <Badge tone="warn">{texts.overview.outdated}</Badge>
        ) : (
          <Badge tone={syncTones[sync.state]}>{texts.syncStatus[sync.state]}</Badge>
        )
      }
    >
      <dl className={styles.facts}>
        <Fact label={texts.overview.residents} value={count(users)} />
        <Fact label={texts.overview.activeCredentials} value={count(building.active)} />
        <Fact label={texts.overview.entrances} value={count(entrances)} />
      </dl>
      <div className={styles.statuses}>
        {(['scheduled', 'pending', 'failed', 'expired'] as const).map((key) => {
          const count = building[key]?.totalCount ?? 0
          const { tone, label } = statusLabels[key]
          return count === 0 ? null : (
            <Badge key={key} tone={tone}>
              {label(count)}
            </Badge>
          )
        })}
        {(offline?.totalCount ?? 0) === 0 ? null : (
          <Badge tone="warn">{texts.overview.offlineEntrances(offline?.totalCount ?? 0)}</Badge>
        )}
      </div>
      <Issues errors={errors} warnings={warnings} />
      <p className="muted small">
        {sync.detail ?? (sync.syncedAt === null ? texts.overview.firstRead : texts.overview.comparedWithSeam)}{' '}
        {sync.syncedAt === null ? null : <RelativeTime value={sync.syncedAt} timeZone={building.timeZone} />}
      </p>
    </Card>
  )
}

const statusLabels = {
  scheduled: { tone: 'accent', label: texts.overview.scheduled },
  pending: { tone: 'warn', label: texts.overview.pending },
  failed: { tone: 'bad', label: texts.overview.failed },
  expired: { tone: 'neutral', label: texts.overview.expired },
} as const

function Fact({
  label,
  value,
}: {
  readonly label: string
  /** `null` while it is not known yet. */
  readonly value: number | null | undefined
}): ReactNode {
  return (
    <div className={styles.fact}>
      <dt>{label}</dt>
      <dd>
        {value === null ? (
          <span className="muted">
            <span aria-hidden="true">…</span>
            <span className="visually-hidden">{texts.states.loading}</span>
          </span>
        ) : (
          (value?.toLocaleString('en') ?? '–')
        )}
      </dd>
    </div>
  )
}
