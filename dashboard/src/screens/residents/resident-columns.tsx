import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { formatTime, useNow } from '../../components/building-time.tsx'
import { type Column, NarrowDetail } from '../../components/data-table.tsx'
import { Icon } from '../../components/icons.tsx'
import { texts } from '../../texts.ts'
import { getUrgency } from './resident-filter.ts'
import {
  describeNextEnd,
  findNextEnd,
  getResidentIndex,
  getResidentStatus,
  type ResidentRow,
} from './resident-index.ts'
import { ResidentStatusBadge } from './resident-status.tsx'
import styles from './residents.module.css'

/** Columns that are left out before the others become too narrow. */
const leftOutIds: ReadonlySet<string> = new Set(['credentials', 'check'])

/** Columns of the list. On narrow screens, the name has the building and the end below it. */
export const residentColumns: readonly Column<ResidentRow>[] = [
  {
    id: 'name',
    header: texts.residents.name,
    width: 'minmax(0, 2fr)',
    sortValue: (row) => getResidentIndex(row).sortName,
    cell: (row) => <NameCell row={row} />,
  },
  {
    id: 'building',
    header: texts.residents.building,
    width: 'minmax(0, 1.1fr)',
    isSecondary: true,
    sortValue: ({ acsSystem }) => acsSystem.name,
    cell: ({ acsSystem }) => acsSystem.name,
  },
  {
    id: 'credentials',
    header: texts.residents.credentials,
    width: 'minmax(0, 1.3fr)',
    isSecondary: true,
    cell: (row) =>
      getResidentIndex(row).summary || (
        <span className="muted">
          {row.credentials === null ? texts.residents.unknown : texts.residents.none}
        </span>
      ),
  },
  {
    id: 'status',
    header: texts.residents.status,
    width: '136px',
    sortValue: (row) => getUrgency(getResidentStatus(row, Date.now())),
    cell: (row) => <StatusCell row={row} />,
  },
  {
    id: 'ends',
    header: texts.residents.ends,
    width: 'minmax(0, 1fr)',
    isSecondary: true,
    // Residents without an end and those without a credential come last.
    sortValue: (row) => findNextEnd(row, Date.now())?.endMs ?? Number.POSITIVE_INFINITY,
    cell: (row) => <EndCell row={row} />,
  },
  {
    id: 'problems',
    header: texts.residents.problems,
    width: '92px',
    isSecondary: true,
    sortValue: (row) => -getResidentIndex(row).issues.length,
    cell: (row) => <ProblemsCell row={row} />,
  },
  {
    id: 'check',
    header: texts.residents.check,
    width: '116px',
    isSecondary: true,
    cell: ({ id }) => (
      <Link href={`/residents/${id}#why`} className={styles.check}>
        {texts.residents.checkAction}
      </Link>
    ),
  },
]

/** Columns for screens of medium width. */
export const mediumColumns = residentColumns.filter(({ id }) => !leftOutIds.has(id))

/** Changes when a start or an end is reached, also if the row stays as it is. */
function StatusCell({ row }: { readonly row: ResidentRow }): ReactNode {
  const nowMs = Math.max(useNow(), Date.now())
  return <ResidentStatusBadge status={getResidentStatus(row, nowMs)} />
}

/** The next end, and what ends. In a column these are two lines; `isInline` puts them on one. */
function EndCell({
  row,
  isInline = false,
}: {
  readonly row: ResidentRow
  readonly isInline?: boolean
}): ReactNode {
  const nowMs = Math.max(useNow(), Date.now())
  const end = findNextEnd(row, nowMs)
  if (end === null) return row.credentials === null ? texts.residents.unknown : texts.residents.noAccess
  if (end.endMs === Number.POSITIVE_INFINITY) return texts.residents.noEnd
  const date = formatTime(new Date(end.endMs).toISOString(), row.acsSystem.timeZone, 'date')
  const what = describeNextEnd(row, end, nowMs)
  if (isInline) return `${date} · ${what}`
  return (
    <>
      {date}
      <span className={styles.detail}>{what}</span>
    </>
  )
}

function NameCell({ row }: { readonly row: ResidentRow }): ReactNode {
  const { issues } = getResidentIndex(row)
  const contact = row.emailAddress ?? row.phoneNumber
  return (
    <>
      <span className={styles.name}>{row.displayName}</span>
      {contact === null ? null : <span className={`${styles.detail} ${styles.contact}`}>{contact}</span>}
      <NarrowDetail>
        {issues.length === 0 ? null : `${texts.residents.problemCount(issues.length)} · `}
        {row.acsSystem.name}
      </NarrowDetail>
      <NarrowDetail>
        <EndCell row={row} isInline />
      </NarrowDetail>
    </>
  )
}

function ProblemsCell({ row }: { readonly row: ResidentRow }): ReactNode {
  const { issues } = getResidentIndex(row)
  if (issues.length === 0) return <span className="visually-hidden">{texts.residents.noProblem}</span>
  return (
    <span className={styles.problems} title={issues.map(({ message }) => message).join('\n')}>
      <Icon name="warning" />
      {issues.length}
    </span>
  )
}
