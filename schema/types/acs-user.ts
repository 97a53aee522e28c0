import { andThen } from '../../src/catalog/maybe-promise.ts'
import type { AccessSchedule as AccessScheduleShape } from '../../src/model/entities.ts'
import { builder, inPartnerGraph } from '../builder.ts'
import { requireRow } from '../graph-errors.ts'
import { readIdArgument, readOptionalIdArgument } from '../id-arguments.ts'
import { AcsCredentialFilter, AcsUserFilter } from '../lists/filter-inputs.ts'
import {
  createAcsUserPager,
  createCredentialPager,
  createEntrancePager,
  loadPage,
} from '../lists/list-pages.ts'
import { computePageComplexity, createPageArguments, nullIfSeamFails } from '../lists/relay-connection.ts'
import { AcsUserOrderEnum } from './enums.ts'
import { Issue } from './issue.ts'
import { Node } from './node-interface.ts'
import {
  AcsCredentialConnection,
  AcsEntranceConnection,
  AcsSystem,
  AcsUser,
  AcsUserConnection,
  UserIdentity,
} from './object-refs.ts'

const AccessSchedule = builder.objectRef<AccessScheduleShape>('AccessSchedule').implement({
  description: 'Time range in which an ACS user has access.',
  fields: (t) => ({
    startsAt: t.field({
      type: 'DateTime',
      description: 'Time at which access starts.',
      resolve: (schedule) => schedule.startsAt,
    }),
    endsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Time at which access ends, or `null` if it does not end. At this exact time the ACS user no longer has access.',
      resolve: (schedule) => schedule.endsAt,
    }),
  }),
})

AcsUser.implement({
  description: 'User of one ACS system. For Latch, a resident or guest of one building.',
  interfaces: [Node],
  fields: (t) => ({
    seamId: t.id({
      description: 'ID of the ACS user in Seam (`acs_user_id`).',
      resolve: (user) => user.acsUserId,
    }),
    fullName: t.exposeString('fullName', {
      nullable: true,
      description: 'Full name, or `null` if it is unknown.',
    }),
    displayName: t.exposeString('displayName', { description: 'Display name.' }),
    emailAddress: t.exposeString('emailAddress', {
      nullable: true,
      description: 'Email address, or `null` if it is unknown.',
    }),
    phoneNumber: t.exposeString('phoneNumber', {
      nullable: true,
      description: 'Phone number in E.164 format, or `null` if it is unknown.',
    }),
    isSuspended: t.boolean({
      description: 'Whether the ACS user is suspended. Also `false` if Seam does not report it.',
      resolve: (user) => user.isSuspended === true,
    }),
    accessSchedule: t.field({
      type: AccessSchedule,
      nullable: true,
      description:
        'Time range in which the ACS user has access, or `null` if only the credentials limit the access.',
      resolve: (user) => user.accessSchedule,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'Time at which the ACS user was created.',
      resolve: (user) => user.createdAt,
    }),
    acsSystem: t.field({
      type: AcsSystem,
      description: 'ACS system that the ACS user belongs to.',
      resolve: (user, _args, { view }) => andThen(view.system(user.acsSystemId), requireRow),
    }),
    userIdentity: t.field({
      type: UserIdentity,
      nullable: true,
      description:
        'User identity that connects the ACS users of one person in several ACS systems, or `null` if the ACS user has none. Required for mobile keys.',
      resolve: (user, _args, { view }) =>
        user.userIdentityId === null ? null : view.identity(user.userIdentityId),
    }),
    credentials: t.field({
      type: AcsCredentialConnection,
      nullable: true,
      description: `Credentials of the ACS user, oldest first. ${nullIfSeamFails}`,
      args: {
        filter: t.arg({
          type: AcsCredentialFilter,
          description: 'Conditions that the returned credentials must meet.',
        }),
        ...createPageArguments(t.arg),
      },
      complexity: computePageComplexity,
      resolve: (user, args, context) =>
        loadPage(createCredentialPager(args, context), () => context.view.credentialsOfUser(user)),
    }),
    accessibleEntrances: t.field({
      type: AcsEntranceConnection,
      nullable: true,
      description: `Entrances for which the ACS user has a credential in any status, ordered by name. To check whether the ACS user can unlock an entrance at a given time, use \`accessCheck\`. ${nullIfSeamFails}`,
      args: createPageArguments(t.arg),
      complexity: computePageComplexity,
      resolve: (user, args, { view }) =>
        loadPage(createEntrancePager(args), () => view.entrancesOfUser(user)),
    }),
    errors: t.field({
      type: [Issue],
      description: 'Errors that Seam reports for the ACS user.',
      resolve: (user) => user.errors,
    }),
    warnings: t.field({
      type: [Issue],
      description: 'Warnings that Seam reports for the ACS user.',
      resolve: (user) => user.warnings,
    }),
  }),
})

builder.queryFields((t) => ({
  acsUser: t.field({
    subGraphs: inPartnerGraph,
    type: AcsUser,
    nullable: true,
    description:
      "Returns an ACS user by ID, or `null` if no ACS user with this ID exists in the viewer's access scope. Fails with `BAD_USER_INPUT` if `id` is not the ID of an ACS user.",
    args: {
      id: t.arg.id({
        required: true,
        description: 'ID of the ACS user: its `id` in this graph, or its `acs_user_id` in Seam.',
      }),
    },
    resolve: (_root, { id }, { view }) => view.user(readIdArgument('AcsUser', 'id', id)),
  }),
  acsUsers: t.field({
    subGraphs: inPartnerGraph,
    type: AcsUserConnection,
    nullable: true,
    description: `ACS users of all ACS systems in the viewer's access scope. ${nullIfSeamFails}`,
    args: {
      filter: t.arg({
        type: AcsUserFilter,
        description: 'Conditions that the returned ACS users must meet.',
      }),
      orderBy: t.arg({
        type: AcsUserOrderEnum,
        description: 'Order of the ACS users. Defaults to `NAME_ASC`.',
      }),
      ...createPageArguments(t.arg),
    },
    complexity: computePageComplexity,
    resolve: (_root, args, { view }) => {
      const acsSystemId = readOptionalIdArgument('AcsSystem', 'filter.acsSystemId', args.filter?.acsSystemId)
      return loadPage(createAcsUserPager(args), () => view.users(acsSystemId))
    },
  }),
}))
