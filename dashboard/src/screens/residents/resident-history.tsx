import type { ReactNode } from 'react'
import { useQuery } from 'urql'
import { BuildingTime } from '../../components/building-time.tsx'
import { formatChangedMethod, formatFields } from '../../components/change-line.tsx'
import { Card } from '../../components/screen.tsx'
import { Empty, QueryStates } from '../../components/states.tsx'
import { ResidentHistoryDocument, type ResidentHistoryQuery } from '../../graph/generated/graphql.ts'
import { type Change, useRefetchOnChange } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import styles from './resident.module.css'
import { nameCredential } from './resident-credentials.tsx'

const words = texts.residents.history

type HistoryChange = ResidentHistoryQuery['changes']['nodes'][number]

/** Whether a change is of a resident or of one of the resident's credentials. */
export function isChangeOf(change: Change, id: string): boolean {
  if (change.subjectId === id) return true
  return (
    change.__typename === 'CredentialChange' &&
    (change.credential?.acsUser?.id === id || change.recordedAcsUser?.id === id)
  )
}

/**
 * The changes of one resident. The gateway also returns changes whose resident it did not know; those of others are left out. After a
 * resident is deleted, only the ID in Seam still connects the credentials to the resident.
 */
function selectOwnChanges(changes: readonly HistoryChange[], id: string): readonly HistoryChange[] {
  const ofUser = changes.find(({ subjectId }) => subjectId === id)
  const seamId = ofUser?.__typename === 'UserChange' ? ofUser.acsUserId : null
  return changes.filter(
    (change) =>
      isChangeOf(change, id) ||
      (change.__typename === 'CredentialChange' && seamId !== null && change.recordedAcsUserId === seamId),
  )
}

/** The last changes of a resident and the resident's credentials, newest first. Needs the scope `EVENTS`. */
export function ResidentHistory({
  id,
  timeZone,
}: {
  readonly id: string
  readonly timeZone: string | null
}): ReactNode {
  const [result, refetch] = useQuery({
    query: ResidentHistoryDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const read = () => refetch({ requestPolicy: 'network-only' })
  // The credentials of a resident that was just deleted have no resident any more.
  useRefetchOnChange(
    read,
    (change) =>
      isChangeOf(change, id) || (change.__typename === 'CredentialChange' && change.credential === null),
  )
  return (
    <Card title={words.title}>
      <QueryStates result={result} retry={read} lines={5}>
        {({ changes }) => {
          const own = selectOwnChanges(changes.nodes, id)
          if (own.length === 0) return <Empty title={texts.changes.none} />
          return (
            <ol className={styles.list}>
              {own.toReversed().map((change) => (
                <HistoryItem key={change.id} change={change} timeZone={timeZone} />
              ))}
            </ol>
          )
        }}
      </QueryStates>
    </Card>
  )
}

function HistoryItem({
  change,
  timeZone,
}: {
  readonly change: Change
  readonly timeZone: string | null
}): ReactNode {
  const fields = 'changedFields' in change ? change.changedFields : []
  return (
    <li className={styles.change}>
      <span>
        {describe(change)}
        {fields.length === 0 ? null : <span className="muted"> ({formatFields(fields)})</span>}
      </span>
      <span className="muted small">
        <BuildingTime value={change.occurredAt} timeZone={timeZone} />
        {' · '}
        {texts.changes.source(change.actor ?? texts.origins[change.origin])}
      </span>
    </li>
  )
}

/** What happened, without the name of the resident. */
function describe(change: Change): string {
  if (change.__typename !== 'CredentialChange')
    return `${texts.changes.user} ${texts.changes.object[change.kind]}`
  const subject = change.credential === null ? formatChangedMethod(change) : nameCredential(change.credential)
  return `${subject} ${texts.changes.credential[change.kind]}`
}
