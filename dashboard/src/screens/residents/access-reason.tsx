import type { ReactNode } from 'react'
import { Button } from 'react-aria-components'
import { Link } from 'wouter'
import { formatTime } from '../../components/building-time.tsx'
import { texts } from '../../texts.ts'
import { CredentialActions, IssueActions, UnsuspendAction } from '../forms/resident-actions.tsx'
import styles from './resident.module.css'
import { nameCredential } from './resident-credentials.tsx'
import type { AccessCheck, QuestionEntrance, ResidentDetail } from './resident-types.ts'

type Reason = AccessCheck['reasons'][number]

const words = texts.residents.why
/** Reasons that the screen “Connect” explains. */
const connectionCodes: ReadonlySet<string> = new Set(['ACCOUNT_ERROR', 'SYSTEM_DISCONNECTED', 'SYSTEM_ERROR'])

/** One reason: what is wrong, the details, and what to do about it. */
export function AccessReasonItem({
  reason,
  resident,
  entrance,
  at,
  onCheckAt,
}: {
  readonly reason: Reason
  readonly resident: ResidentDetail
  readonly entrance: QuestionEntrance
  readonly at: string | null
  readonly onCheckAt: (time: string) => void
}): ReactNode {
  const { code, credential, issue } = reason
  const start = getStart(reason, resident)
  const advice = issue?.advice ?? credential?.warnings.find(isWaiting)?.advice ?? words.advice[code]
  return (
    <li className={styles.reason}>
      <strong>
        {words.reasons[code]}
        {credential === null ? null : <span className={styles.of}> – {nameCredential(credential)}</span>}
      </strong>
      <span>{describeReason(reason, resident, entrance.name)}</span>
      <span>
        <span className={styles.todo}>{words.todo}</span> {advice}
      </span>
      <div className={styles.itemActions}>
        {start === null || start === at ? null : (
          <Button className="react-aria-Button small" onPress={() => onCheckAt(start)}>
            {words.checkAt(formatTime(start, resident.acsSystem.timeZone))}
          </Button>
        )}
        {code === 'USER_SUSPENDED' ? <UnsuspendAction /> : null}
        {code === 'NO_CREDENTIAL' ? <IssueActions entrance={entrance} /> : null}
        {connectionCodes.has(code) ? (
          <Link href="/connect" className="button-link small">
            {texts.actions.connect}
          </Link>
        ) : null}
        {credential === null ? null : <CredentialActions credential={credential} resident={resident} />}
      </div>
    </li>
  )
}

const isWaiting = ({ code }: { readonly code: string }): boolean => code === 'waiting_to_be_issued'

/** Details of a reason. Times are in the building's zone, which the message of the gateway cannot do. */
function describeReason(reason: Reason, resident: ResidentDetail, entranceName: string): string {
  const { code, credential, issue, message } = reason
  const { timeZone } = resident.acsSystem
  const range = credential ?? resident.accessSchedule
  const subject = credential === null ? words.schedule : nameCredential(credential)
  if (issue !== null) return issue.message
  if (code === 'NO_CREDENTIAL') return words.noCredentialOf(resident.displayName, entranceName)
  if (code === 'USER_SUSPENDED') return words.suspended(resident.displayName)
  if (code === 'EXPIRED' && range?.endsAt != null)
    return words.ended(subject, formatTime(range.endsAt, timeZone))
  const start = getStart(reason, resident)
  if (start !== null) return words.starts(subject, formatTime(start, timeZone))
  return message
}

/** When access begins, if the reason is that it has not begun. */
function getStart({ code, credential }: Reason, resident: ResidentDetail): string | null {
  if (code !== 'NOT_YET_VALID') return null
  return credential === null ? (resident.accessSchedule?.startsAt ?? null) : credential.startsAt
}
