import { type ReactNode, useMemo } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { ChangeHistory } from '../../components/change-history.tsx'
import { ChangeLine } from '../../components/change-line.tsx'
import { type Option, SelectInput } from '../../components/choice-inputs.tsx'
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

const all: Option = { id: 'all', name: texts.changes.all }
const toOptions = (names: Readonly<Record<string, string>>): readonly Option[] => [
  all,
  ...Object.entries(names).map(([id, name]) => ({ id, name })),
]
const subjectOptions = toOptions(texts.changes.subjects)
const kindOptions = toOptions(texts.changes.kinds)
const originOptions = toOptions(texts.changes.origins)

/** The change journal: newest first and live, or from a position on (`?from=`), with filters in the address. */
export function Changes(): ReactNode {
  const viewer = useViewer()
  const { state } = useLiveStatus()
  const [parameters, setParameter] = useAddressParameters()
  const get = (name: string) => parameters.get(name) ?? 'all'
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
        from === null
          ? state === 'live'
            ? texts.changes.following
            : texts.changes.notFollowing
          : texts.changes.fromPosition
      }
      actions={
        from === null ? undefined : (
          <Link href="/changes" className="button-link">
            {texts.changes.follow}
          </Link>
        )
      }
    >
      <div className={styles.filters}>
        <SelectInput
          label={texts.entrances.building}
          name="building"
          options={[all, ...viewer.reach.acsSystems]}
          value={building}
          onChange={(id) => setParameter('building', id === all.id ? '' : id)}
        />
        <SelectInput
          label={texts.changes.subject}
          name="subject"
          options={subjectOptions}
          value={subject}
          onChange={(id) => setParameter('subject', id === all.id ? '' : id)}
        />
        <SelectInput
          label={texts.changes.kind}
          name="kind"
          options={kindOptions}
          value={kind}
          onChange={(id) => setParameter('kind', id === all.id ? '' : id)}
        />
        <SelectInput
          label={texts.changes.origin}
          name="origin"
          options={originOptions}
          value={origin}
          onChange={(id) => setParameter('origin', id === all.id ? '' : id)}
        />
      </div>
      <Card>
        {from === null ? (
          <ChangeHistory
            document={ChangesPageDocument}
            variables={variables}
            isRelevant={(change) => isRelevant(change, filter)}
            linkTo={(change) => `/changes?from=${encodeURIComponent(change.cursor)}`}
          />
        ) : (
          <ChangesFrom from={from} filter={filter} onNext={(cursor) => setParameter('from', cursor)} />
        )}
      </Card>
    </Screen>
  )
}

/** One page of the journal after a position, oldest first. The position can be the end of the last page, so that it can be paged on. */
function ChangesFrom({
  from,
  filter,
  onNext,
}: {
  readonly from: string
  readonly filter: ChangeFilter
  readonly onNext: (cursor: string) => void
}): ReactNode {
  const [result, refetch] = useQuery({
    query: ChangesFromDocument,
    variables: { after: from, filter },
    requestPolicy: 'network-only',
  })
  return (
    <QueryStates result={result} retry={refetch} lines={8}>
      {({ changes }) => (
        <>
          {changes.nodes.length === 0 ? <Empty title={texts.changes.noneAfter} /> : null}
          <ul>
            {changes.nodes.map((change) => (
              <ChangeLine key={change.id} change={change} />
            ))}
          </ul>
          {changes.pageInfo.hasNextPage && changes.pageInfo.endCursor != null ? (
            <button
              type="button"
              className="react-aria-Button"
              onClick={() => onNext(changes.pageInfo.endCursor ?? '')}
            >
              {texts.changes.newer}
            </button>
          ) : null}
        </>
      )}
    </QueryStates>
  )
}

function createFilter(subject: string, kind: string, origin: string, building: string): ChangeFilter {
  return {
    ...(subject !== 'all' && { subjects: [subject as ChangeSubject] }),
    ...(kind !== 'all' && { kinds: [kind as ChangeKind] }),
    ...(origin !== 'all' && { origins: [origin as ChangeOrigin] }),
    ...(building !== 'all' && { acsSystemId: building }),
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
