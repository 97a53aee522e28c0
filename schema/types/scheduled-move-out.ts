import type { MaybePromise } from '../../src/catalog/maybe-promise.ts'
import { andThen, collectAll } from '../../src/catalog/maybe-promise.ts'
import type { ScheduledMoveOut as Schedule } from '../../src/commands/scheduling/move-out-requests.ts'
import type { Order } from '../../src/model/paging.ts'
import { timeSortKey } from '../../src/model/time.ts'
import { builder, inPartnerGraph } from '../builder.ts'
import type { GraphContext } from '../context.ts'
import { readOptionalIdArgument } from '../id-arguments.ts'
import { createPager, loadPage } from '../lists/list-pages.ts'
import {
  computePageComplexity,
  createConnectionType,
  createPageArguments,
  nullIfSeamFails,
} from '../lists/relay-connection.ts'
import { AcsUser } from './object-refs.ts'

/** A scheduled move-out and the time at which it was requested (ISO 8601). */
type ScheduledMoveOutRow = Schedule & { readonly requestedAt: string }

const ScheduledMoveOut = builder.objectRef<ScheduledMoveOutRow>('ScheduledMoveOut').implement({
  description:
    'Move-out of an ACS user that is scheduled for a later time. Another `moveOut` replaces it, and `cancelMoveOut` cancels it.',
  fields: (t) => ({
    at: t.field({
      type: 'DateTime',
      description:
        'Time at which the credentials end and, unless `keepUser` is `true`, the ACS user is deleted.',
      resolve: ({ at }) => at,
    }),
    keepUser: t.exposeBoolean('keepUser', {
      description: 'Whether the ACS user is kept. `true` deletes only the credentials.',
    }),
    requestedAt: t.field({
      type: 'DateTime',
      description: 'Time of the last `moveOut` request for the ACS user.',
      resolve: ({ requestedAt }) => requestedAt,
    }),
    acsUser: t.field({
      type: AcsUser,
      nullable: true,
      description: 'ACS user that is moved out, or `null` if it is already deleted.',
      resolve: ({ acsUserId }, _args, { view }) => view.user(acsUserId),
    }),
  }),
})

const ScheduledMoveOutConnection = createConnectionType(
  'ScheduledMoveOut',
  ScheduledMoveOut,
  'scheduled move-outs',
)

const ScheduledMoveOutFilter = builder.inputType('ScheduledMoveOutFilter', {
  description: 'Filter for scheduled move-outs. All given conditions must be met.',
  fields: (t) => ({
    acsSystemId: t.id({
      description:
        'Only move-outs of this ACS system. Accepts its `id` in this graph or its `acs_system_id` in Seam.',
    }),
    before: t.field({ type: 'DateTime', description: 'Only move-outs that are scheduled before this time.' }),
  }),
})

const orderByTime: Order<ScheduledMoveOutRow> = {
  name: 'at',
  idOf: ({ acsUserId }) => acsUserId,
  keyOf: ({ at }) => timeSortKey(at),
}

builder.objectField(AcsUser, 'scheduledMoveOut', (t) =>
  t.field({
    type: ScheduledMoveOut,
    nullable: true,
    description:
      'Scheduled move-out of the ACS user, or `null` if none is scheduled. A `UserChange` of kind `UPDATED` with `scheduledMoveOut` in `changedFields` reports when it is scheduled, replaced or canceled.',
    resolve: async ({ acsUserId }, _args, { commands }) => {
      const record = await commands.moveOuts.find(acsUserId)
      return record?.scheduled ? { ...record.scheduled, requestedAt: record.askedAt } : null
    },
  }),
)

builder.queryField('scheduledMoveOuts', (t) =>
  t.field({
    subGraphs: inPartnerGraph,
    type: ScheduledMoveOutConnection,
    nullable: true,
    description: `Scheduled move-outs of all ACS users in the viewer's access scope, earliest first. ${nullIfSeamFails}`,
    args: {
      filter: t.arg({
        type: ScheduledMoveOutFilter,
        description: 'Conditions that the returned move-outs must meet.',
      }),
      ...createPageArguments(t.arg),
    },
    complexity: computePageComplexity,
    async resolve(_root, { filter, ...page }, context) {
      const acsSystemId = readOptionalIdArgument('AcsSystem', 'filter.acsSystemId', filter?.acsSystemId)
      const before = filter?.before ?? null
      const fits = (row: ScheduledMoveOutRow): boolean =>
        (acsSystemId === null || row.acsSystemId === acsSystemId) &&
        (before === null || timeSortKey(row.at) < timeSortKey(before))
      return loadPage(createPager(orderByTime, page, fits), () => listVisibleMoveOuts(context))
    },
  }),
)

/** Returns the scheduled move-outs of ACS users in the viewer's access scope. Loads no data of other ACS systems. */
async function listVisibleMoveOuts({
  commands,
  view,
}: GraphContext): Promise<readonly ScheduledMoveOutRow[]> {
  const records = await commands.moveOuts.list()
  if (records.length === 0) return []
  const systems = new Set((await view.systems()).map(({ acsSystemId }) => acsSystemId))
  const rows = records.flatMap(({ scheduled, askedAt }): ScheduledMoveOutRow[] =>
    scheduled !== null && systems.has(scheduled.acsSystemId) ? [{ ...scheduled, requestedAt: askedAt }] : [],
  )
  const shown: MaybePromise<(ScheduledMoveOutRow | null)[]> = collectAll(
    rows.map((row) => andThen(view.user(row.acsUserId), (user) => (user === null ? null : row))),
  )
  return (await shown).filter((row) => row !== null)
}
