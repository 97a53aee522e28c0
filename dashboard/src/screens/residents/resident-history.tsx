import type { ReactNode } from 'react'
import { useQuery } from 'urql'
import { BuildingTime } from '../../components/building-time.tsx'
import { Card } from '../../components/screen.tsx'
import { Empty, QueryStates } from '../../components/states.tsx'
import { ResidentHistoryDocument } from '../../graph/generated/graphql.ts'
import { type Change, useRefetchOnChange } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import styles from './resident.module.css'
import { nameCredential } from './resident-credentials.tsx'

const words = texts.residents.history

/** Whether a change is of a resident or of one of the resident's credentials. */
export function isChangeOf(change: Change, id: string, seamId: string | null): boolean {
  if (change.subjectId === id) return true
  if (change.__typename !== 'CredentialChange') return false
  return change.credential?.acsUser?.id === id || (seamId !== null && change.recordedAcsUserId === seamId)
}

/** The last changes of a resident and the resident's credentials, newest first. Needs the scope `EVENTS`. */
export function ResidentHistory({
  id,
  seamId,
  timeZone,
}: {
  readonly id: string
  readonly seamId: string | null
  readonly timeZone: string | null
}): ReactNode {
  const [result, refetch] = useQuery({
    query: ResidentHistoryDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const read = () => refetch({ requestPolicy: 'network-only' })
  useRefetchOnChange(read, (change) => seamId === null || isChangeOf(change, id, seamId))
  return (
    <Card title={words.title}>
      <QueryStates result={result} retry={read} lines={5}>
        {({ changes }) => {
          // The gateway also returns changes whose resident it did not know. Those of others are left out.
          const own = changes.nodes.filter((change) => seamId === null || isChangeOf(change, id, seamId))
          if (own.length === 0) return <Empty title={words.none}>{words.noneDetail}</Empty>
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
        {fields.length === 0 ? null : (
          <span className="muted"> ({fields.map((field) => nameField(field)).join(', ')})</span>
        )}
      </span>
      <span className="muted small">
        <BuildingTime value={change.occurredAt} timeZone={timeZone} />
        {' · '}
        {change.actor === null
          ? texts.changes.from(texts.origins[change.origin])
          : texts.changes.by(change.actor)}
      </span>
    </li>
  )
}

/** What happened, without the name of the resident. */
function describe(change: Change): string {
  if (change.__typename !== 'CredentialChange')
    return `${texts.changes.user} ${texts.changes.object[change.kind]}`
  const subject =
    change.credential === null ? texts.changes.unassignedCredential : nameCredential(change.credential)
  return `${subject} ${texts.changes.credential[change.kind]}`
}

const fieldNames: Readonly<Record<string, string>> = words.fields
const nameField = (field: string): string => fieldNames[field] ?? field
