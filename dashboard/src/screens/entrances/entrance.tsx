import { type ReactNode, useMemo, useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { formatTime } from '../../components/building-time.tsx'
import { ChangeHistory } from '../../components/change-history.tsx'
import { CredentialStatusBadge, getShownStatus } from '../../components/credential-status.tsx'
import { type Column, DataTable, NarrowDetail, type Sorting } from '../../components/data-table.tsx'
import { Issues } from '../../components/issues.tsx'
import { Card, Screen } from '../../components/screen.tsx'
import { Empty, ErrorState, QueryStates, Skeleton } from '../../components/states.tsx'
import { useMedia } from '../../components/use-media.ts'
import {
  type EntranceCredentialFragment,
  EntranceCredentialRowsDocument,
  EntranceCredentialsDocument,
  type EntranceCredentialsQuery,
  EntranceDetailsDocument,
  EntranceHistoryDocument,
} from '../../graph/generated/graphql.ts'
import { useHasScope, useRefetchOnChange } from '../../graph/graph.tsx'
import type { ListUpdates } from '../../graph/live-list.ts'
import { createRowReader } from '../../graph/row-reader.ts'
import { useAllPages } from '../../graph/use-all-pages.ts'
import { texts } from '../../texts.ts'
import { EntranceState, formatUnlockMethods } from './entrance-state.tsx'
import styles from './entrances.module.css'

/** One entrance: its state, who can unlock it and by what, and its history. */
export function Entrance({ id }: { readonly id: string }): ReactNode {
  const [result, refetch] = useQuery({ query: EntranceDetailsDocument, variables: { id } })
  const hasEvents = useHasScope('EVENTS')
  useRefetchOnChange(
    () => refetch({ requestPolicy: 'network-only' }),
    ({ subjectId }) => subjectId === id,
  )
  return (
    <QueryStates result={result} retry={refetch}>
      {({ acsEntrance }) =>
        acsEntrance === null ? (
          <Screen title={texts.entrances.removed}>
            <Empty title={texts.navigation.notFoundDetail}>
              <Link href="/entrances">{texts.entrances.toList}</Link>
            </Empty>
          </Screen>
        ) : (
          <Screen
            title={acsEntrance.displayName}
            lead={acsEntrance.acsSystem.name}
            parent={{ href: '/entrances', label: texts.navigation.entrances }}
          >
            <Card>
              <dl className={styles.facts}>
                <div>
                  <dt>{texts.entrances.status}</dt>
                  <dd>
                    <EntranceState entrance={acsEntrance} />
                  </dd>
                </div>
                <div>
                  <dt>{texts.entrances.methods}</dt>
                  <dd>{formatUnlockMethods(acsEntrance)}</dd>
                </div>
                {acsEntrance.latch?.doorName == null ||
                acsEntrance.latch.doorName === acsEntrance.displayName ? null : (
                  <div>
                    <dt>{texts.entrances.nameInLatch}</dt>
                    <dd>{acsEntrance.latch.doorName}</dd>
                  </div>
                )}
                {acsEntrance.latch?.doorType == null ? null : (
                  <div>
                    <dt>{texts.entrances.typeInLatch}</dt>
                    <dd className={styles.capitals}>{acsEntrance.latch.doorType}</dd>
                  </div>
                )}
              </dl>
              {acsEntrance.latch?.isConnected === false ? (
                <p>{texts.overview.entranceOfflineAdvice}</p>
              ) : null}
              <Issues errors={acsEntrance.errors} />
            </Card>
            <EntranceCredentials id={id} timeZone={acsEntrance.acsSystem.timeZone} />
            {hasEvents ? <History id={id} building={acsEntrance.acsSystem} /> : null}
          </Screen>
        )
      }
    </QueryStates>
  )
}

const selectCredentials = (data: EntranceCredentialsQuery) => data.acsEntrance?.credentials ?? null

function EntranceCredentials({
  id,
  timeZone,
}: {
  readonly id: string
  readonly timeZone: string | null
}): ReactNode {
  const updates = useMemo(() => createUpdates(id), [id])
  const { nodes, isComplete, error } = useAllPages(
    EntranceCredentialsDocument,
    { id },
    selectCredentials,
    updates,
  )
  const [sorting, setSorting] = useState<Sorting>([{ id: 'user', desc: false }])
  const columns = useMemo(() => createColumns(timeZone), [timeZone])
  const isNarrow = useMedia('(max-width: 720px)')
  const rows = useMemo(() => groupByUser(nodes), [nodes])
  return (
    <Card title={texts.entrances.credentials(nodes.length)}>
      {error === null ? null : <ErrorState error={error} />}
      {nodes.length === 0 && !isComplete ? (
        error === null && <Skeleton />
      ) : nodes.length === 0 ? (
        <Empty title={texts.entrances.noCredentials} />
      ) : (
        <DataTable
          label={texts.entrances.credentials(nodes.length)}
          rows={rows}
          columns={columns}
          sorting={sorting}
          onSortingChange={setSorting}
          rowHeight={isNarrow ? getNarrowRowHeight : getRowHeight}
        />
      )}
    </Card>
  )
}

/** A change of a credential does not tell which entrances the credential unlocks now, so the credential is read again. */
const createUpdates = (entranceId: string): ListUpdates<EntranceCredentialFragment> => ({
  findRows: (change) => {
    if (change.__typename === 'CredentialChange') return [change.subjectId]
    // Which rows are of the resident is not in the change. Suspensions are rare.
    const isSuspension = change.__typename === 'UserChange' && change.changedFields.includes('isSuspended')
    return isSuspension ? 'all' : []
  },
  readRows: createRowReader(
    EntranceCredentialRowsDocument,
    (node) => {
      if (node.__typename !== 'AcsCredential') return null
      const { entrances } = node
      if (entrances?.nodes.some(({ id }) => id === entranceId)) return node
      // Seam could not be read, or there are more entrances.
      return entrances === null || entrances.totalCount > entrances.nodes.length ? undefined : null
    },
    'network-only',
  ),
  intervalMs: 1_000,
})

/** A resident with all credentials for the entrance, or a credential that is assigned to nobody. */
type Holder = {
  readonly id: string
  readonly name: string
  readonly userId: string | null
  readonly credentials: readonly EntranceCredentialFragment[]
}

function groupByUser(credentials: readonly EntranceCredentialFragment[]): readonly Holder[] {
  const groups = Map.groupBy(credentials, ({ id, acsUser }) => acsUser?.id ?? id)
  return [...groups].map(([id, own]) => {
    const user = own[0]?.acsUser ?? null
    return {
      id,
      name: user?.displayName ?? own[0]?.displayName ?? '',
      userId: user?.id ?? null,
      credentials: own.toSorted((a, b) => a.accessMethod.localeCompare(b.accessMethod)),
    }
  })
}

const lineHeight = 28
const getRowHeight = ({ credentials }: Holder): number => 18 + credentials.length * lineHeight
/** On a narrow screen, the name has a line of its own. */
const getNarrowRowHeight = (row: Holder): number => getRowHeight(row) + 22

/** One line per credential. */
function lines(format: (credential: EntranceCredentialFragment) => ReactNode): (row: Holder) => ReactNode {
  return ({ credentials }) =>
    credentials.map((credential) => (
      <span key={credential.id} className={styles.line}>
        {format(credential)}
      </span>
    ))
}

function createColumns(timeZone: string | null): readonly Column<Holder>[] {
  const narrowLines = lines(
    ({ accessMethod, endsAt }) =>
      `${texts.accessMethods[accessMethod]} · ${formatEnd(endsAt, timeZone, 'date')}`,
  )
  return [
    {
      id: 'user',
      header: texts.entrances.resident,
      width: 'minmax(0, 2fr)',
      sortValue: ({ name }) => name.toLocaleLowerCase('en'),
      cell: (row) => (
        <>
          {row.userId === null ? (
            row.name
          ) : (
            <Link href={`/residents/${row.userId}`} className="subject">
              {row.name}
            </Link>
          )}
          <NarrowDetail>{narrowLines(row)}</NarrowDetail>
        </>
      ),
    },
    {
      id: 'method',
      header: texts.entrances.credential,
      width: 'minmax(0, 1fr)',
      isSecondary: true,
      cell: lines(({ accessMethod }) => texts.accessMethods[accessMethod]),
    },
    {
      id: 'ends',
      header: texts.entrances.ends,
      width: 'minmax(0, 1.2fr)',
      isSecondary: true,
      sortValue: ({ credentials }) => credentials.map(({ endsAt }) => endsAt ?? '9999').toSorted()[0] ?? '',
      cell: lines(({ endsAt }) => formatEnd(endsAt, timeZone)),
    },
    {
      id: 'status',
      header: texts.entrances.status,
      width: '136px',
      sortValue: ({ credentials: [first] }) =>
        first === undefined ? '' : getShownStatus(first, isSuspended(first), Date.now()),
      cell: (row) => (
        <div className={styles.belowName}>
          {lines((credential) => (
            <CredentialStatusBadge credential={credential} isSuspended={isSuspended(credential)} />
          ))(row)}
        </div>
      ),
    },
  ]
}

const isSuspended = ({ acsUser }: EntranceCredentialFragment): boolean => acsUser?.isSuspended === true

function formatEnd(endsAt: string | null, timeZone: string | null, style: 'full' | 'date' = 'full'): string {
  return endsAt === null ? texts.entrances.noEnd : formatTime(endsAt, timeZone, style)
}

function History({
  id,
  building,
}: {
  readonly id: string
  readonly building: { readonly timeZone: string | null }
}): ReactNode {
  const variables = useMemo(() => ({ id }), [id])
  return (
    <Card title={texts.entrances.history}>
      <ChangeHistory
        document={EntranceHistoryDocument}
        variables={variables}
        building={building}
        isRelevant={(change) =>
          change.subjectId === id ||
          change.__typename === 'CredentialChange' ||
          change.__typename === 'EntranceChange'
        }
      />
    </Card>
  )
}
