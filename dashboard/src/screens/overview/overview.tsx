import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Screen } from '../../components/screen.tsx'
import { useHasScope } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import { ActivityChart } from './activity-chart.tsx'
import { Buildings } from './buildings.tsx'
import { EndingSoon } from './ending-soon.tsx'
import { LatestChanges } from './latest-changes.tsx'
import styles from './overview.module.css'
import { Problems } from './problems.tsx'

/** What a property manager sees first: buildings, problems, what happens now, and whose access ends soon. */
export function Overview(): ReactNode {
  const hasEvents = useHasScope('EVENTS')
  const canWrite = useHasScope('WRITE')
  return (
    <Screen
      title={texts.navigation.overview}
      lead={texts.overview.lead}
      actions={
        canWrite ? (
          <Link href="/move-in" className="button-link primary">
            {texts.navigation.moveIn}
          </Link>
        ) : undefined
      }
    >
      <Buildings />
      <div className={styles.columns}>
        <div className={styles.column}>
          <Problems />
          <EndingSoon />
        </div>
        {hasEvents ? <LatestChanges /> : null}
      </div>
      {hasEvents ? <ActivityChart /> : null}
    </Screen>
  )
}
