import { GraphQLError } from 'graphql'
import type { ChangeLog } from '../../src/feed/change-log.ts'
import { canSeeEveryChange } from '../../src/feed/visibility-filter.ts'
import type { Change as ChangeShape } from '../../src/model/change.ts'
import type { ChangeFilter as ChangeFilterShape } from '../../src/model/change-filter.ts'
import { readPageSize } from '../../src/model/paging.ts'
import { builder, inPartnerGraph } from '../builder.ts'
import { rethrowPageError } from '../graph-errors.ts'
import { ChangeFilter } from '../lists/filter-inputs.ts'
import {
  type ConnectionPage,
  computePageComplexity,
  createConnectionType,
  createPageArguments,
} from '../lists/relay-connection.ts'
import { Change } from './change-types.ts'
import { toChangeFilter } from './read-change-filter.ts'

const errorCodeByGap = {
  EXPIRED: 'CURSOR_EXPIRED',
  JOURNAL_REPLACED: 'JOURNAL_REPLACED',
  SIGHT_CHANGED: 'SIGHT_CHANGED',
}
const messageByGap = {
  EXPIRED: 'The change journal no longer contains the changes after this cursor.',
  JOURNAL_REPLACED: 'This cursor belongs to another change journal.',
  SIGHT_CHANGED: 'This cursor was created for another access scope or other permissions.',
}

/** Returns the offset of a cursor argument. An empty cursor counts as omitted. Queries have no `gap` field, so a cursor with a gap is an error. */
async function resolveCursorOffset(
  changeLog: ChangeLog,
  cursor: string | null | undefined,
  fallback: number,
): Promise<number> {
  if (!cursor) return fallback
  const position = changeLog.readCursor(cursor)
  const gap = 'gap' in position ? position.gap : await findGap(changeLog, cursor, position.offset)
  if (gap === null && 'offset' in position) return position.offset
  const reason = gap ?? 'JOURNAL_REPLACED'
  throw new GraphQLError(`${messageByGap[reason]} Omit the cursor and fetch the displayed data again.`, {
    extensions: { code: errorCodeByGap[reason] },
  })
}

async function findGap(
  changeLog: ChangeLog,
  cursor: string,
  offset: number,
): Promise<keyof typeof errorCodeByGap | null> {
  if (offset < (await changeLog.floor())) return 'EXPIRED'
  if (offset <= changeLog.head) return null
  // The offset is after the end of the journal: the journal was restored from an older backup.
  if (offset > (await changeLog.journalHead())) return 'JOURNAL_REPLACED'
  // Whether a cursor belongs to this journal's history can be checked only once its offset is known here.
  const position = changeLog.readCursor(cursor)
  return 'gap' in position ? position.gap : null
}

type ChangesArgs = {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

async function loadChangePage(
  changeLog: ChangeLog,
  args: ChangesArgs,
  filter: ChangeFilterShape,
): Promise<ConnectionPage<ChangeShape>> {
  const { size, isBackward } = rethrowPageError(() => readPageSize(args))
  const fromOffset = await resolveCursorOffset(changeLog, args.after, await changeLog.floor())
  // `before` is exclusive, and the cursor of a change is the position directly after the change.
  const toOffset = (await resolveCursorOffset(changeLog, args.before, changeLog.head + 1)) - 1
  const changes = await changeLog.page({
    from: fromOffset,
    to: toOffset,
    limit: size + 1,
    isBackward,
    filter,
  })
  const hasMore = changes.length > size
  const hasAny = async (range: { from: number; to: number; isBackward: boolean }) =>
    (await changeLog.page({ ...range, limit: 1, filter })).length > 0
  const hasEarlier = !args.after ? false : () => hasAny({ from: 0, to: fromOffset, isBackward: true })
  const hasLater = !args.before
    ? false
    : () => hasAny({ from: toOffset, to: changeLog.head, isBackward: false })
  return {
    rows: isBackward ? changes.slice(-size) : changes.slice(0, size),
    totalCount: () => changeLog.count(filter),
    hasNextPage: isBackward || !hasMore ? hasLater : true,
    hasPreviousPage: isBackward && hasMore ? true : hasEarlier,
    cursorOf: (change) => changeLog.cursorAt(change.offset),
  }
}

/**
 * Added to the complexity of an operation that searches and counts changes. A search reads the journal if there is a
 * filter, or if the viewer does not see every change.
 */
const searchComplexity = { filtered: 10_000, unfiltered: 1_000 } as const

const ChangeConnection = createConnectionType('Change', Change, 'changes')

builder.queryField('changes', (t) =>
  t.field({
    subGraphs: inPartnerGraph,
    type: ChangeConnection,
    description:
      "Changes in the change journal, oldest first. Cursors are interchangeable with those of subscriptions. A change is filtered by its recorded ACS user, entrances and ACS system, not by their current values. Adds 1,000 to the complexity of the operation, or 10,000 with a filter or if the viewer's access scope does not include every change. Fails with `CURSOR_EXPIRED`, `JOURNAL_REPLACED` or `SIGHT_CHANGED` if the changes after the cursor cannot be returned. Requires the `read` and `events` scopes.",
    authScopes: { scope: 'events' },
    args: {
      filter: t.arg({ type: ChangeFilter, description: 'Conditions that the returned changes must meet.' }),
      ...createPageArguments(t.arg),
    },
    complexity: (args, { viewer }) => ({
      ...computePageComplexity(args),
      field:
        args.filter == null && canSeeEveryChange(viewer)
          ? searchComplexity.unfiltered
          : searchComplexity.filtered,
    }),
    resolve: (_root, args, { changeLog }) => loadChangePage(changeLog, args, toChangeFilter(args.filter)),
  }),
)
