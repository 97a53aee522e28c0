import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { ComboInput, type Option, SelectInput } from '../../components/choice-inputs.tsx'
import { DateTimeInput } from '../../components/date-time-input.tsx'
import { Card } from '../../components/screen.tsx'
import { ErrorState, Skeleton } from '../../components/states.tsx'
import { useDelayed } from '../../components/use-delayed.ts'
import type { EntranceRowFragment } from '../../graph/generated/graphql.ts'
import { useEntrances } from '../../graph/use-entrances.ts'
import { texts } from '../../texts.ts'
import { AccessAnswer } from './access-answer.tsx'
import { questionElementId, useAccessQuestion } from './access-question-state.ts'
import styles from './resident.module.css'
import { compareNames, listEntrances } from './resident-entrances.tsx'
import type { ResidentDetail } from './resident-types.ts'

const words = texts.residents.why
/** A time is typed in parts; the question is asked when it is complete. */
const typingMs = 400
const hourMs = 3_600_000

/** Whether the resident can get in, and why not: an entrance, a time, and the answer in words. */
export function AccessQuestion({ resident }: { readonly resident: ResidentDetail }): ReactNode {
  const { entranceId, at, ask } = useAccessQuestion()
  const [isTimed, setIsTimed] = useState(at !== null)
  const { nodes, isComplete, error } = useEntrances(resident.acsSystem.id)
  const options = useMemo(() => listOptions(nodes, resident), [nodes, resident])
  const timeZone = resident.acsSystem.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  const container = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (isComplete && window.location.hash === `#${questionElementId}`)
      container.current?.querySelector('input')?.focus()
  }, [isComplete])
  const askedAt = useDelayed(at, typingMs)
  const entrance = nodes.find(({ id }) => id === entranceId)

  function selectTime(time: string): void {
    setIsTimed(time === 'at')
    const nextHour = new Date(Math.ceil(Date.now() / hourMs) * hourMs).toISOString()
    ask({ entranceId, at: time === 'at' ? nextHour : null })
  }

  function checkAt(time: string): void {
    setIsTimed(true)
    ask({ entranceId, at: time })
  }

  return (
    <div id={questionElementId} ref={container} className={styles.why}>
      <Card title={words.title}>
        {error === null ? null : <ErrorState error={error} />}
        {isComplete ? (
          <div className={styles.question}>
            <ComboInput
              label={words.entrance}
              description={words.entranceHint}
              name="entrance"
              options={options}
              value={entranceId}
              onChange={(id) => ask({ entranceId: id, at })}
            />
            <SelectInput
              label={words.when}
              name="when"
              options={[
                { id: 'now', name: words.now },
                { id: 'at', name: words.atTime },
              ]}
              value={isTimed ? 'at' : 'now'}
              onChange={selectTime}
            />
            {isTimed ? (
              <DateTimeInput
                label={words.time}
                name="at"
                value={at}
                onChange={(time) => ask({ entranceId, at: time })}
                timeZone={timeZone}
                description={texts.form.zone(timeZone)}
              />
            ) : null}
          </div>
        ) : (
          error === null && <Skeleton lines={2} />
        )}
        {entranceId === null || (isTimed && at === null) ? (
          <p className="muted">
            {isTimed && entranceId !== null ? words.timeHint : words.hint(resident.displayName)}
          </p>
        ) : !isComplete && entrance === undefined ? null : (
          <AccessAnswer
            key={`${entranceId} ${isTimed ? askedAt : ''}`}
            resident={resident}
            entrance={{
              id: entranceId,
              name: entrance?.displayName ?? words.unknownEntrance,
              unlockWith: entrance?.unlockWith,
            }}
            at={isTimed ? (askedAt ?? at) : null}
            onCheckAt={checkAt}
          />
        )}
      </Card>
    </div>
  )
}

/** All entrances of the building: first those for which the resident has a credential. */
function listOptions(entrances: readonly EntranceRowFragment[], resident: ResidentDetail): readonly Option[] {
  const methods = new Map(
    listEntrances(resident).map(({ id, credentials }) => [
      id,
      [...new Set(credentials.map(({ accessMethod }) => texts.accessMethods[accessMethod]))].join(' · '),
    ]),
  )
  return entrances
    .map(({ id, displayName }) => ({
      id,
      name: displayName,
      description: methods.get(id) ?? words.noCredential,
    }))
    .sort((a, b) => Number(methods.has(b.id)) - Number(methods.has(a.id)) || compareNames(a.name, b.name))
}
