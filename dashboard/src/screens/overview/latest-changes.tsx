import { type ReactNode, useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { ChangeLine, describeChange, formatFields, getBuildingName } from '../../components/change-line.tsx'
import { Card } from '../../components/screen.tsx'
import { Empty, QueryStates } from '../../components/states.tsx'
import { OverviewRecentDocument } from '../../graph/generated/graphql.ts'
import { type Change, useChanges } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'

const keptChanges = 30
const shownLines = 8

/** The newest changes by their time, as they come in. Equal ones that follow each other are one line. */
export function LatestChanges(): ReactNode {
  const [result] = useQuery({ query: OverviewRecentDocument, requestPolicy: 'network-only' })
  const [received, setReceived] = useState<readonly Change[]>([])
  useChanges((changes) => setReceived((known) => [...changes.toReversed(), ...known].slice(0, keptChanges)))
  return (
    <Card title={texts.overview.activity} action={<Link href="/changes">{texts.overview.allChanges}</Link>}>
      <QueryStates result={result} lines={6}>
        {({ changes }) => {
          const lines = groupEqual([...received, ...changes.nodes.toReversed()])
          if (lines.length === 0) return <Empty title={texts.overview.noActivity} />
          return (
            <ul>
              {lines.slice(0, shownLines).map(({ change, count }) => (
                <ChangeLine key={change.id} change={change} count={count} isBrief />
              ))}
            </ul>
          )
        }}
      </QueryStates>
    </Card>
  )
}

type Line = { readonly change: Change; readonly count: number }

/** Lines of changes, newest first. Each line has the newest of the changes that it stands for. */
function groupEqual(changes: readonly Change[]): readonly Line[] {
  const distinct = [...new Map(changes.map((change) => [change.id, change])).values()]
  const lines: Line[] = []
  for (const change of distinct.sort((a, b) => Date.parse(b.occurredAt) - Date.parse(a.occurredAt))) {
    const previous = lines.at(-1)
    if (previous !== undefined && formatLine(previous.change) === formatLine(change))
      lines[lines.length - 1] = { ...previous, count: previous.count + 1 }
    else lines.push({ change, count: 1 })
  }
  return lines
}

/** All that a line says about a change except its time. */
const formatLine = (change: Change): string =>
  [
    describeChange(change),
    formatFields('changedFields' in change ? change.changedFields : []),
    getBuildingName(change),
    change.actor ?? change.origin,
  ].join(' ')
