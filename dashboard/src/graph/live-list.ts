import type { AnyVariables, Client, RequestPolicy, TypedDocumentNode } from '@urql/core'
import type { ChangePartsFragment as Change } from './generated/graphql.ts'

type Page<Row> = {
  readonly nodes: readonly Row[]
  readonly totalCount?: number
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null }
}

/** How a list follows changes. */
export type ListUpdates<Row> = {
  /** IDs of the rows that a change may alter, add or remove, or `all` if the whole list has to be read again. */
  readonly findRows: (change: Change) => readonly string[] | 'all'
  /** Reads rows again. Resolves to those that belong to the list, to `null` if they could not be read, or to `all` as above. */
  readonly readRows?: (client: Client, ids: readonly string[]) => Promise<readonly Row[] | 'all' | null>
  /** Minimum time between two updates. */
  readonly intervalMs: number
}

export type ListSource<Data, Variables extends AnyVariables, Row> = {
  readonly document: TypedDocumentNode<Data, Variables>
  /** Variables of the document, without `after`. */
  readonly variables: Omit<Variables, 'after'>
  /** Returns the page in a response, or `null` if Seam could not be read. */
  readonly select: (data: Data) => Page<Row> | null
  readonly updates: ListUpdates<Row>
}

export type AllPages<Row> = {
  readonly nodes: readonly Row[]
  /** Whether all pages have been read. Until then `nodes` grows. */
  readonly isComplete: boolean
  /** Number of rows on all pages, when the first page was read. `null` before that. */
  readonly totalCount: number | null
  readonly error: Error | null
}

export type LiveList = {
  receive(changes: readonly Change[]): void
  /** Reads all pages again from the gateway. With `onlyFailed`, only if the last attempt failed. */
  readAgain(onlyFailed: boolean): void
  close(): void
}

/** While pages are read for the first time, the rows are shown this often. */
const growMs = 150
/** After an error, a list is read again after this time, or when the connection returns. */
const retryMs = 10_000

/**
 * Reads a list page by page, and then keeps it current row by row: a change costs as much in a list of 5,000 rows as in one of 50. The
 * pages are no active queries of the cache, which reads an active query again after each change of an object that it contains, such as
 * the building of every row. `publish` is called with each new state.
 */
export function createLiveList<Data, Variables extends AnyVariables, Row extends { readonly id: string }>(
  client: Client,
  { document, variables, select, updates }: ListSource<Data, Variables, Row>,
  publish: (list: AllPages<Row>) => void,
): LiveList {
  let rows = new Map<string, Row>()
  let totalCount: number | null = null
  let isComplete = false
  let error: Error | null = null
  let isClosed = false
  /** The list or rows are being read. What changes meanwhile is read afterwards. */
  let isBusy = false
  let isOutdated = false
  const changedIds = new Set<string>()
  /** IDs of deleted objects. They are never used again, and responses that were in flight may still contain them. */
  const deletedIds = new Set<string>()
  let updateTimer: ReturnType<typeof setTimeout> | null = null
  let retryTimer: ReturnType<typeof setTimeout> | undefined
  let updatedMs = 0

  function publishRows(): void {
    for (const id of deletedIds) rows.delete(id)
    publish({ nodes: [...rows.values()], isComplete, totalCount, error })
  }

  /** The first time, rows are shown as they come in. Later, the new rows replace the old ones when all are there. */
  async function readPages(requestPolicy: RequestPolicy): Promise<boolean> {
    const isFirst = !isComplete
    let shownMs = 0
    const read = new Map<string, Row>()
    let count: number | null = null
    let after: string | null | undefined = null
    do {
      const response = await client
        .query(document, { ...variables, after } as unknown as Variables, { requestPolicy })
        .toPromise()
      if (isClosed) return true
      const page: Page<Row> | null = response.data == null ? null : select(response.data)
      error = page === null ? (response.error ?? null) : null
      if (page === null) {
        publishRows()
        return false
      }
      count ??= page.totalCount ?? null
      for (const row of page.nodes) read.set(row.id, row)
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
      if (isFirst && Date.now() - shownMs > growMs) {
        shownMs = Date.now()
        rows = read
        totalCount = count
        publishRows()
      }
      // Input and frames come between pages that are in the cache.
      await new Promise((resolve) => setTimeout(resolve))
      if (isClosed) return true
    } while (after != null)
    rows = read
    totalCount = count
    isComplete = true
    publishRows()
    return true
  }

  async function readChangedRows(): Promise<boolean> {
    const ids = [...changedIds].filter((id) => !deletedIds.has(id))
    changedIds.clear()
    const read = ids.length === 0 ? [] : ((await updates.readRows?.(client, ids)) ?? null)
    if (read === null) for (const id of ids) changedIds.add(id)
    if (read === 'all') isOutdated = true
    if (isClosed || read === null || read === 'all') return read !== null
    const found = new Map(read.map((row) => [row.id, row]))
    for (const id of ids) {
      const row = found.get(id)
      if (row === undefined) rows.delete(id)
      else rows.set(id, row)
    }
    publishRows()
    return true
  }

  /** Runs a task that resolves to `false` if it failed. */
  async function run(task: () => Promise<boolean>): Promise<void> {
    isBusy = true
    const isDone = await task()
    isBusy = false
    updatedMs = Date.now()
    if (isClosed) return
    if (!isDone) retryTimer = setTimeout(() => readAgain(true), retryMs)
    else if (isOutdated || changedIds.size > 0) scheduleUpdate()
  }

  function update(): void {
    updateTimer = null
    if (isBusy || isClosed) return
    if (!isOutdated) return void run(readChangedRows)
    isOutdated = false
    void run(() => readPages('network-only'))
  }

  function scheduleUpdate(): void {
    if (isBusy || isClosed) return
    updateTimer ??= setTimeout(update, Math.max(0, updatedMs + updates.intervalMs - Date.now()))
  }

  function readAgain(onlyFailed: boolean): void {
    clearTimeout(retryTimer)
    isOutdated ||= !onlyFailed || error !== null
    if (isOutdated || changedIds.size > 0) scheduleUpdate()
  }

  void run(() => readPages('cache-first'))
  return {
    receive(changes) {
      let isConcerned = false
      for (const change of changes) {
        const ids = updates.findRows(change)
        if (ids === 'all') isOutdated = true
        else {
          for (const id of ids) changedIds.add(id)
          if (change.kind === 'DELETED' && ids.includes(change.subjectId)) deletedIds.add(change.subjectId)
        }
        isConcerned ||= ids.length > 0
      }
      if (isConcerned) scheduleUpdate()
    },
    readAgain,
    close() {
      isClosed = true
      if (updateTimer !== null) clearTimeout(updateTimer)
      clearTimeout(retryTimer)
    },
  }
}
