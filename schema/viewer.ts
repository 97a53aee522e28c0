import type { Reach as ReachShape, Viewer as ViewerShape } from '../src/auth/viewer.ts'
import { andThen } from '../src/catalog/answer.ts'
import { builder, forPartners, unpagedRows } from './builder.ts'
import { ScopeEnum } from './enums.ts'
import { AcsSystem, AcsUser } from './refs.ts'

const Reach = builder.objectRef<ReachShape>('Reach').implement({
  description: 'What of the workspace a viewer sees.',
  fields: (t) => ({
    allSystems: t.boolean({
      description: 'Whether that is every system.',
      resolve: (reach) => reach.acsSystemIds === null && reach.residentId === null,
    }),
    acsSystems: t.field({
      type: [AcsSystem],
      description: 'The systems within reach.',
      complexity: { multiplier: unpagedRows },
      resolve: (_reach, _args, { view }) => andThen(view.systems(), (rows) => [...rows]),
    }),
    resident: t.field({
      type: AcsUser,
      nullable: true,
      description: 'The one person whose things are within reach; `null` for everybody else.',
      resolve: ({ residentId }, _args, { view }) => (residentId === null ? null : view.user(residentId)),
    }),
  }),
})

const Viewer = builder.objectRef<ViewerShape>('Viewer').implement({
  description: 'Who is asking.',
  fields: (t) => ({
    name: t.exposeString('name', { description: "The key's name." }),
    scopes: t.field({
      type: [ScopeEnum],
      description: 'What they may do.',
      resolve: (viewer) => [...viewer.scopes],
    }),
    reach: t.field({ type: Reach, description: 'What they see.', resolve: (viewer) => viewer.reach }),
    isDemo: t.exposeBoolean('isDemo', {
      description: 'True for whoever asks the bundled building without a key.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Until when they may; `null` is without end.',
      resolve: (viewer) => viewer.expiresAt,
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({
    subGraphs: forPartners,
    type: Viewer,
    description: 'Who is asking.',
    resolve: (_root, _args, { viewer }) => viewer,
  }),
)
