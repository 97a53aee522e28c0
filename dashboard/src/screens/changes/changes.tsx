import { type ReactNode, useMemo } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { formatTime } from '../../components/building-time.tsx'
import { ChangeHistory } from '../../components/change-history.tsx'
import { ChangeLine, getChangeZone } from '../../components/change-line.tsx'
import { anyValue, FilterInput, type Option } from '../../components/choice-inputs.tsx'
import { Card, Screen } from '../../components/screen.tsx'
import { Empty, QueryStates } from '../../components/states.tsx'
import { useAddressParameters } from '../../components/use-address-parameters.ts'
import {
  type ChangeFilter,
  type ChangeKind,
  type ChangeOrigin,
  type ChangeSubject,
  ChangesFromDocument,
  ChangesPageDocument,
} from '../../graph/generated/graphql.ts'
import { type Change, useLiveStatus, useViewer } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import styles from './changes.module.css'

const toOptions = (names: Readonly<Record<string, string>>): readonly Option[] =>
  Object.entries(names).map(([id, name]) => ({ id, name }))
const subjectOptions = toOptions(texts.changes.subjects)
const kindOptions = toOptions(texts.changes.kinds)
const originOptions = toOptions(texts.changes.origins)

/** The change journal: newest first and live, or from a position on (`?from=`), with filters in the address. */
export function Changes(): ReactNode {
  const viewer = useViewer()
  const { state } = useLiveStatus()
  const [parameters, setParameter] = useAddressParameters()
  const get = (name: string) => parameters.get(name) ?? anyValue
  const [subject, kind, origin, building] = [get('subject'), get('kind'), get('origin'), get('building')]
  const from = parameters.get('from')
  const filter = useMemo(
    () => createFilter(subject, kind, origin, building),
    [subject, kind, origin, building],
  )
  const variables = useMemo(() => ({ filter }), [filter])

  return (
    <Screen
      title={texts.navigation.changes}
      lead={
        from !== null
          ? texts.changes.order
          : state === 'live'
            ? texts.changes.following
            : texts.changes.notFollowing
      }
      actions={
        from === null ? undefined : (
          <Link href={formatHref(parameters, null)} className="button-link">
            {texts.changes.toNewest}
          </Link>
        )
      }
    >
      <div className={styles.filters}>
        <FilterInput
          label={texts.entrances.building}
          name="building"
          any={texts.residents.filter.anyBuilding}
          options={viewer.reach.acsSystems}
          value={building}
          onChange={(id) => setParameter('building', id ?? '')}
        />
        <FilterInput
          label={texts.changes.subject}
          name="subject"
          any={texts.changes.all}
          options={subjectOptions}
          value={subject}
          onChange={(id) => setParameter('subject', id ?? '')}
        />
        <FilterInput
          label={texts.changes.kind}
          name="kind"
          any={texts.changes.all}
          options={kindOptions}
          value={kind}
          onChange={(id) => setParameter('kind', id ?? '')}
        />
        <FilterInput
          label={texts.changes.origin}
          name="origin"
          any={texts.changes.all}
          options={originOptions}
          value={origin}
          onChange={(id) => setParameter('origin', id ?? '')}
        />
      </div>
      <Card>
        {from === null ? (
          <ChangeHistory
            document={ChangesPageDocument}
            variables={variables}
            isRelevant={(change) => isRelevant(change, filter)}
            linkTo={(change) => formatHref(parameters, change)}
          />
        ) : (
          <ChangesFrom from={from} at={parameters.get('at') ?? ''} filter={filter} parameters={parameters} />
        )}
      </Card>
    </Screen>
  )
}

/** Address of the changes after one, or of the newest changes, with the same filters. */
function formatHref(
  parameters: URLSearchParams,
  after: Pick<Change, 'cursor' | 'occurredAt'> | null,
): string {
  const next = new URLSearchParams(parameters)
  next.delete('from')
  next.delete('at')
  if (after !== null) {
    next.set('from', after.cursor)
    next.set('at', after.occurredAt)
  }
  return next.size === 0 ? '/changes' : `/changes?${next}`
}

/** One page of the journal after a change, oldest first. */
function ChangesFrom({
  from,
  at,
  filter,
  parameters,
}: {
  /** Position of the change in the journal. */
  readonly from: string
  /** Time of the change. */
  readonly at: string
  readonly filter: ChangeFilter
  readonly parameters: URLSearchParams
}): ReactNode {
  const [result, refetch] = useQuery({
    query: ChangesFromDocument,
    variables: { after: from, filter },
    requestPolicy: 'network-only',
  })
  return (
    <QueryStates result={result} retry={refetch} lines={8}>
      {({ changes: { nodes, pageInfo } }) => {
        const last = nodes.at(-1)
        const zone = nodes[0] === undefined ? null : getChangeZone(nodes[0])
        return (
          <>
            <h2>
              {Number.isNaN(Date.parse(at))
                ? texts.changes.afterPosition
                : texts.changes.after(formatTime(at, zone))}
            </h2>
            {nodes.length === 0 ? <Empty title={texts.changes.noneAfter} /> : null}
            <ul>
              {nodes.map((change) => (
                <ChangeLine key={change.id} change={change} />
              ))}
            </ul>
            {pageInfo.hasNextPage && last !== undefined ? (
              <Link href={formatHref(parameters, last)} className="button-link">
                {texts.changes.newer}
              </Link>
            ) : null}
          </>
        )
      }}
    </QueryStates>
  )
}

function createFilter(subject: string, kind: string, origin: string, building: string): ChangeFilter {
  return {
    ...(subject !== anyValue && { subjects: [subject as ChangeSubject] }),
    ...(kind !== anyValue && { kinds: [kind as ChangeKind] }),
    ...(origin !== anyValue && { origins: [origin as ChangeOrigin] }),
    ...(building !== anyValue && { acsSystemId: building }),
  }
}

const subjectByType: Readonly<Record<Change['__typename'], ChangeSubject>> = {
  CredentialChange: 'CREDENTIAL',
  UserChange: 'USER',
  EntranceChange: 'ENTRANCE',
  ConnectionChange: 'CONNECTION',
}

/** Whether a new change can belong to the filtered list. The building is decided by the gateway. */
function isRelevant(change: Change, { subjects, kinds, origins }: ChangeFilter): boolean {
  const includes = <T,>(list: T | readonly T[] | null | undefined, value: T): boolean =>
    list == null || (Array.isArray(list) ? list.includes(value) : list === value)
  return (
    includes(subjects, subjectByType[change.__typename]) &&
    includes(kinds, change.kind) &&
    includes(origins, change.origin)
  )
}
