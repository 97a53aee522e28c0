import type { ReactNode } from 'react'
import { BuildingTime, RelativeTime } from '../../components/building-time.tsx'
import { Card } from '../../components/screen.tsx'
import { texts } from '../../texts.ts'
import styles from './resident.module.css'
import type { ResidentDetail } from './resident-types.ts'

const words = texts.residents.details

/** Contact, schedule and scheduled move-out of a resident. */
export function ResidentDetails({ resident }: { readonly resident: ResidentDetail }): ReactNode {
  const { acsSystem, emailAddress, phoneNumber, accessSchedule, scheduledMoveOut, createdAt } = resident
  const { timeZone } = acsSystem
  return (
    <Card title={words.title}>
      <dl className={styles.details}>
        <Detail term={texts.residents.building}>{acsSystem.name}</Detail>
        <Detail term={words.email}>
          {emailAddress === null ? null : <a href={`mailto:${emailAddress}`}>{emailAddress}</a>}
        </Detail>
        <Detail term={words.phone}>
          {phoneNumber === null ? null : <a href={`tel:${phoneNumber}`}>{phoneNumber}</a>}
        </Detail>
        <Detail term={words.schedule}>
          {accessSchedule === null ? (
            words.noSchedule
          ) : (
            <>
              {words.from} <BuildingTime value={accessSchedule.startsAt} timeZone={timeZone} />
              <br />
              {accessSchedule.endsAt === null ? (
                texts.residents.noEnd
              ) : (
                <>
                  {words.until} <BuildingTime value={accessSchedule.endsAt} timeZone={timeZone} />
                </>
              )}
            </>
          )}
        </Detail>
        {scheduledMoveOut === null ? null : (
          <Detail term={words.moveOut}>
            <BuildingTime value={scheduledMoveOut.at} timeZone={timeZone} />
            {' · '}
            <RelativeTime value={scheduledMoveOut.at} timeZone={timeZone} />
            {scheduledMoveOut.keepUser ? <div className="muted small">{words.keepsUser}</div> : null}
          </Detail>
        )}
        <Detail term={words.since}>
          <BuildingTime value={createdAt} timeZone={timeZone} style="date" />
        </Detail>
      </dl>
    </Card>
  )
}

function Detail({ term, children }: { readonly term: string; readonly children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children ?? <span className="muted">{words.unknown}</span>}</dd>
    </div>
  )
}
