import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  sortFns,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import {
  type KeyboardEvent,
  memo,
  type ReactNode,
  useCallback,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import { Link } from 'wouter'
import { useIsMarked } from '../graph/graph.tsx'
import styles from './data-table.module.css'

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns })

export type Column<Row> = {
  readonly id: string
  readonly header: string
  /** Value by which rows are sorted. Without it, the column cannot be sorted. */
  readonly sortValue?: (row: Row) => string | number
  /** Content of a cell. It is rendered again when the row changes. */
  readonly cell: (row: Row) => ReactNode
  /** CSS width of the column in the grid, such as `2fr` or `120px`. */
  readonly width: string
  /** Whether the column is left out on narrow screens. */
  readonly isSecondary?: boolean
}

export type Sorting = SortingState

/** A second line of a cell, for what narrow screens have no columns for. */
export function NarrowDetail({ children }: { readonly children: ReactNode }): ReactNode {
  return <span className={styles.narrowDetail}>{children}</span>
}

/**
 * A table of any length: only the visible rows are in the document. Rows that changed are marked. While the pointer is over the rows or
 * the focus is in them, their order stays as it is, so that no row moves away under the pointer; new values are shown at once.
 */
export function DataTable<Row extends { readonly id: string }>({
  label,
  rows,
  columns,
  sorting,
  onSortingChange,
  getHref,
  rowHeight = 56,
}: {
  readonly label: string
  readonly rows: readonly Row[]
  readonly columns: readonly Column<Row>[]
  readonly sorting: Sorting
  readonly onSortingChange: (sorting: Sorting) => void
  /** Stable function that returns the address of a row's own screen. The first cell is the link. */
  readonly getHref?: (row: Row) => string
  /** In pixels. A function must be stable. */
  readonly rowHeight?: number | ((row: Row) => number)
}): ReactNode {
  const [isHeld, setIsHeld] = useState(false)
  const definitions = useMemo(
    () =>
      columns.map(
        ({ id, sortValue }): ColumnDef<typeof features, Row> => ({
          id,
          accessorFn: sortValue ?? (() => ''),
          enableSorting: sortValue !== undefined,
        }),
      ),
    [columns],
  )
  const table = useTable({
    features,
    data: rows as Row[],
    columns: definitions,
    getRowId: ({ id }: Row) => id,
    state: { sorting },
    onSortingChange: (update) => onSortingChange(typeof update === 'function' ? update(sorting) : update),
  })
  const sorted = useHeldOrder(
    table.getRowModel().rows.map(({ original }) => original),
    isHeld,
    JSON.stringify(sorting),
  )

  function toggle(id: string): void {
    const [current] = sorting
    onSortingChange([{ id, desc: current?.id === id && !current.desc }])
  }

  const template = { '--columns': columns.map(({ width }) => width).join(' ') } as React.CSSProperties
  const narrow = {
    '--narrow-columns': columns
      .filter(({ isSecondary }) => !isSecondary)
      .map(({ width }) => width)
      .join(' '),
  } as React.CSSProperties
  return (
    // biome-ignore lint/a11y/useSemanticElements: virtual rows are positioned, which elements of a table cannot be.
    <div
      role="table"
      aria-label={label}
      aria-rowcount={sorted.length + 1}
      className={styles.table}
      style={{ ...template, ...narrow }}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: as above. */}
      <div role="rowgroup" className={styles.header}>
        {/* biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as above. */}
        <div role="row" aria-rowindex={1} className={styles.headerRow}>
          {columns.map(({ id, header, sortValue, isSecondary }) => {
            const [current] = sorting
            const direction = current?.id === id ? (current.desc ? 'descending' : 'ascending') : 'none'
            return (
              // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as above.
              <div
                key={id}
                role="columnheader"
                aria-sort={sortValue === undefined ? undefined : direction}
                className={isSecondary ? styles.secondary : undefined}
              >
                {sortValue === undefined ? (
                  header
                ) : (
                  <button type="button" className={styles.sort} onClick={() => toggle(id)}>
                    {header}
                    <span aria-hidden="true">{{ ascending: '↑', descending: '↓', none: '' }[direction]}</span>
                  </button>
                )}
              </div>
            )
          })}
        </div>
      </div>
      <VirtualRows
        rows={sorted}
        columns={columns}
        rowHeight={rowHeight}
        onHold={setIsHeld}
        {...(getHref && { getHref })}
      />
    </div>
  )
}

