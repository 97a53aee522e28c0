import { builder, inPartnerGraph } from '../builder.ts'
import { readIdArgument } from '../id-arguments.ts'
import { createAcsUserPager, loadPage } from '../lists/list-pages.ts'
import { computePageComplexity, createPageArguments, nullIfSeamFails } from '../lists/relay-connection.ts'
import { Issue } from './issue.ts'
import { Node } from './node-interface.ts'
import { AcsUserConnection, UserIdentity } from './object-refs.ts'

UserIdentity.implement({
  description:
    'Person in the workspace, with at most one ACS user in each ACS system. Mobile keys belong to a user identity.',
  interfaces: [Node],
  fields: (t) => ({
    seamId: t.id({
      description: 'ID of the user identity in Seam (`user_identity_id`).',
      resolve: (row) => row.userIdentityId,
    }),
    key: t.exposeString('key', {
      nullable: true,
      description:
        'Key that the client chose for the person (`user_identity_key` in Seam), unique in the workspace, or `null` if there is none.',
    }),
    fullName: t.exposeString('fullName', {
      nullable: true,
      description: 'Full name, or `null` if it is unknown.',
    }),
    displayName: t.exposeString('displayName', { description: 'Display name.' }),
    emailAddress: t.exposeString('emailAddress', {
      nullable: true,
      description: 'Email address, unique in the workspace, or `null` if it is unknown.',
    }),
    phoneNumber: t.exposeString('phoneNumber', {
      nullable: true,
      description: 'Phone number in E.164 format, unique in the workspace, or `null` if it is unknown.',
    }),
    acsUsers: t.field({
      type: AcsUserConnection,
      nullable: true,
      description: `ACS users of the person in the viewer's access scope, ordered by name. ${nullIfSeamFails}`,
      args: createPageArguments(t.arg),
      complexity: computePageComplexity,
      resolve: (row, args, { view }) => loadPage(createAcsUserPager(args), () => view.usersOfIdentity(row)),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'Time at which the user identity was created.',
      resolve: (row) => row.createdAt,
    }),
    errors: t.field({
      type: [Issue],
      description: 'Errors that Seam reports for the user identity.',
      resolve: (row) => row.errors,
    }),
    warnings: t.field({
      type: [Issue],
      description: 'Warnings that Seam reports for the user identity.',
      resolve: (row) => row.warnings,
    }),
  }),
})

builder.queryField('userIdentity', (t) =>
  t.field({
    subGraphs: inPartnerGraph,
    type: UserIdentity,
    nullable: true,
    description:
      "Returns a user identity by ID, or `null` if no user identity with this ID has an ACS user in the viewer's access scope. Fails with `BAD_USER_INPUT` if `id` is not the ID of a user identity.",
    args: {
      id: t.arg.id({
        required: true,
        description: 'ID of the user identity: its `id` in this graph, or its `user_identity_id` in Seam.',
      }),
    },
    resolve: (_root, { id }, { view }) => view.identity(readIdArgument('UserIdentity', 'id', id)),
  }),
)
