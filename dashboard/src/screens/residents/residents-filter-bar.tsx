import { type ReactNode, useState } from 'react'
import {
  Button,
  Disclosure,
  DisclosurePanel,
  Heading,
  Input,
  Label,
  SearchField,
} from 'react-aria-components'
import { FilterInput } from '../../components/choice-inputs.tsx'
import { useMedia } from '../../components/use-media.ts'
import { texts } from '../../texts.ts'
import {
  endFilters,
  type FilterResult,
  type ResidentFilter,
  type StatusFilter,
  statusFilters,
} from './resident-filter.ts'
import styles from './residents.module.css'

const { filter: words } = texts.residents

/** Search and filters. On narrow screens, the filters are behind a button. */
export function ResidentsFilterBar({
  filter,
  counts,
  buildings,
  onChange,
}: {
  readonly filter: ResidentFilter
  readonly counts: FilterResult['counts']
  readonly buildings: readonly { readonly id: string; readonly name: string }[]
  readonly onChange: (filter: ResidentFilter) => void
}): ReactNode {
  const isNarrow = useMedia('(max-width: 720px)')
  const [isOpen, setIsOpen] = useState(false)
  const conditions = [filter.buildingId, filter.status, filter.endsWithinDays]
  const usedCount = conditions.filter((condition) => condition !== null).length
  const select = (change: Partial<ResidentFilter>) => onChange({ ...filter, ...change })
  return (
    <search className={styles.filters} data-search-shortcut>
      <SearchField
        value={filter.search}
        onChange={(search) => select({ search })}
        className={`react-aria-SearchField ${styles.search}`}
      >
        <Label>{words.search}</Label>
        <Input placeholder={words.searchHint} />
      </SearchField>
      <Disclosure
        isExpanded={!isNarrow || isOpen}
        onExpandedChange={setIsOpen}
        className={styles.disclosure ?? ''}
      >
        {isNarrow ? (
          <Heading level={2} className={styles.toggle ?? ''}>
            <Button slot="trigger">{words.toggle(usedCount)}</Button>
          </Heading>
        ) : null}
        <DisclosurePanel className={styles.panel ?? ''}>
          <div className={styles.selects}>
            {buildings.length < 2 ? null : (
              <FilterInput
                label={texts.residents.building}
                name="building"
                any={words.anyBuilding}
                options={buildings.map(({ id, name }) => ({
                  id,
                  name: words.option(name, counts.buildings.get(id)),
                }))}
                value={filter.buildingId}
                onChange={(buildingId) => select({ buildingId })}
              />
            )}
            <FilterInput
              label={texts.residents.status}
              name="status"
              any={words.anyStatus}
              options={statusFilters.map((status) => ({
                id: status,
                name: words.option(words.statuses[status], counts.statuses.get(status)),
              }))}
              value={filter.status}
              onChange={(status) => select({ status: status as StatusFilter | null })}
            />
            <FilterInput
              label={texts.residents.ends}
              name="ends"
              any={words.anyEnd}
              options={endFilters.map((days) => ({
                id: String(days),
                name: words.option(words.endsWithin(days), counts.ends.get(days)),
              }))}
              value={filter.endsWithinDays === null ? null : String(filter.endsWithinDays)}
              onChange={(days) => select({ endsWithinDays: days === null ? null : Number(days) })}
            />
            {usedCount === 0 ? null : (
              <Button
                className="react-aria-Button quiet"
                onPress={() => select({ buildingId: null, status: null, endsWithinDays: null })}
              >
                {words.clear}
              </Button>
            )}
          </div>
        </DisclosurePanel>
      </Disclosure>
    </search>
  )
}
