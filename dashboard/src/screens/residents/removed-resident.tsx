import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Screen } from '../../components/screen.tsx'
import { Empty } from '../../components/states.tsx'
import { useHasScope } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import { ResidentHistory } from './resident-history.tsx'
import type { ResidentDetail } from './resident-types.ts'

const words = texts.residents.removed

/** A resident that does not exist any more. `lastKnown` is what the page showed before, if it was open. */
export function RemovedResident({
  id,
  lastKnown,
}: {
  readonly id: string
  readonly lastKnown: ResidentDetail | null
}): ReactNode {
  const hasHistory = useHasScope('EVENTS')
  return (
    <Screen title={lastKnown?.displayName ?? texts.residents.resident} lead={lastKnown?.acsSystem.name}>
      <div role="status">
        <Empty title={words.title}>
          <p>{words.detail}</p>
          <Link href="/residents">{texts.residents.backToList}</Link>
        </Empty>
      </div>
      {hasHistory ? <ResidentHistory id={id} timeZone={lastKnown?.acsSystem.timeZone ?? null} /> : null}
    </Screen>
  )
}
