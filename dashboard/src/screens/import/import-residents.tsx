import { type ReactNode, useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import type { CsvTable } from '../../../../src/cli/import/csv-table.ts'
import { Screen } from '../../components/screen.tsx'
import { Empty, ErrorState, QueryStates } from '../../components/states.tsx'
import { MoveInBuildingsDocument } from '../../graph/generated/graphql.ts'
import { useHasScope } from '../../graph/graph.tsx'
import { texts } from '../../texts.ts'
import { FileChoice } from './file-choice.tsx'
import type { ImportBuilding } from './import-rows.ts'
import { ImportRun } from './import-run.tsx'

/** Imports the residents of a CSV file: choice of the file, check without changes, import, and results by row. */
export function ImportResidents(): ReactNode {
  const canWrite = useHasScope('WRITE')
  const [result, retry] = useQuery({ query: MoveInBuildingsDocument, pause: !canWrite })
  const [chosen, setChosen] = useState<{ table: CsvTable; building: ImportBuilding } | null>(null)
  if (!canWrite)
    return (
      <Screen title={texts.importResidents.title}>
        <ErrorState error={{ message: texts.moveIn.forbidden, graphQLErrors: [forbidden] }} />
      </Screen>
    )
  return (
    <Screen
      title={texts.importResidents.title}
      // The check and the import say themselves what they changed.
      lead={chosen === null && texts.importResidents.lead}
      isNarrow
    >
      <QueryStates result={result} retry={() => retry({ requestPolicy: 'network-only' })} lines={6}>
        {({ acsSystems }) =>
          acsSystems?.nodes.length === 0 ? (
            <Empty title={texts.moveIn.noBuildings}>
              <Link href="/connect">{texts.moveIn.connect}</Link>
            </Empty>
          ) : chosen === null ? (
            <FileChoice
              buildings={acsSystems?.nodes ?? []}
              onChosen={(table, building) => setChosen({ table, building })}
            />
          ) : (
            <ImportRun table={chosen.table} building={chosen.building} onAnother={() => setChosen(null)} />
          )
        }
      </QueryStates>
    </Screen>
  )
}

const forbidden = { message: texts.moveIn.forbidden, extensions: { code: 'FORBIDDEN' } }
