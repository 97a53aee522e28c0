import { memo, type ReactNode } from 'react'
import { Link } from 'wouter'
import { Badge, type Tone } from '../../components/badge.tsx'
import { formatTime } from '../../components/building-time.tsx'
import { texts } from '../../texts.ts'
import styles from './import.module.css'
import type { ImportBuilding, ImportRow } from './import-rows.ts'
import type { RowResult } from './move-in-many.ts'

const tones: Readonly<Record<RowResult['status'], Tone>> = {
  ready: 'accent',
  sending: 'warn',
  done: 'good',
  refused: 'bad',
  failed: 'bad',
}

/** The rows of the file: what will be done or was done for each, and its problems by column. */
export function ImportRowList({
  rows,
  results,
  building,
}: {
  readonly rows: readonly ImportRow[]
  readonly results: ReadonlyMap<number, RowResult>
  readonly building: ImportBuilding
}): ReactNode {
  return (
    <ol className={styles.rows} aria-label={texts.importResidents.rows}>
      {rows.map((row) => (
        <RowLine key={row.line} row={row} result={results.get(row.line)} timeZone={building.timeZone} />
      ))}
    </ol>
  )
}

const RowLine = memo(function RowLine({
  row,
  result,
  timeZone,
}: {
  readonly row: ImportRow
  readonly result: RowResult | undefined
  readonly timeZone: string | null
}): ReactNode {
  const name = row.fields.fullName || texts.importResidents.noName
  const problems = result !== undefined && 'problems' in result ? result.problems : []
  return (
    <li className={styles.row}>
      <span className="muted small">{texts.importResidents.line(row.line)}</span>
      {result?.status === 'done' && result.residentId !== null ? (
        <Link href={`/residents/${result.residentId}`} className="subject">
          {name}
        </Link>
      ) : (
        <strong className={styles.name}>{name}</strong>
      )}
      <span className="muted small">{row.input === null ? null : describeInput(row.input, timeZone)}</span>
      <span className={styles.status}>
        <Badge tone={result === undefined ? 'neutral' : tones[result.status]}>
          {texts.importResidents.status[result?.status ?? 'checking']}
        </Badge>
      </span>
      {problems.length === 0 ? null : (
        <ul className={styles.problems}>
          {problems.map(({ column, message }) => (
            <li key={`${column} ${message}`}>
              {column === null ? null : <code>{column}</code>} {message}
            </li>
          ))}
        </ul>
      )}
      {row.note === null ? null : <span className={`muted small ${styles.note}`}>{row.note}</span>}
    </li>
  )
})

function describeInput(
  { startsAt, endsAt, mobileKeyAcsEntranceIds, codeAcsEntranceIds }: NonNullable<ImportRow['input']>,
  timeZone: string | null,
): string {
  const end = endsAt == null ? null : formatTime(endsAt, timeZone)
  const period = texts.importResidents.period(formatTime(startsAt, timeZone), end)
  const { length: mobileKeyCount } = mobileKeyAcsEntranceIds ?? []
  const { length: pinCount } = codeAcsEntranceIds ?? []
  return `${period} · ${texts.importResidents.access(mobileKeyCount, pinCount)}`
}
