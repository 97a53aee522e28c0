import { type ReactNode, useMemo, useState } from 'react'
import { Input, Label, SearchField } from 'react-aria-components'
import { useSearchParams } from 'wouter'
import { BuildingTime } from '../../components/building-time.tsx'
import { type Column, DataTable, type Sorting } from '../../components/data-table.tsx'
import { Screen } from '../../components/screen.tsx'
import { Empty, ErrorState, Skeleton } from '../../components/states.tsx'
import { ResidentsDocument, type ResidentsQuery } from '../../graph/generated/graphql.ts'
import { useAllPages } from '../../graph/use-all-pages.ts'
import { texts } from '../../texts.ts'

export type Resident = NonNullable<ResidentsQuery['acsUsers']>['nodes'][number]

const noVariables = {}
const selectResidents = (data: ResidentsQuery) => data.acsUsers

const columns: readonly Column<Resident>[] = [
  {
    id: 'name',
    header: texts.residents.name,
    width: 'minmax(0, 2fr)',
    sortValue: ({ displayName }) => displayName.toLocaleLowerCase('en'),
    cell: ({ displayName }) => displayName,
  },
  {
    id: 'building',
    header: texts.residents.building,
    width: 'minmax(0, 1.5fr)',
    isSecondary: true,
    sortValue: ({ acsSystem }) => acsSystem.name,
    cell: ({ acsSystem }) => acsSystem.name,
  },
  {
    id: 'ends',
    header: texts.residents.ends,
    width: 'minmax(0, 1fr)',
    sortValue: (user) => getEnd(user) ?? '9999',
    cell: (user) => {
      const end = getEnd(user)
      return end === null ? (
        texts.residents.noEnd
      ) : (
        <BuildingTime value={end} timeZone={user.acsSystem.timeZone} />
      )
    },
  },
]

/** The latest end of the resident's credentials, or `null` if one of them does not end. */
function getEnd({ accessSchedule, credentials }: Resident): string | null {
  if (accessSchedule?.endsAt != null) return accessSchedule.endsAt
  const ends = credentials?.nodes.map(({ endsAt }) => endsAt) ?? []
  if (ends.length === 0 || ends.includes(null)) return null
  return ends.reduce((latest, end) =>
    latest !== null && end !== null && Date.parse(latest) > Date.parse(end) ? latest : end,
  )
}

export function Residents(): ReactNode {
  const { nodes, isComplete, totalCount, error } = useAllPages(
    ResidentsDocument,
    noVariables,
    selectResidents,
  )
  const [parameters, setParameters] = useSearchParams()
  const query = parameters.get('q') ?? ''
  const [sorting, setSorting] = useState<Sorting>([{ id: 'name', desc: false }])
  const rows = useMemo(() => {
    const words = query.toLocaleLowerCase('en').split(/\s+/).filter(Boolean)
    return nodes.filter(({ displayName, emailAddress, phoneNumber }) => {
      const text = `${displayName} ${emailAddress ?? ''} ${phoneNumber ?? ''}`.toLocaleLowerCase('en')
      return words.every((word) => text.includes(word))
    })
  }, [nodes, query])
  return (
    <Screen
      title={texts.navigation.residents}
      lead={
        isComplete
          ? texts.table.rows(rows.length, texts.residents.noun)
          : texts.table.loadingRows(nodes.length, totalCount)
      }
    >
      <SearchField
        value={query}
        onChange={(value) => setParameters(value === '' ? {} : { q: value }, { replace: true })}
      >
        <Label>{texts.navigation.searchLabel}</Label>
        <Input />
      </SearchField>
      {error === null ? null : <ErrorState error={error} />}
      {nodes.length === 0 && !isComplete ? (
        error === null && <Skeleton lines={8} />
      ) : rows.length === 0 ? (
        <Empty title={texts.residents.empty} />
      ) : (
        <DataTable
          label={texts.navigation.residents}
          rows={rows}
          columns={columns}
          sorting={sorting}
          onSortingChange={setSorting}
          getHref={({ id }) => `/residents/${id}`}
        />
      )}
    </Screen>
  )
}
