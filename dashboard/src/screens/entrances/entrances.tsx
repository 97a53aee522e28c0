import { type ReactNode, useMemo, useState } from 'react'
import { Input, Label, SearchField } from 'react-aria-components'
import { Link } from 'wouter'
import { anyValue, FilterInput } from '../../components/choice-inputs.tsx'
import { type Column, DataTable, NarrowDetail, type Sorting } from '../../components/data-table.tsx'
import { Screen } from '../../components/screen.tsx'
import { Empty, ErrorState, Skeleton } from '../../components/states.tsx'
import { createMatcher } from '../../components/text-search.ts'
import { useAddressParameters } from '../../components/use-address-parameters.ts'
import type { EntranceRowFragment } from '../../graph/generated/graphql.ts'
import { useViewer } from '../../graph/graph.tsx'
import { useEntrances } from '../../graph/use-entrances.ts'
import { texts } from '../../texts.ts'
import { EntranceState, formatUnlockMethods } from './entrance-state.tsx'
import styles from './entrances.module.css'

const getHref = ({ id }: EntranceRowFragment) => `/entrances/${id}`

const columns: readonly Column<EntranceRowFragment>[] = [
  {
    id: 'name',
    header: texts.entrances.name,
    width: 'minmax(0, 2fr)',
    // Entrances with the same name are sorted by their building.
    sortValue: ({ displayName, acsSystem }) =>
      `${displayName.toLocaleLowerCase('en')} ${acsSystem.name.toLocaleLowerCase('en')}`,
    cell: ({ displayName, acsSystem }) => (
      <>
        {displayName}
        <NarrowDetail>{acsSystem.name}</NarrowDetail>
      </>
    ),
  },
  {
    id: 'building',
    header: texts.entrances.building,
    width: 'minmax(0, 1.5fr)',
    isSecondary: true,
    sortValue: ({ acsSystem }) => acsSystem.name,
    cell: ({ acsSystem }) => acsSystem.name,
  },
  {
    id: 'methods',
    header: texts.entrances.methods,
    width: 'minmax(0, 1fr)',
    isSecondary: true,
    sortValue: formatUnlockMethods,
    cell: formatUnlockMethods,
  },
  {
    id: 'state',
    header: texts.entrances.status,
    width: '132px',
    sortValue: ({ latch, errors }) => (errors.length > 0 ? 0 : latch?.isConnected === false ? 1 : 2),
    cell: (entrance) => <EntranceState entrance={entrance} />,
  },
]

const states = ['online', 'offline', 'unknown'] as const

/** All entrances, with their state. Filters are in the address. */
export function Entrances(): ReactNode {
  const { nodes, isComplete, totalCount, error } = useEntrances(null)
  const [parameters, setParameter] = useAddressParameters({ replace: true })
  const [sorting, setSorting] = useState<Sorting>([{ id: 'name', desc: false }])
  const query = parameters.get('q') ?? ''
  const state = parameters.get('state') ?? anyValue
  const building = parameters.get('building') ?? anyValue
  const buildings = useViewer().reach.acsSystems
  const rows = useMemo(() => {
    const matches = createMatcher(query)
    return nodes.filter(
      (entrance) =>
        (state === anyValue || getState(entrance) === state) &&
        (building === anyValue || entrance.acsSystem.id === building) &&
        matches(`${entrance.displayName} ${entrance.acsSystem.name}`),
    )
  }, [nodes, query, state, building])

  return (
    <Screen
      title={texts.navigation.entrances}
      lead={
        isComplete
          ? texts.entrances.count(rows.length)
          : error === null && texts.table.loadingRows(nodes.length, totalCount)
      }
      actions={
        <Link href="/matrix" className="button-link">
          {texts.navigation.matrix}
        </Link>
      }
    >
      <div className={styles.filters}>
        <SearchField value={query} onChange={(value) => setParameter('q', value)}>
          <Label>{texts.entrances.search}</Label>
          <Input placeholder={texts.entrances.searchHint} />
        </SearchField>
        {buildings.length < 2 ? null : (
          <FilterInput
            label={texts.entrances.building}
            name="building"
            any={texts.residents.filter.anyBuilding}
            options={buildings}
            value={building}
            onChange={(id) => setParameter('building', id ?? '')}
          />
        )}
        <FilterInput
          label={texts.entrances.status}
          name="state"
          any={texts.residents.filter.anyStatus}
          options={states.map((id) => ({ id, name: texts.entrances.states[id] }))}
          value={state}
          onChange={(id) => setParameter('state', id ?? '')}
        />
      </div>
      {error === null ? null : <ErrorState error={error} />}
      {nodes.length === 0 && !isComplete ? (
        error === null && <Skeleton lines={8} />
      ) : nodes.length === 0 ? (
        <Empty title={texts.entrances.none}>{texts.entrances.noneDetail}</Empty>
      ) : rows.length === 0 ? (
        <Empty title={texts.entrances.empty}>
          <Link href="/entrances" className="button-link">
            {texts.entrances.showAll}
          </Link>
        </Empty>
      ) : (
        <DataTable
          label={texts.navigation.entrances}
          rows={rows}
          columns={columns}
          sorting={sorting}
          onSortingChange={setSorting}
          getHref={getHref}
        />
      )}
    </Screen>
  )
}

function getState({ latch }: EntranceRowFragment): (typeof states)[number] {
  const isConnected = latch?.isConnected ?? null
  if (isConnected === null) return 'unknown'
  return isConnected ? 'online' : 'offline'
}
