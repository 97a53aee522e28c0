import { type ReactNode, useEffect, useState } from 'react'
import { Button } from 'react-aria-components'
import { useQuery } from 'urql'
import { formatTime } from '../../components/building-time.tsx'
import { ErrorState, Skeleton } from '../../components/states.tsx'
import { ResidentAccessCheckDocument } from '../../graph/generated/graphql.ts'
import { type Change, useRefetchOnChange } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import { AccessReasonItem } from './access-reason.tsx'
import { CredentialCode } from './credential-code.tsx'
import { OtherCredentials } from './other-credentials.tsx'
import styles from './resident.module.css'
import { CredentialValidity, nameCredential } from './resident-credentials.tsx'
import { isChangeOf } from './resident-history.tsx'
import type { AccessCheck, QuestionEntrance, ResidentDetail } from './resident-types.ts'

const words = texts.residents.why
/** Time passes: an answer about now is asked for again, because no change reports that a start or an end is reached. */
const refreshMs = 30_000

/** Whether a resident can unlock an entrance at a time, and why. Asked again when something about it changes. */
export function AccessAnswer({
  resident,
  entrance,
  at,
  onCheckAt,
}: {
  readonly resident: ResidentDetail
  readonly entrance: QuestionEntrance
  readonly at: string | null
  readonly onCheckAt: (time: string) => void
}): ReactNode {
  const [{ data, error }, refetch] = useQuery({
    query: ResidentAccessCheckDocument,
    variables: { acsUserId: resident.id, acsEntranceId: entrance.id, at },
    requestPolicy: 'network-only',
  })
  const askAgain = () => refetch({ requestPolicy: 'network-only' })
  useRefetchOnChange(askAgain, (change) => isAboutAccess(change, resident, entrance.id), 500)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `refetch` is the same for the same question.
  useEffect(() => {
    if (at !== null) return
    const timer = setInterval(() => document.hidden || askAgain(), refreshMs)
    return () => clearInterval(timer)
  }, [at])

  if (error !== undefined) return <ErrorState error={error} retry={askAgain} />
  if (data === undefined) return <Skeleton lines={3} />
  return (
    <Answer check={data.accessCheck} resident={resident} entrance={entrance} at={at} onCheckAt={onCheckAt} />
  )
}

function isAboutAccess(change: Change, resident: ResidentDetail, entranceId: string): boolean {
  return (
    change.__typename === 'ConnectionChange' ||
    change.subjectId === entranceId ||
    isChangeOf(change, resident.id)
  )
}

function Answer({
  check: { allowed, via, reasons },
  resident,
  entrance,
  at,
  onCheckAt,
}: {
  readonly check: AccessCheck
  readonly resident: ResidentDetail
  readonly entrance: QuestionEntrance
  readonly at: string | null
  readonly onCheckAt: (time: string) => void
}): ReactNode {
  const { timeZone } = resident.acsSystem
  const time = at === null ? null : formatTime(at, timeZone)
  const blocking = reasons.filter((reason) => reason.blocking)
  const information = reasons.filter((reason) => !reason.blocking)
  const renderReason = (reason: AccessCheck['reasons'][number]) => (
    <AccessReasonItem
      key={`${reason.code} ${reason.credential?.id} ${reason.message}`}
      reason={reason}
      resident={resident}
      entrance={entrance}
      at={at}
      onCheckAt={onCheckAt}
    />
  )
  return (
    <div className={`${styles.answer} ${allowed ? styles.allowed : styles.refused}`}>
      <div role="status">
        <strong className={styles.verdict}>
          {allowed
            ? words.allowed(resident.displayName, entrance.name)
            : words.refused(resident.displayName, entrance.name)}
        </strong>
        <div className="small">{words.checked(time)}</div>
      </div>
      {allowed ? (
        <section aria-label={words.via}>
          <h3>{words.via}</h3>
          <ul className={styles.list}>
            {via.map((credential) => (
              <li key={credential.id} className={styles.reason}>
                <strong>{nameCredential(credential)}</strong>
                <span className="small">
                  <CredentialValidity credential={credential} timeZone={timeZone} />
                </span>
                <CredentialCode credential={credential} entranceName={entrance.name} />
              </li>
            ))}
          </ul>
        </section>
      ) : (
        <ul className={styles.list}>{blocking.map(renderReason)}</ul>
      )}
      {allowed ? <OtherCredentials resident={resident} entranceId={entrance.id} via={via} at={at} /> : null}
      {information.length === 0 ? null : (
        <section aria-label={words.information}>
          <h3>{words.information}</h3>
          <ul className={styles.list}>{information.map(renderReason)}</ul>
        </section>
      )}
      {allowed ? <p className="muted small">{words.stillLocked}</p> : null}
      <CopyLink />
    </div>
  )
}

/** Copies the address of the question. Browsers offer the clipboard only on secure origins. */
function CopyLink(): ReactNode {
  const [isCopied, setIsCopied] = useState(false)
  if (navigator.clipboard === undefined) return null
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(window.location.href)
    setIsCopied(true)
  }
  return (
    <Button className={`react-aria-Button quiet small ${styles.copy}`} onPress={() => void copy()}>
      <span aria-live="polite">{isCopied ? words.linkCopied : words.copyLink}</span>
    </Button>
  )
}
