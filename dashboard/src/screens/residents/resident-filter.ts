import type { Sorting } from '../../components/data-table.tsx'
import {
  findNextEnd,
  getResidentIndex,
  getResidentStatus,
  type ResidentRow,
  type ResidentStatus,
  residentStatuses,
} from './resident-index.ts'
import { parseSearch } from './search-text.ts'

export type StatusFilter = Exclude<ResidentStatus, 'UNKNOWN'> | 'PROBLEMS'

/** What the list shows, as its address says. `null` means no condition. */
export type ResidentFilter = {
  readonly search: string
  readonly buildingId: string | null
  readonly status: StatusFilter | null
  /** Only residents with a credential that ends within this number of days. */
  readonly endsWithinDays: number | null
}

export const statusFilters: readonly StatusFilter[] = [
  'ACTIVE',
  'SCHEDULED',
  'EXPIRED',
  'FAILED',
  'PENDING',
  'SUSPENDED',
  'NONE',
  'PROBLEMS',
]
export const endFilters: readonly number[] = [7, 30]
const sortColumns: readonly string[] = ['name', 'building', 'status', 'ends', 'problems']
const dayMs = 86_400_000

export function parseFilter(parameters: URLSearchParams): ResidentFilter {
  const status = parameters.get('status')?.toUpperCase()
  const days = Number(parameters.get('ends'))
  return {
    search: parameters.get('q') ?? '',
    buildingId: parameters.get('building'),
    status: statusFilters.find((name) => name === status) ?? null,
    endsWithinDays: endFilters.includes(days) ? days : null,
  }
}

/** The address's query of a filter and an order. Defaults are left out. */
export function formatFilter(filter: ResidentFilter, [order]: Sorting): URLSearchParams {
  const parameters = new URLSearchParams()
  if (filter.search !== '') parameters.set('q', filter.search)
  if (filter.buildingId !== null) parameters.set('building', filter.buildingId)
  if (filter.status !== null) parameters.set('status', filter.status.toLowerCase())
  if (filter.endsWithinDays !== null) parameters.set('ends', String(filter.endsWithinDays))
  const sort = order === undefined ? 'name' : `${order.desc ? '-' : ''}${order.id}`
  if (sort !== 'name') parameters.set('sort', sort)
  return parameters
}

export function parseSorting(parameters: URLSearchParams): Sorting {
  const sort = parameters.get('sort') ?? 'name'
  const id = sort.replace(/^-/, '')
  return sortColumns.includes(id) ? [{ id, desc: sort.startsWith('-') }] : [{ id: 'name', desc: false }]
}

export type FilterResult = {
  readonly rows: readonly ResidentRow[]
  /** How many residents each option of a filter leaves, together with the other filters. */
  readonly counts: {
    readonly buildings: ReadonlyMap<string, number>
    readonly statuses: ReadonlyMap<StatusFilter, number>
    readonly ends: ReadonlyMap<number, number>
  }
}

export function applyFilter(
  all: readonly ResidentRow[],
  filter: ResidentFilter,
  nowMs: number,
): FilterResult {
  const words = parseSearch(filter.search)
  const rows: ResidentRow[] = []
  const buildings = new Map<string, number>()
  const statuses = new Map<StatusFilter, number>()
  const ends = new Map<number, number>()
  for (const row of all) {
    const { searchText, issues } = getResidentIndex(row)
    if (!words.every((word) => searchText.includes(word))) continue
    const buildingId = row.acsSystem.id
    const status = getResidentStatus(row, nowMs)
    const own: StatusFilter[] = status === 'UNKNOWN' ? [] : [status]
    if (issues.length > 0) own.push('PROBLEMS')
    const endMs = findNextEnd(row, nowMs)?.endMs ?? 0
    const endsWithin = (days: number): boolean => endMs > nowMs && endMs <= nowMs + days * dayMs

    const isBuilding = filter.buildingId === null || filter.buildingId === buildingId
    const isStatus = filter.status === null || own.includes(filter.status)
    const isEnding = filter.endsWithinDays === null || endsWithin(filter.endsWithinDays)
    if (isStatus && isEnding) count(buildings, buildingId)
    if (isBuilding && isEnding) for (const name of own) count(statuses, name)
    if (isBuilding && isStatus) for (const days of endFilters) if (endsWithin(days)) count(ends, days)
    if (isBuilding && isStatus && isEnding) rows.push(row)
  }
  return { rows, counts: { buildings, statuses, ends } }
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** Position of a status from the most urgent to the least. */
export const getUrgency = (status: ResidentStatus): number => residentStatuses.indexOf(status)
