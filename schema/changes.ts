import { GraphQLError } from 'graphql'
import type { ChangeLog } from '../src/feed/change-log.ts'
import type { Change as ChangeShape } from '../src/model/change.ts'
import { pageSize } from '../src/model/paging.ts'
import { builder, forPartners } from './builder.ts'
import { Change } from './change.ts'
import { changeMatcher } from './change-filter.ts'
import { paged } from './errors.ts'
import { ChangeFilter } from './filters.ts'
import { connectionOf, type GraphPage, pageArguments, pageComplexity } from './paging.ts'

const gapCodes = {
  EXPIRED: 'CURSOR_EXPIRED',
  JOURNAL_REPLACED: 'JOURNAL_REPLACED',
  SIGHT_CHANGED: 'SIGHT_CHANGED',
}
const gapMessages = {
  EXPIRED: 'The journal no longer holds what followed this cursor.',
  JOURNAL_REPLACED: 'This cursor is of another journal.',
  SIGHT_CHANGED: 'This cursor was given when the viewer could see other things.',
}

/** The offset of a cursor argument. A query has no `gap` to tell it in, so a cursor that can't be kept is an error. */
async function offsetOf(
  log: ChangeLog,
  cursor: string | null | undefined,
  fallback: number,
): Promise<number> {
  if (cursor == null) return fallback
  const place = log.readCursor(cursor)
  const gap = 'gap' in place ? place.gap : await gapAt(log, place.offset)
  if (gap === null && 'offset' in place) return place.offset
  const reason = gap ?? 'JOURNAL_REPLACED'
  throw new GraphQLError(`${gapMessages[reason]} Leave it away, and fetch what you show anew.`, {
    extensions: { code: gapCodes[reason] },
  })
}

async function gapAt(log: ChangeLog, offset: number): Promise<'EXPIRED' | 'JOURNAL_REPLACED' | null> {
  if (offset < (await log.floor())) return 'EXPIRED'
  // Beyond the journal's end: it was set back to an older state.
  return offset > log.head && offset > (await log.newest()) ? 'JOURNAL_REPLACED' : null
}

type ChangesArgs = {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

async function changePage(
  log: ChangeLog,
  args: ChangesArgs,
  match: (change: ChangeShape) => boolean,
): Promise<GraphPage<ChangeShape>> {
  const { size, isBackward } = paged(() => pageSize(args))
  const from = await offsetOf(log, args.after, await log.floor())
  // `before` is exclusive, and a change's cursor stands right after it.
  const to = (await offsetOf(log, args.before, log.head + 1)) - 1
  const found = await log.page({ from, to, limit: size + 1, backward: isBackward, match })
  const hasMore = found.length > size
  const isAny = async (range: { from: number; to: number; backward: boolean }) =>
    (await log.page({ ...range, limit: 1, match })).length > 0
  const beforeCut = args.after == null ? false : () => isAny({ from: 0, to: from, backward: true })
  const behindCut = args.before == null ? false : () => isAny({ from: to, to: log.head, backward: false })
  return {
    rows: isBackward ? found.slice(-size) : found.slice(0, size),
    total: () => log.count(match),
    hasNext: isBackward || !hasMore ? behindCut : true,
    hasPrevious: isBackward && hasMore ? true : beforeCut,
    cursorOf: (change) => log.cursorAt(change.offset),
  }
}

const ChangeConnection = connectionOf('Change', Change as never, 'changes')

builder.queryField('changes', (t) =>
  t.field({
    subGraphs: forPartners,
    type: ChangeConnection,
    description:
      'The change journal, oldest first. Its cursors are those of the feed: page from a cursor of a subscription, or subscribe from one of a page. Needs the scope `events`.',
    authScopes: { scope: 'events' },
    args: { filter: t.arg({ type: ChangeFilter, description: 'Which changes.' }), ...pageArguments(t.arg) },
    complexity: pageComplexity,
    resolve: (_root, args, { log }) => changePage(log, args, changeMatcher(args.filter)) as never,
  }),
)
