import { andThen } from '../src/catalog/answer.ts'
import { supportOf } from '../src/model/capabilities.ts'
import type { AcsEntrance as AcsEntranceShape, LatchMetadata } from '../src/model/entities.ts'
import { builder, forPartners } from './builder.ts'
import { SupportEnum } from './enums.ts'
import { found } from './errors.ts'
import { AcsCredentialFilter, AcsEntranceFilter } from './filters.ts'
import { readId, readOptionalId } from './ids.ts'
import { Issue } from './issue.ts'
import { credentialPage, entrancePage, userPage } from './lists.ts'
import { Node } from './node.ts'
import { pageArguments, pageComplexity } from './paging.ts'
import {
  AcsCredentialConnection,
  AcsEntrance,
  AcsEntranceConnection,
  AcsSystem,
  AcsUserConnection,
} from './refs.ts'

const LatchEntrance = builder.objectRef<LatchMetadata>('LatchEntrance').implement({
  description: 'What Latch says of a door (`latch_metadata` in Seam).',
  fields: (t) => ({
    doorName: t.exposeString('doorName', { nullable: true, description: "The door's name in Latch." }),
    doorType: t.exposeString('doorType', {
      nullable: true,
      description: "Latch's kind of door, as free text.",
    }),
    accessibilityType: t.exposeString('accessibilityType', {
      nullable: true,
      description: 'Whether it is private or shared, in Latch’s own words.',
    }),
    isConnected: t.exposeBoolean('isConnected', {
      nullable: true,
      description: 'Whether the door is online; `null` where Seam does not say.',
    }),
  }),
})

const UnlockMethods = builder.objectRef<AcsEntranceShape>('UnlockMethods').implement({
  description: 'What opens a door.',
  fields: (t) => ({
    code: t.field({
      type: SupportEnum,
      description: 'A PIN.',
      resolve: (door) => supportOf(door.canUnlockWithCode),
    }),
    mobileKey: t.field({
      type: SupportEnum,
      description: 'A key on a phone.',
      resolve: (door) => supportOf(door.canUnlockWithMobileKey),
    }),
  }),
})

AcsEntrance.implement({
  description: 'A door that Latch shares with Seam. Doors are set up in Latch; they are read only here.',
  interfaces: [Node],
  fields: (t) => ({
    seamId: t.id({
      description: "Seam's own id: `acs_entrance_id`.",
      resolve: (door) => door.acsEntranceId,
    }),
    displayName: t.exposeString('displayName', { description: 'What to call it on a screen.' }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When Seam first saw it.',
      resolve: (door) => door.createdAt,
    }),
    latch: t.field({
      type: LatchEntrance,
      nullable: true,
      description: 'What Latch says of it.',
      resolve: (door) => door.latch,
    }),
    unlockWith: t.field({ type: UnlockMethods, description: 'What opens it.', resolve: (door) => door }),
    acsSystem: t.field({
      type: AcsSystem,
      description: 'The system it belongs to.',
      resolve: (door, _args, { view }) => andThen(view.system(door.acsSystemId), found),
    }),
    credentials: t.field({
      type: AcsCredentialConnection,
      nullable: true,
      description: 'The credentials that open it, whatever state they are in.',
      args: {
        filter: t.arg({ type: AcsCredentialFilter, description: 'Which of them.' }),
        ...pageArguments(t.arg),
      },
      complexity: pageComplexity,
      resolve: (door, args, context) =>
        andThen(context.view.credentialsOfEntrance(door), (rows) => credentialPage(rows, args, context)),
    }),
    users: t.field({
      type: AcsUserConnection,
      nullable: true,
      description: 'The people who hold a credential that opens it.',
      args: pageArguments(t.arg),
      complexity: pageComplexity,
      resolve: (door, args, { view }) => andThen(view.usersOfEntrance(door), (rows) => userPage(rows, args)),
    }),
    errors: t.field({ type: [Issue], description: 'What is wrong.', resolve: (door) => door.errors }),
  }),
})

builder.queryFields((t) => ({
  acsEntrance: t.field({
    subGraphs: forPartners,
    type: AcsEntrance,
    nullable: true,
    description: 'One door; `null` where there is none with that id within reach.',
    args: { id: t.arg.id({ required: true, description: 'Its id, or `acs_entrance_id`.' }) },
    resolve: (_root, { id }, { view }) => view.entrance(readId('AcsEntrance', 'id', id)),
  }),
  acsEntrances: t.field({
    subGraphs: forPartners,
    type: AcsEntranceConnection,
    nullable: true,
    description: 'Doors of all systems.',
    args: {
      filter: t.arg({ type: AcsEntranceFilter, description: 'Which of them.' }),
      ...pageArguments(t.arg),
    },
    complexity: pageComplexity,
    resolve: (_root, args, { view }) => {
      const acsSystemId = readOptionalId('AcsSystem', 'filter.acsSystemId', args.filter?.acsSystemId)
      return andThen(view.entrances(acsSystemId), (rows) => entrancePage(rows, args))
    },
  }),
}))
