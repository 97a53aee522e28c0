import { type ReactNode, useMemo } from 'react'
import { Button, Checkbox, Input, Label, SearchField } from 'react-aria-components'
import { useQuery } from 'urql'
import { Link, useSearchParams } from 'wouter'
import { formatTime, useNow } from '../../components/building-time.tsx'
import { SelectInput } from '../../components/choice-inputs.tsx'
import { saveCsvFile } from '../../components/csv-file.ts'
import { Screen } from '../../components/screen.tsx'
import { Empty, ErrorState, QueryStates, Skeleton } from '../../components/states.tsx'
import { createMatcher } from '../../components/text-search.ts'
import { useAddressParameters } from '../../components/use-address-parameters.ts'
import {
  MatrixBuildingsDocument,
  MatrixDocument,
  type MatrixQuery,
  MatrixRowsDocument,
  type MatrixUserFragment,
} from '../../graph/generated/graphql.ts'
import type { ListUpdates } from '../../graph/live-list.ts'
import { createRowReader, findChangedUsers } from '../../graph/row-reader.ts'
import { useAllPages } from '../../graph/use-all-pages.ts'
import { useEntrances } from '../../graph/use-entrances.ts'
import { texts } from '../../texts.ts'
import { buildMatrix, formatMatrix, isTruncated } from './access-matrix.ts'
import styles from './matrix.module.css'
import { MatrixLegend, MatrixTable } from './matrix-table.tsx'

/** Who can unlock what in one building: residents × entrances. Filtered by the address; exported as CSV or printed. */
export function Matrix(): ReactNode {
  const [result] = useQuery({ query: MatrixBuildingsDocument })
  const [parameters, setParameters] = useSearchParams()
  return (
    <QueryStates result={result}>
      {({ acsSystems }) => {
        const buildings = acsSystems?.nodes ?? []
        const building = buildings.find(({ id }) => id === parameters.get('building')) ?? buildings[0]
        if (building === undefined)
          return (
            <Screen title={texts.navigation.matrix}>
              <Empty title={texts.overview.noBuildings}>
                <Link href="/connect">{texts.overview.connectFirst}</Link>
              </Empty>
            </Screen>
          )
        return (
          <BuildingMatrix
            key={building.id}
            building={building}
            picker={
              <SelectInput
                label={texts.entrances.building}
                name="building"
                options={buildings}
                value={building.id}
                onChange={(id) => setParameters({ building: id }, { replace: true })}
              />
            }
          />
        )
      }}
    </QueryStates>
  )
}

const selectUsers = (data: MatrixQuery) => data.acsUsers
/** As many rows as one page has: the complexity of both documents is near the limit. */
const pageSize = 8

/** What a change does to entrances is not in it, so the rows of its residents are read again. */
const createUpdates = (systemId: string): ListUpdates<MatrixUserFragment> => ({
  findRows: findChangedUsers,
  readRows: createRowReader(
    MatrixRowsDocument,
    (node) => (node.__typename === 'AcsUser' && node.acsSystem.id === systemId ? node : null),
    'network-only',
    pageSize,
  ),
  intervalMs: 3_000,
})

function BuildingMatrix({
  building,
  picker,
}: {
  readonly building: { readonly id: string; readonly name: string; readonly timeZone: string | null }
  readonly picker: ReactNode
}): ReactNode {
  const [parameters, setParameter] = useAddressParameters({ replace: true })
  const updates = useMemo(() => createUpdates(building.id), [building.id])
  const users = useAllPages(MatrixDocument, { systemId: building.id }, selectUsers, updates)
  const entrances = useEntrances(building.id)
  const nowMs = useNow()
  const query = parameters.get('q') ?? ''
  const entranceQuery = parameters.get('entrance') ?? ''
  const isOnlyAccess = parameters.get('only') === 'access'
  const matrix = useMemo(() => {
    const matchesUser = createMatcher(query)
    const matchesEntrance = createMatcher(entranceQuery)
    const shown = entrances.nodes.filter(({ displayName }) => matchesEntrance(displayName))
    const rows = buildMatrix(
      users.nodes.filter(({ displayName }) => matchesUser(displayName)),
      shown,
      nowMs,
    )
    return { entrances: shown, rows: isOnlyAccess ? rows.filter(({ cells }) => cells.some(Boolean)) : rows }
  }, [users.nodes, entrances.nodes, query, entranceQuery, isOnlyAccess, nowMs])

  const error = users.error ?? entrances.error
  const isLoading = users.nodes.length === 0 && !users.isComplete
  return (
    <Screen
      title={texts.navigation.matrix}
      lead={
        users.isComplete
          ? texts.matrix.size(matrix.rows.length, matrix.entrances.length)
          : error === null && texts.table.loadingRows(users.nodes.length, users.totalCount)
      }
      actions={
        <>
          <Button
            onPress={() => saveCsvFile(`${building.name} access.csv`, formatMatrix(matrix))}
            isDisabled={!users.isComplete}
          >
            {texts.matrix.export}
          </Button>
          <Button onPress={() => window.print()} isDisabled={!users.isComplete}>
            {texts.matrix.print}
          </Button>
        </>
      }
    >
      <p className="print-only">
        {texts.matrix.printed(building.name, formatTime(new Date(nowMs).toISOString(), building.timeZone))}
      </p>
      <div className={styles.filters}>
        {picker}
        <SearchField value={query} onChange={(value) => setParameter('q', value)}>
          <Label>{texts.navigation.searchLabel}</Label>
          <Input />
        </SearchField>
        <SearchField value={entranceQuery} onChange={(value) => setParameter('entrance', value)}>
          <Label>{texts.entrances.search}</Label>
          <Input />
        </SearchField>
        <Checkbox
          isSelected={isOnlyAccess}
          onChange={(isSelected) => setParameter('only', isSelected ? 'access' : '')}
        >
          {texts.matrix.onlyAccess}
        </Checkbox>
      </div>
      {error === null ? null : <ErrorState error={error} />}
      {isTruncated(users.nodes) ? <p role="status">{texts.matrix.truncated}</p> : null}
      {isLoading ? (
        error === null && <Skeleton lines={8} />
      ) : users.nodes.length === 0 ? (
        <Empty title={texts.residents.noResidents}>{texts.residents.noResidentsDetail}</Empty>
      ) : matrix.rows.length === 0 || matrix.entrances.length === 0 ? (
        <Empty title={texts.matrix.empty}>
          <Link href={`/matrix?building=${building.id}`} className="button-link">
            {texts.matrix.showAll}
          </Link>
        </Empty>
      ) : (
        <>
          <MatrixLegend />
          <MatrixTable {...matrix} label={texts.matrix.label(building.name)} />
        </>
      )}
    </Screen>
  )
}
