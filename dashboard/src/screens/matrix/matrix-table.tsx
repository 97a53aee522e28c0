import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useRef } from 'react'
import { Link } from 'wouter'
import { statusTones } from '../../components/credential-status.tsx'
import { useMedia } from '../../components/use-media.ts'
import { texts } from '../../texts.ts'
import { describeCell, type MatrixCredential, type MatrixRow } from './access-matrix.ts'
import styles from './matrix.module.css'

const rowHeight = 38

/** The table of residents × entrances. Only the rows around the visible ones are in the document, except when it is printed. */
export function MatrixTable({
  entrances,
  rows,
  label,
}: {
  readonly entrances: readonly { readonly id: string; readonly displayName: string }[]
  readonly rows: readonly MatrixRow[]
  readonly label: string
}): ReactNode {
  const scroll = useRef<HTMLElement>(null)
  // All rows are in the document then.
  const isPrinting = useMedia('print')
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    overscan: 20,
  })
  const items = virtualizer.getVirtualItems()
  const first = isPrinting ? 0 : (items[0]?.index ?? 0)
  const last = isPrinting ? rows.length : (items.at(-1)?.index ?? -1) + 1
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a large table is scrolled with the arrow keys.
    <section ref={scroll} className={styles.scroll} tabIndex={0} aria-label={label}>
      <table className={styles.table} aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            <th scope="col" className={styles.corner}>
              {texts.entrances.resident}
            </th>
            {entrances.map(({ id, displayName }) => (
              <th key={id} scope="col" className={styles.entrance}>
                <Link href={`/entrances/${id}`}>{displayName}</Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer height={first * rowHeight} />
          {rows.slice(first, last).map((row, index) => (
            <tr key={row.id} aria-rowindex={first + index + 2} style={{ height: rowHeight }}>
              <th scope="row" className={styles.name}>
                <Link href={`/residents/${row.id}`}>{row.name}</Link>
              </th>
              {row.cells.map((cell, column) => {
                const entrance = entrances[column]
                return <td key={entrance?.id ?? column}>{cell === null ? null : <Cell cell={cell} />}</td>
              })}
            </tr>
          ))}
          <Spacer height={(rows.length - last) * rowHeight} />
        </tbody>
      </table>
    </section>
  )
}

function Spacer({ height }: { readonly height: number }): ReactNode {
  if (height <= 0) return null
  return (
    <tr>
      <td style={{ height, padding: 0, border: 0 }} />
    </tr>
  )
}

/** One letter for each credential, in the color of its status. */
function Cell({ cell }: { readonly cell: readonly MatrixCredential[] }): ReactNode {
  const description = describeCell(cell)
  return (
    <span title={description}>
      {cell.map(({ method, status }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a cell may have several equal letters.
        <span key={index} aria-hidden="true" className={`${styles.letter} ${styles[statusTones[status]]}`}>
          {texts.matrix.letters[method]}
        </span>
      ))}
      <span className="visually-hidden">{description}</span>
    </span>
  )
}

const methods = ['MOBILE_KEY', 'CODE', 'CARD'] as const
const statuses = ['ACTIVE', 'SCHEDULED', 'PENDING', 'FAILED', 'SUSPENDED'] as const

/** What the letters and colors of the table mean. */
export function MatrixLegend(): ReactNode {
  return (
    <ul className={`small ${styles.legend}`} aria-label={texts.matrix.legend}>
      {methods.map((method) => (
        <li key={method}>
          <strong>{texts.matrix.letters[method]}</strong> {texts.accessMethods[method]}
        </li>
      ))}
      {statuses.map((status) => (
        <li key={status} className={`${styles.letter} ${styles[statusTones[status]]}`}>
          {texts.credentialStatus[status]}
        </li>
      ))}
    </ul>
  )
}
