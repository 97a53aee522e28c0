import type { GatewayStatus } from '../../src/observability/gateway-status.ts'
import { builder, notInPartnerGraph } from '../builder.ts'
import { requireAdministrator } from '../graph-errors.ts'

const GatewayStorageEnum = builder.enumType('GatewayStorage', {
  subGraphs: notInPartnerGraph,
  description: 'Store of the change journal.',
  values: {
    SQLITE: { value: 'SQLITE', description: 'A file of this gateway.' },
    REDIS: { value: 'REDIS', description: 'Redis, which several gateways can share.' },
  } as const,
})

const RefusedWebhooks = builder
  .objectRef<{ readonly reason: string; readonly count: number }>('RefusedWebhooks')
  .implement({
    subGraphs: notInPartnerGraph,
    description: 'Number of webhooks of Seam that were refused for one reason.',
    fields: (t) => ({
      reason: t.exposeString('reason', {
        description:
          'Invalid part of the webhook: `headers`, `secret`, `signature`, `timestamp`, `body`, `event` or `workspace`.',
      }),
      count: t.exposeInt('count', { description: 'Number of webhooks since the gateway started.' }),
    }),
  })

const Gateway = builder.objectRef<GatewayStatus>('Gateway').implement({
  subGraphs: notInPartnerGraph,
  description: 'State of the gateway process that answers the request.',
  fields: (t) => ({
    version: t.exposeString('version', { description: 'Version of Latchkey.' }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'Time at which the process started.',
      resolve: ({ startedAt }) => startedAt,
    }),
    storage: t.field({
      type: GatewayStorageEnum,
      description: 'Store of the change journal.',
      resolve: ({ storage }) => storage,
    }),
    isReady: t.exposeBoolean('isReady', {
      description: 'Whether the gateway is ready, as `/readyz` reports it.',
    }),
    isJournalHealthy: t.exposeBoolean('isJournalHealthy', {
      description: 'Whether the change journal accepts durable writes.',
    }),
    journalHead: t.exposeInt('journalHead', {
      description: 'Offset of the newest change in the journal that this process has read.',
    }),
    journalFloor: t.int({
      description: 'Offset after which the journal contains every change. Older changes were deleted.',
      resolve: (_gateway, _args, { changeLog }) => changeLog.floor(),
    }),
    subscriberCount: t.exposeInt('subscriberCount', {
      description: 'Number of active subscriptions of this process.',
    }),
    runningSeamCalls: t.exposeInt('runningSeamCalls', {
      description: 'Number of requests to Seam that are in progress.',
    }),
    waitingSeamCalls: t.exposeInt('waitingSeamCalls', {
      description: 'Number of requests to Seam that wait for the rate limit.',
    }),
    refusedWebhooks: t.field({
      type: [RefusedWebhooks],
      description:
        'Webhooks of Seam that this process refused, by reason. Reasons without a refused webhook are left out.',
      resolve: ({ refusedWebhooks }) =>
        Object.entries(refusedWebhooks)
          .filter(([, count]) => count > 0)
          .map(([reason, count]) => ({ reason, count })),
    }),
    reconciledAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'End of the last complete comparison with Seam by this process, or `null` if there was none. With several gateways, only one of them compares.',
      resolve: ({ reconciledAt }) => reconciledAt,
    }),
    webhookStatus: t.exposeString('webhookStatus', {
      nullable: true,
      description:
        "How Seam's webhooks reach the gateway, in English, or `null` while the gateway is starting.",
    }),
  }),
})

builder.queryField('gateway', (t) =>
  t.field({
    type: Gateway,
    description:
      'State of the gateway. Requires the `read` and `admin` scopes and an access scope of the whole workspace.',
    authScopes: { scope: 'admin' },
    resolve: (_root, _args, { readGatewayStatus, viewer }) => {
      requireAdministrator(viewer)
      return readGatewayStatus()
    },
  }),
)
