import type { AccessScope as ReachShape, Viewer as ViewerShape } from '../../src/auth/viewer.ts'
import { andThen } from '../../src/catalog/maybe-promise.ts'
import { assumedListRows, builder, inPartnerGraph } from '../builder.ts'
import { ScopeEnum } from './enums.ts'
import { AcsSystem, AcsUser } from './object-refs.ts'

const Reach = builder.objectRef<ReachShape>('Reach').implement({
  description: 'Access scope: the part of the workspace that a viewer can access.',
  fields: (t) => ({
    allSystems: t.boolean({
      description: 'Whether the access scope includes all ACS systems and all ACS users.',
      resolve: (accessScope) => accessScope.acsSystemIds === null && accessScope.acsUserId === null,
    }),
    acsSystems: t.field({
      type: [AcsSystem],
      description: 'ACS systems in the access scope.',
      complexity: { multiplier: assumedListRows },
      resolve: (_reach, _args, { view }) => andThen(view.systems(), (rows) => [...rows]),
    }),
    resident: t.field({
      type: AcsUser,
      nullable: true,
      description:
        "The resident's ACS user, if the access scope is limited to one resident. Otherwise `null`.",
      resolve: ({ acsUserId }, _args, { view }) => (acsUserId === null ? null : view.user(acsUserId)),
    }),
  }),
})

const Viewer = builder.objectRef<ViewerShape>('Viewer').implement({
  description: 'API key or token that makes the request.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description:
        'Name of the API key; `jwt:` followed by the subject of the token; or `demo` for demo access.',
    }),
    scopes: t.field({
      type: [ScopeEnum],
      description: 'Permissions.',
      resolve: (viewer) => [...viewer.scopes],
    }),
    reach: t.field({ type: Reach, description: 'Access scope.', resolve: (viewer) => viewer.accessScope }),
    isDemo: t.exposeBoolean('isDemo', {
      description: 'Whether this is demo access to the bundled sandbox without an API key.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Time at which the API key or token expires, or `null` if it does not expire.',
      resolve: (viewer) => viewer.expiresAt,
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({
    subGraphs: inPartnerGraph,
    type: Viewer,
    description: 'Returns the API key or token that makes the request.',
    resolve: (_root, _args, { viewer }) => viewer,
  }),
)
