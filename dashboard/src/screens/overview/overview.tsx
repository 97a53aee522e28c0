import { type ReactNode, useState } from 'react'
import { ChangeLine } from '../../components/change-line.tsx'
import { Card, Screen } from '../../components/screen.tsx'
import { type Change, useChanges } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'

export function Overview(): ReactNode {
  const [changes, setChanges] = useState<readonly Change[]>([])
  useChanges((newest) => setChanges((known) => [...newest.toReversed(), ...known].slice(0, 50)))
  return (
    <Screen title={texts.navigation.overview}>
      <Card title="Activity">
        <ul>
          {changes.map((change) => (
            <ChangeLine key={change.id} change={change} />
          ))}
        </ul>
      </Card>
    </Screen>
  )
}
