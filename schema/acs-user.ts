import { andThen } from '../src/catalog/answer.ts'
import type { AccessSchedule as AccessScheduleShape } from '../src/model/entities.ts'
import { builder, forPartners } from './builder.ts'
import { AcsUserOrderEnum } from './enums.ts'
import { found } from './errors.ts'
import { AcsCredentialFilter, AcsUserFilter } from './filters.ts'
import { readId, readOptionalId } from './ids.ts'
import { Issue } from './issue.ts'
import { credentialPage, entrancePage, userPage } from './lists.ts'
import { Node } from './node.ts'
import { pageArguments, pageComplexity } from './paging.ts'
import {
  AcsCredentialConnection,
  AcsEntranceConnection,
  AcsSystem,
  AcsUser,
  AcsUserConnection,
  UserIdentity,
} from './refs.ts'

const AccessSchedule = builder.objectRef<AccessScheduleShape>('AccessSchedule').implement({
  description: 'When access begins and ends.',
  fields: (t) => ({
    startsAt: t.field({
      type: 'DateTime',
      description: 'The first moment.',
      resolve: (span) => span.startsAt,
    }),
    endsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The moment at which it is over; `null` is without end.',
      resolve: (span) => span.endsAt,
    }),
  }),
})

AcsUser.implement({
  description: 'A person in one system: for Latch, a resident or guest of one building.',
  interfaces: [Node],
  fields: (t) => ({
    seamId: t.id({ description: "Seam's own id: `acs_user_id`.", resolve: (user) => user.acsUserId }),
    fullName: t.exposeString('fullName', {
      nullable: true,
      description: 'The full name, where one is known.',
    }),
    displayName: t.exposeString('displayName', { description: 'What to call them on a screen.' }),
    emailAddress: t.exposeString('emailAddress', { nullable: true, description: 'E-mail address.' }),
    phoneNumber: t.exposeString('phoneNumber', {
      nullable: true,
      description: 'Phone number, in E.164 form.',
    }),
    isSuspended: t.boolean({
      description: 'Whether access is suspended. False as well where Seam does not say.',
      resolve: (user) => user.isSuspended === true,
    }),
    accessSchedule: t.field({
      type: AccessSchedule,
      nullable: true,
      description: 'When this person has access at all; `null` leaves it to the credentials.',
      resolve: (user) => user.accessSchedule,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When they were created.',
      resolve: (user) => user.createdAt,
    }),
    acsSystem: t.field({
      type: AcsSystem,
      description: 'The system they belong to.',
      resolve: (user, _args, { view }) => andThen(view.system(user.acsSystemId), found),
    }),
    userIdentity: t.field({
      type: UserIdentity,
      nullable: true,
      description: 'The same person across systems, where Seam knows of one. Mobile keys need it.',
      resolve: (user, _args, { view }) =>
        user.userIdentityId === null ? null : view.identity(user.userIdentityId),
    }),
    credentials: t.field({
      type: AcsCredentialConnection,
      nullable: true,
      description: 'What they open doors with.',
      args: {
        filter: t.arg({ type: AcsCredentialFilter, description: 'Which of them.' }),
        ...pageArguments(t.arg),
      },
      complexity: pageComplexity,
      resolve: (user, args, context) =>
        andThen(context.view.credentialsOfUser(user), (rows) => credentialPage(rows, args, context)),
    }),
    accessibleEntrances: t.field({
      type: AcsEntranceConnection,
      nullable: true,
      description:
        'The doors that any of their credentials opens, whatever state it is in. For "can they now?", ask `accessCheck`.',
      args: pageArguments(t.arg),
      complexity: pageComplexity,
      resolve: (user, args, { view }) =>
        andThen(view.entrancesOfUser(user), (rows) => entrancePage(rows, args)),
    }),
    errors: t.field({ type: [Issue], description: 'What is wrong.', resolve: (user) => user.errors }),
    warnings: t.field({
      type: [Issue],
      description: 'What may become wrong, or passes by itself.',
      resolve: (user) => user.warnings,
    }),
  }),
})

builder.queryFields((t) => ({
  acsUser: t.field({
    subGraphs: forPartners,
    type: AcsUser,
    nullable: true,
    description: 'One person; `null` where there is none with that id within reach.',
    args: { id: t.arg.id({ required: true, description: 'Its id, or `acs_user_id`.' }) },
    resolve: (_root, { id }, { view }) => view.user(readId('AcsUser', 'id', id)),
  }),
  acsUsers: t.field({
    subGraphs: forPartners,
    type: AcsUserConnection,
    nullable: true,
    description: 'People of all systems.',
    args: {
      filter: t.arg({ type: AcsUserFilter, description: 'Which of them.' }),
      orderBy: t.arg({ type: AcsUserOrderEnum, description: 'By name, A first, where nothing is said.' }),
      ...pageArguments(t.arg),
    },
    complexity: pageComplexity,
    resolve: (_root, args, { view }) => {
      const acsSystemId = readOptionalId('AcsSystem', 'filter.acsSystemId', args.filter?.acsSystemId)
      return andThen(view.users(acsSystemId), (rows) => userPage(rows, args))
    },
  }),
}))
