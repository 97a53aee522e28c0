import { type ReactNode, useDeferredValue, useMemo } from 'react'
import { Button } from 'react-aria-components'
import { Link, useSearchParams } from 'wouter'
import { useNow } from '../../components/building-time.tsx'
import { DataTable, type Sorting } from '../../components/data-table.tsx'
import { Screen } from '../../components/screen.tsx'
import { Empty, ErrorState, Skeleton } from '../../components/states.tsx'
import { useMedia } from '../../components/use-media.ts'
import {
  ResidentRowsDocument,
  ResidentsDocument,
  type ResidentsQuery,
} from '../../graph/generated/graphql.ts'
import { useHasScope } from '../../graph/graph.tsx'
import type { ListUpdates } from '../../graph/live-list.ts'
import { createRowReader, findChangedUsers } from '../../graph/row-reader.ts'
import { useAllPages } from '../../graph/use-all-pages.ts'
import { texts } from '../../texts.ts'
import { mediumColumns, residentColumns } from './resident-columns.tsx'
import {
  applyFilter,
  formatFilter,
  parseFilter,
  parseSorting,
  type ResidentFilter,
} from './resident-filter.ts'
import type { ResidentRow } from './resident-index.ts'
import { ResidentsFilterBar } from './residents-filter-bar.tsx'

const noVariables = {}
const selectResidents = (data: ResidentsQuery) => data.acsUsers
const updates: ListUpdates<ResidentRow> = {
  findRows: findChangedUsers,
  readRows: createRowReader(
    ResidentRowsDocument,
    (node) => (node.__typename === 'AcsUser' ? node : null),
    'cache-first',
  ),
  intervalMs: 400,
}
const getHref = ({ id }: ResidentRow) => `/residents/${id}`

/** The list of all residents. Its search, filters and order are in the address. */
export function Residents(): ReactNode {
  const { nodes, isComplete, totalCount, error } = useAllPages(
    ResidentsDocument,
    noVariables,
    selectResidents,
    updates,
  )
  const [parameters, setParameters] = useSearchParams()
  const filter = useMemo(() => parseFilter(parameters), [parameters])
  const sorting = useMemo(() => parseSorting(parameters), [parameters])
  // Typing goes on while a long list is filtered.
  const deferredFilter = useDeferredValue(filter)
  const nowMs = useNow()
  const { rows, counts } = useMemo(
    () => applyFilter(nodes, deferredFilter, Math.max(nowMs, Date.now())),
    [nodes, deferredFilter, nowMs],
  )
  const buildings = useMemo(() => listBuildings(nodes), [nodes])
  const isNarrow = useMedia('(max-width: 720px)')
  const isMedium = useMedia('(max-width: 1180px)')

  function show(nextFilter: ResidentFilter, nextSorting: Sorting): void {
    // Each letter of a search would be a step back otherwise.
    const replace = nextFilter.search !== filter.search
    setParameters(formatFilter(nextFilter, nextSorting), { replace })
  }

  return (
    <Screen
      title={texts.navigation.residents}
      lead={
        (isComplete || error === null) && (
          <Count
            shown={rows.length}
            loaded={nodes.length}
            totalCount={isComplete ? null : totalCount}
            isComplete={isComplete}
          />
        )
      }
      actions={<Actions />}
    >
      <ResidentsFilterBar
        filter={filter}
        counts={counts}
        buildings={buildings}
        onChange={(next) => show(next, sorting)}
      />
      {error === null ? null : <ErrorState error={error} />}
      {rows.length > 0 ? (
        <DataTable
          label={texts.navigation.residents}
          rows={rows}
          columns={isMedium ? mediumColumns : residentColumns}
          sorting={sorting}
          onSortingChange={(next) => show(filter, next)}
          getHref={getHref}
          rowHeight={isNarrow ? 64 : 60}
        />
      ) : !isComplete ? (
        error === null && <Skeleton lines={10} />
      ) : nodes.length === 0 ? (
        <Empty title={texts.residents.noResidents}>{texts.residents.noResidentsDetail}</Empty>
      ) : (
        <Empty title={texts.residents.empty}>
          <Button onPress={() => setParameters(new URLSearchParams())}>{texts.residents.showAll}</Button>
        </Empty>
      )}
    </Screen>
  )
}

function listBuildings(
  rows: readonly ResidentRow[],
): readonly { readonly id: string; readonly name: string }[] {
  const buildings = new Map(rows.map(({ acsSystem }) => [acsSystem.id, acsSystem]))
  return [...buildings.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'))
}

function Count({
  shown,
  loaded,
  totalCount,
  isComplete,
}: {
  readonly shown: number
  readonly loaded: number
  readonly totalCount: number | null
  readonly isComplete: boolean
}): ReactNode {
  if (!isComplete) return texts.table.loadingRows(loaded, totalCount)
  return (
    <span role="status">
      {shown === loaded ? texts.residents.count(shown) : texts.residents.countOf(shown, loaded)}
    </span>
  )
}

function Actions(): ReactNode {
  if (!useHasScope('WRITE')) return null
  return (
    <>
      <Link href="/import" className="button-link">
        {texts.residents.import}
      </Link>
      <Link href="/move-in" className="button-link primary">
        {texts.navigation.moveIn}
      </Link>
    </>
  )
}
