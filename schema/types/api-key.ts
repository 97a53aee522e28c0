import type { ApiKeyRecord } from '../../src/auth/api-keys/api-key-store.ts'
import { encodeNodeId } from '../../src/model/ids.ts'
import { assumedListRows, builder, notInPartnerGraph } from '../builder.ts'
import { requireAdministrator } from '../graph-errors.ts'
import { ScopeEnum } from './enums.ts'

export const ApiKeyGraphEnum = builder.enumType('ApiKeyGraph', {
  subGraphs: notInPartnerGraph,
  description: 'Graph that an API key can use.',
  values: {
    WHOLE: { value: 'whole', description: 'The whole graph.' },
    PARTNER: {
      value: 'partner',
      description: 'The partner graph: the part of the graph for software of other companies.',
    },
  } as const,
})

export const ApiKey = builder.objectRef<ApiKeyRecord>('ApiKey').implement({
  subGraphs: notInPartnerGraph,
  description:
    'API key: its name and permissions. The API key itself is not stored and cannot be shown again.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Unique ID. Part of the API key itself, but not secret.' }),
    name: t.exposeString('name', {
      description: 'Name. Unique among the API keys that are not revoked or expired.',
    }),
    scopes: t.field({
      type: [ScopeEnum],
      description: 'Permissions.',
      resolve: ({ scopes }) => [...scopes],
    }),
    acsSystemIds: t.idList({
      nullable: true,
      description: 'Node IDs of the ACS systems in the access scope, or `null` for all ACS systems.',
      resolve: ({ acsSystemIds }) => acsSystemIds?.map((id) => encodeNodeId('AcsSystem', id)) ?? null,
    }),
    acsUserId: t.id({
      nullable: true,
      description:
        'Node ID of the ACS user if the access scope is limited to one resident, or `null` if it is not.',
      resolve: ({ residentId }) => (residentId === null ? null : encodeNodeId('AcsUser', residentId)),
    }),
    graph: t.field({
      type: ApiKeyGraphEnum,
      description: 'Graph that the API key can use.',
      resolve: ({ graph }) => graph,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'Time at which the API key was created.',
      resolve: ({ createdAt }) => createdAt,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Time at which the API key expires or has expired, or `null` if it does not expire.',
      resolve: ({ expiresAt }) => expiresAt,
    }),
  }),
})

builder.queryField('apiKeys', (t) =>
  t.field({
    type: [ApiKey],
    description:
      'API keys of the workspace that are not revoked, including expired ones, ordered by name. Revoked API keys are in the audit trail. Requires the `read` and `admin` scopes and an access scope of the whole workspace.',
    authScopes: { scope: 'admin' },
    complexity: { multiplier: assumedListRows },
    resolve: async (_root, _args, { apiKeys, viewer }) => {
      requireAdministrator(viewer)
      return [...(await apiKeys.list())]
    },
  }),
)
