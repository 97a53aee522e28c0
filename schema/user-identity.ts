import { andThen } from '../src/catalog/answer.ts'
import { builder, forPartners } from './builder.ts'
import { readId } from './ids.ts'
import { Issue } from './issue.ts'
import { userPage } from './lists.ts'
import { Node } from './node.ts'
import { pageArguments, pageComplexity } from './paging.ts'
import { AcsUserConnection, UserIdentity } from './refs.ts'

UserIdentity.implement({
  description: 'One person across systems. Has at most one ACS user in each; mobile keys are given to it.',
  interfaces: [Node],
  fields: (t) => ({
    seamId: t.id({
      description: "Seam's own id: `user_identity_id`.",
      resolve: (row) => row.userIdentityId,
    }),
    key: t.exposeString('key', {
      nullable: true,
      description: 'Your own key for the person (`user_identity_key`), unique in the workspace.',
    }),
    fullName: t.exposeString('fullName', {
      nullable: true,
      description: 'The full name, where one is known.',
    }),
    displayName: t.exposeString('displayName', { description: 'What to call them on a screen.' }),
    emailAddress: t.exposeString('emailAddress', {
      nullable: true,
      description: 'E-mail address, unique in the workspace.',
    }),
    phoneNumber: t.exposeString('phoneNumber', {
      nullable: true,
      description: 'Phone number in E.164 form, unique in the workspace.',
    }),
    acsUsers: t.field({
      type: AcsUserConnection,
      nullable: true,
      description: 'This person in each system.',
      args: pageArguments(t.arg),
      complexity: pageComplexity,
      resolve: (row, args, { view }) => andThen(view.usersOfIdentity(row), (users) => userPage(users, args)),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was created.',
      resolve: (row) => row.createdAt,
    }),
    errors: t.field({ type: [Issue], description: 'What is wrong.', resolve: (row) => row.errors }),
    warnings: t.field({
      type: [Issue],
      description: 'What may become wrong, or passes by itself.',
      resolve: (row) => row.warnings,
    }),
  }),
})

builder.queryField('userIdentity', (t) =>
  t.field({
    subGraphs: forPartners,
    type: UserIdentity,
    nullable: true,
    description: 'One identity; `null` where there is none with that id within reach.',
    args: { id: t.arg.id({ required: true, description: 'Its id, or `user_identity_id`.' }) },
    resolve: (_root, { id }, { view }) => view.identity(readId('UserIdentity', 'id', id)),
  }),
)