/** The visible rows. Scrolling renders nothing else again, and only rows that were not visible before. */
function VirtualRows<Row extends { readonly id: string }>({
  rows,
  columns,
  rowHeight,
  onHold,
  getHref,
}: {
  readonly rows: readonly Row[]
  readonly columns: readonly Column<Row>[]
  readonly rowHeight: number | ((row: Row) => number)
  readonly onHold: (isHeld: boolean) => void
  readonly getHref?: (row: Row) => string
}): ReactNode {
  const body = useRef<HTMLDivElement>(null)
  const [offset, setOffset] = useState(0)
  // Distance from the top of the document. It changes with what is above the table, for example while filters are open.
  useLayoutEffect(() => {
    const measure = () =>
      setOffset(Math.round((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [])
  const getHeight = useCallback(
    (row: Row) => (typeof rowHeight === 'number' ? rowHeight : rowHeight(row)),
    [rowHeight],
  )
  const estimateSize = useCallback(
    (index: number) => (rows[index] === undefined ? 0 : getHeight(rows[index])),
    [rows, getHeight],
  )
  const getItemKey = useCallback((index: number) => rows[index]?.id ?? index, [rows])
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize,
    overscan: 8,
    scrollMargin: offset,
    getItemKey,
  })

  function moveFocus(event: KeyboardEvent<HTMLDivElement>): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    const links = [...(body.current?.querySelectorAll<HTMLElement>('[data-row-link]') ?? [])]
    const index = links.indexOf(document.activeElement as HTMLElement)
    const next = links[index + (event.key === 'ArrowDown' ? 1 : -1)]
    if (index < 0 || next === undefined) return
    event.preventDefault()
    next.focus()
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: as above.
    <div
      role="rowgroup"
      ref={body}
      className={styles.body}
      style={{ height: virtualizer.getTotalSize() }}
      onKeyDown={moveFocus}
      onPointerEnter={() => onHold(true)}
      onPointerLeave={() => onHold(false)}
      onFocus={() => onHold(true)}
      onBlur={() => onHold(false)}
    >
      {virtualizer.getVirtualItems().map(({ index, start, key }) => {
        const row = rows[index]
        return row === undefined ? null : (
          <TableRow
            key={key}
            row={row}
            columns={columns}
            rowIndex={index + 2}
            height={getHeight(row)}
            top={start - offset}
            {...(getHref && { getHref })}
          />
        )
      })}
    </div>
  )
}

type TableRowProps<Row> = {
  readonly row: Row
  readonly columns: readonly Column<Row>[]
  readonly rowIndex: number
  readonly height: number
  /** Distance from the first row in pixels. */
  readonly top: number
  readonly getHref?: (row: Row) => string
}

const TableRow = memo(function TableRow<Row extends { readonly id: string }>({
  row,
  columns,
  rowIndex,
  height,
  top,
  getHref,
}: TableRowProps<Row>): ReactNode {
  const isMarked = useIsMarked(row.id)
  return (
    // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: virtual rows are positioned.
    <div
      role="row"
      aria-rowindex={rowIndex}
      className={`${styles.row} ${isMarked ? styles.marked : ''}`}
      style={{ height, transform: `translateY(${top}px)` }}
    >
      {columns.map(({ id, cell, isSecondary }, index) => (
        // biome-ignore lint/a11y/useSemanticElements: as above.
        <div key={id} role="cell" className={`${styles.cell} ${isSecondary ? styles.secondary : ''}`}>
          {index === 0 && getHref !== undefined ? (
            <Link href={getHref(row)} data-row-link className={styles.link}>
              {cell(row)}
            </Link>
          ) : (
            cell(row)
          )}
        </div>
      ))}
    </div>
  )
}) as <Row extends { readonly id: string }>(props: TableRowProps<Row>) => ReactNode

/** The rows in their previous order while they are held: removed rows leave, new rows come last. Another sorting applies at once. */
function useHeldOrder<Row extends { readonly id: string }>(
  rows: readonly Row[],
  isHeld: boolean,
  sortingKey: string,
): readonly Row[] {
  const previous = useRef<{ ids: readonly string[]; sortingKey: string }>({ ids: [], sortingKey })
  let ordered = rows
  if (isHeld && previous.current.sortingKey === sortingKey && previous.current.ids.length > 0) {
    const left = new Map(rows.map((row) => [row.id, row]))
    const kept: Row[] = []
    for (const id of previous.current.ids) {
      const row = left.get(id)
      if (row === undefined) continue
      kept.push(row)
      left.delete(id)
    }
    ordered = [...kept, ...left.values()]
  }
  useLayoutEffect(() => {
    previous.current = { ids: ordered.map(({ id }) => id), sortingKey }
  })
  return ordered
}
