import { type ReactNode, useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { ChangeLine } from '../../components/change-line.tsx'
import { Card } from '../../components/screen.tsx'
import { Empty, QueryStates } from '../../components/states.tsx'
import { OverviewRecentDocument } from '../../graph/generated/graphql.ts'
import { type Change, useChanges } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'

const shownChanges = 20

/** The newest changes, as they come in. */
export function LiveActivity(): ReactNode {
  const [result] = useQuery({ query: OverviewRecentDocument, requestPolicy: 'network-only' })
  const [received, setReceived] = useState<readonly Change[]>([])
  useChanges((changes) => setReceived((known) => [...changes.toReversed(), ...known].slice(0, shownChanges)))
  return (
    <Card title={texts.overview.activity} action={<Link href="/changes">{texts.overview.showAll}</Link>}>
      <QueryStates result={result} lines={6}>
        {({ changes }) => {
          const all = new Map(
            [...received, ...changes.nodes.toReversed()].map((change) => [change.id, change]),
          )
          if (all.size === 0) return <Empty title={texts.overview.noActivity} />
          return (
            <ul>
              {[...all.values()].slice(0, shownChanges).map((change) => (
                <ChangeLine key={change.id} change={change} />
              ))}
            </ul>
          )
        }}
      </QueryStates>
    </Card>
  )
}
