import { type ReactNode, useState } from 'react'
import { useQuery } from 'urql'
import { Link, useSearchParams } from 'wouter'
import { Screen } from '../../components/screen.tsx'
import { Empty, ErrorState, QueryStates } from '../../components/states.tsx'
import { MoveInBuildingsDocument } from '../../graph/generated/graphql.ts'
import { useHasScope } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import { MoveInForm } from './move-in-form.tsx'
import type { MoveInPayload } from './move-in-payload.ts'
import { MoveInResult } from './move-in-result.tsx'

/** Moves a resident in: the form, then its outcome until Latch has issued all credentials. */
export function MoveIn(): ReactNode {
  const canWrite = useHasScope('WRITE')
  const [result, retry] = useQuery({ query: MoveInBuildingsDocument, pause: !canWrite })
  const [parameters] = useSearchParams()
  const [payload, setPayload] = useState<MoveInPayload | null>(null)
  // Another move-in is a new form with a new idempotency key.
  const [formNumber, setFormNumber] = useState(0)
  if (!canWrite)
    return (
      <Screen title={texts.navigation.moveIn}>
        <ErrorState error={{ message: texts.moveIn.forbidden, graphQLErrors: [forbidden] }} />
      </Screen>
    )
  return (
    <Screen
      title={texts.navigation.moveIn}
      lead={payload === null && texts.moveIn.lead}
      isNarrow
      actions={
        <Link href="/import" className="button-link">
          {texts.moveIn.importFile}
        </Link>
      }
    >
      <QueryStates result={result} retry={() => retry({ requestPolicy: 'network-only' })} lines={8}>
        {({ acsSystems }) => {
          const buildings = acsSystems?.nodes ?? []
          if (buildings.length === 0)
            return (
              <Empty title={texts.moveIn.noBuildings}>
                <Link href="/connect">{texts.moveIn.connect}</Link>
              </Empty>
            )
          if (payload !== null)
            return (
              <MoveInResult
                payload={payload}
                onAnother={() => {
                  setPayload(null)
                  setFormNumber((number) => number + 1)
                }}
              />
            )
          return (
            <MoveInForm
              key={formNumber}
              buildings={buildings}
              initialBuildingId={parameters.get('building')}
              onDone={setPayload}
            />
          )
        }}
      </QueryStates>
    </Screen>
  )
}

const forbidden = { message: texts.moveIn.forbidden, extensions: { code: 'FORBIDDEN' } }
