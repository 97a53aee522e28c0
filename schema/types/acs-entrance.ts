import { andThen } from '../../src/catalog/maybe-promise.ts'
import { supportOf } from '../../src/model/capabilities.ts'
import type { AcsEntrance as AcsEntranceShape, LatchMetadata } from '../../src/model/entities.ts'
import { builder, inPartnerGraph } from '../builder.ts'
import { requireRow } from '../graph-errors.ts'
import { readIdArgument, readOptionalIdArgument } from '../id-arguments.ts'
import { AcsCredentialFilter, AcsEntranceFilter } from '../lists/filter-inputs.ts'
import {
  createAcsUserPager,
  createCredentialPager,
  createEntrancePager,
  loadPage,
} from '../lists/list-pages.ts'
import { computePageComplexity, createPageArguments, nullIfSeamFails } from '../lists/relay-connection.ts'
import { SupportEnum } from './enums.ts'
import { Issue } from './issue.ts'
import { Node } from './node-interface.ts'
import {
  AcsCredentialConnection,
  AcsEntrance,
  AcsEntranceConnection,
  AcsSystem,
  AcsUserConnection,
} from './object-refs.ts'

const LatchEntrance = builder.objectRef<LatchMetadata>('LatchEntrance').implement({
  description: 'Properties of an entrance that are specific to Latch (`latch_metadata` in Seam).',
  fields: (t) => ({
    doorName: t.exposeString('doorName', {
      nullable: true,
      description: 'Name of the entrance in Latch, or `null` if Seam does not report it.',
    }),
    doorType: t.exposeString('doorType', {
      nullable: true,
      description: 'Type of the entrance in Latch, as free text, or `null` if Seam does not report it.',
    }),
    accessibilityType: t.exposeString('accessibilityType', {
      nullable: true,
      description:
        'Whether the entrance is private or shared, as free text from Latch, or `null` if Seam does not report it.',
    }),
    isConnected: t.exposeBoolean('isConnected', {
      nullable: true,
      description: 'Whether the lock is online, or `null` if Seam does not report it.',
    }),
  }),
})

const UnlockMethods = builder.objectRef<AcsEntranceShape>('UnlockMethods').implement({
  description: 'Access methods that an entrance supports.',
  fields: (t) => ({
    code: t.field({
      type: SupportEnum,
      description: 'Whether a PIN can unlock the entrance.',
      resolve: (entrance) => supportOf(entrance.canUnlockWithCode),
    }),
    mobileKey: t.field({
      type: SupportEnum,
      description: 'Whether a mobile key can unlock the entrance.',
      resolve: (entrance) => supportOf(entrance.canUnlockWithMobileKey),
    }),
  }),
})

AcsEntrance.implement({
  description:
    'Entrance, such as a door or gate, that Latch shares with Seam. Read-only: entrances are configured in Latch.',
  interfaces: [Node],
  fields: (t) => ({
    seamId: t.id({
      description: 'ID of the entrance in Seam (`acs_entrance_id`).',
      resolve: (entrance) => entrance.acsEntranceId,
    }),
    displayName: t.exposeString('displayName', { description: 'Display name.' }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'Time at which the entrance was created in Seam.',
      resolve: (entrance) => entrance.createdAt,
    }),
    latch: t.field({
      type: LatchEntrance,
      nullable: true,
      description: 'Properties that are specific to Latch, or `null` if Seam does not report any.',
      resolve: (entrance) => entrance.latch,
    }),
    unlockWith: t.field({
      type: UnlockMethods,
      description: 'Access methods that the entrance supports.',
      resolve: (entrance) => entrance,
    }),
    acsSystem: t.field({
      type: AcsSystem,
      description: 'ACS system that the entrance belongs to.',
      resolve: (entrance, _args, { view }) => andThen(view.system(entrance.acsSystemId), requireRow),
    }),
    credentials: t.field({
      type: AcsCredentialConnection,
      nullable: true,
      description: `Credentials for the entrance in any status, oldest first. ${nullIfSeamFails}`,
      args: {
        filter: t.arg({
          type: AcsCredentialFilter,
          description: 'Conditions that the returned credentials must meet.',
        }),
        ...createPageArguments(t.arg),
      },
      complexity: computePageComplexity,
      resolve: (entrance, args, context) =>
        loadPage(createCredentialPager(args, context), () => context.view.credentialsOfEntrance(entrance)),
    }),
    users: t.field({
      type: AcsUserConnection,
      nullable: true,
      description: `ACS users that have a credential for the entrance in any status, ordered by name. ${nullIfSeamFails}`,
      args: createPageArguments(t.arg),
      complexity: computePageComplexity,
      resolve: (entrance, args, { view }) =>
        loadPage(createAcsUserPager(args), () => view.usersOfEntrance(entrance)),
    }),
    errors: t.field({
      type: [Issue],
      description: 'Errors that Seam reports for the entrance.',
      resolve: (entrance) => entrance.errors,
    }),
  }),
})

builder.queryFields((t) => ({
  acsEntrance: t.field({
    subGraphs: inPartnerGraph,
    type: AcsEntrance,
    nullable: true,
    description:
      "Returns an entrance by ID, or `null` if no entrance with this ID exists in the viewer's access scope. Fails with `BAD_USER_INPUT` if `id` is not the ID of an entrance.",
    args: {
      id: t.arg.id({
        required: true,
        description: 'ID of the entrance: its `id` in this graph, or its `acs_entrance_id` in Seam.',
      }),
    },
    resolve: (_root, { id }, { view }) => view.entrance(readIdArgument('AcsEntrance', 'id', id)),
  }),
  acsEntrances: t.field({
    subGraphs: inPartnerGraph,
    type: AcsEntranceConnection,
    nullable: true,
    description: `Entrances of all ACS systems in the viewer's access scope, ordered by name. ${nullIfSeamFails}`,
    args: {
      filter: t.arg({
        type: AcsEntranceFilter,
        description: 'Conditions that the returned entrances must meet.',
      }),
      ...createPageArguments(t.arg),
    },
    complexity: computePageComplexity,
    resolve: (_root, args, { view }) => {
      const acsSystemId = readOptionalIdArgument('AcsSystem', 'filter.acsSystemId', args.filter?.acsSystemId)
      return loadPage(createEntrancePager(args), () => view.entrances(acsSystemId))
    },
  }),
}))
