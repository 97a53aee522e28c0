import type { ChangeFilter as ChangeFilterShape } from '../../src/model/change-filter.ts'
import {
  type DeliveryFailure,
  type EndpointReport,
  type EndpointState,
  getEndpointState,
  getStopReason,
  type StopReason,
} from '../../src/webhook-delivery/endpoint.ts'
import { type EndpointLag, maxScannedChanges } from '../../src/webhook-delivery/endpoint-lag.ts'
import { assumedListRows, builder, inPartnerGraph } from '../builder.ts'
import { ChangeKindEnum, ChangeOriginEnum, ChangeSubjectEnum, toEnumValues } from './enums.ts'

const stateDescriptions: Readonly<Record<EndpointState, string>> = {
  ACTIVE: 'Changes are sent. If the last message failed, `failure` and `nextTryAt` are set.',
  PAUSED: 'The endpoint was paused with `pauseWebhookEndpoint`.',
  STOPPED: 'No changes are sent until `resumeWebhookEndpoint` is called. `stopReason` contains the reason.',
}
const stopReasonDescriptions: Readonly<Record<StopReason, string>> = {
  GONE: 'The server of the endpoint responded with HTTP status 410 (Gone).',
  FAILING: 'A message was not accepted for three days.',
  KEY_ENDED:
    'The API key was revoked, has expired, or no longer has the scopes `read` and `events`. A new API key with the same name can resume the endpoint.',
}

const WebhookEndpointState = builder.enumType('WebhookEndpointState', {
  description: 'State of a webhook endpoint.',
  values: toEnumValues(stateDescriptions),
})
const WebhookStopReason = builder.enumType('WebhookStopReason', {
  description: 'Reason why a webhook endpoint is stopped.',
  values: toEnumValues(stopReasonDescriptions),
})

const WebhookFailure = builder.objectRef<DeliveryFailure>('WebhookFailure').implement({
  description: 'Failed delivery of a message to a webhook endpoint.',
  fields: (t) => ({
    at: t.field({
      type: 'DateTime',
      description: 'Time at which the message was sent.',
      resolve: (failure) => failure.at,
    }),
    status: t.exposeInt('status', {
      nullable: true,
      description: 'HTTP status of the response, or `null` if there was no response.',
    }),
    message: t.exposeString('message', {
      description: 'Human-readable description of the failure, in English.',
    }),
  }),
})

const WebhookFilter = builder.objectRef<ChangeFilterShape>('WebhookFilter').implement({
  description:
    'Filter of a webhook endpoint. A change must meet all conditions. A condition that is `null` is met by every change.',
  fields: (t) => ({
    acsSystemId: t.id({
      nullable: true,
      description: 'Only changes to this ACS system (`acs_system_id` in Seam).',
      resolve: (filter) => filter.acsSystemId,
    }),
    acsUserId: t.id({
      nullable: true,
      description: 'Only changes to this ACS user (`acs_user_id` in Seam).',
      resolve: (filter) => filter.acsUserId,
    }),
    acsEntranceId: t.id({
      nullable: true,
      description: 'Only changes to this entrance (`acs_entrance_id` in Seam).',
      resolve: (filter) => filter.acsEntranceId,
    }),
    subjects: t.field({
      type: [ChangeSubjectEnum],
      nullable: true,
      description: 'Only changes to objects of these types.',
      resolve: (filter) => filter.subjects && [...filter.subjects],
    }),
    kinds: t.field({
      type: [ChangeKindEnum],
      nullable: true,
      description: 'Only changes of these kinds.',
      resolve: (filter) => filter.kinds && [...filter.kinds],
    }),
    origins: t.field({
      type: [ChangeOriginEnum],
      nullable: true,
      description: 'Only changes that the gateway learned about in these ways.',
      resolve: (filter) => filter.origins && [...filter.origins],
    }),
  }),
})

/** Added to the complexity of an operation that reads the lag of an endpoint. */
const lagComplexity = 200

const WebhookLag = builder.objectRef<EndpointLag>('WebhookLag').implement({
  description: 'How far the delivery to a webhook endpoint is behind the change journal.',
  fields: (t) => ({
    undeliveredCount: t.exposeInt('undeliveredCount', {
      description: `Number of changes that meet the filter and were not accepted yet, including those in flight. Among the changes after the last delivered one, at most ${maxScannedChanges.toLocaleString('en')} are searched for them: see \`isLowerBound\`.`,
    }),
    isLowerBound: t.exposeBoolean('isLowerBound', {
      description:
        'Whether the change journal has changes that were not searched, so that `undeliveredCount` can be too small.',
    }),
    oldestUndeliveredAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Time at which the oldest undelivered change was recorded, or `null` if `undeliveredCount` is 0.',
      resolve: ({ oldestUndeliveredAt }) => oldestUndeliveredAt,
    }),
  }),
})

/** Returns the earliest of ISO 8601 times in UTC, or `null` if there are none. */
const getEarliest = (times: readonly string[] = []): string | null => times.toSorted()[0] ?? null

export const WebhookEndpoint = builder.objectRef<EndpointReport>('WebhookEndpoint').implement({
  description:
    'Webhook endpoint: URL to which changes are sent, in their order and at least once. Messages are signed according to Standard Webhooks (standardwebhooks.com).',
  fields: (t) => ({
    id: t.id({ description: 'Unique ID.', resolve: ({ endpoint }) => endpoint.id }),
    url: t.field({
      type: 'URL',
      description:
        'URL to which changes are sent. Viewers other than the owner see only its scheme and host, because the rest can contain a secret.',
      resolve: ({ endpoint }, _args, { viewer, webhooks }) =>
        webhooks.isOwner(viewer, endpoint) ? endpoint.url : new URL('/', endpoint.url).href,
    }),
    isOwn: t.boolean({
      description:
        'Whether the viewer is the owner of the endpoint. Only the owner can update it and rotate its secret.',
      resolve: ({ endpoint }, _args, { viewer, webhooks }) => webhooks.isOwner(viewer, endpoint),
    }),
    description: t.string({
      nullable: true,
      description: 'Note of the owner, or `null` if there is none.',
      resolve: ({ endpoint }) => endpoint.description,
    }),
    filter: t.field({
      type: WebhookFilter,
      description: 'Conditions that the sent changes meet.',
      resolve: ({ endpoint }) => endpoint.filter,
    }),
    parallel: t.int({
      description:
        'Maximum number of messages in flight at the same time. With 1, messages are sent in the order of the change journal. With more, in this order are the messages about one object, and the messages about an ACS user and its credentials.',
      resolve: ({ endpoint }) => endpoint.parallel,
    }),
    lag: t.field({
      type: WebhookLag,
      nullable: true,
      description:
        'How far the delivery is behind the change journal, in every state of the endpoint. `null` if the API key of the endpoint has ended, or if the change journal was replaced since the last delivery. Adds 200 to the complexity of the operation.',
      resolve: (report, _args, { webhooks }) => webhooks.readLag(report),
      complexity: { field: lagComplexity },
    }),
    state: t.field({ type: WebhookEndpointState, description: 'Current state.', resolve: getEndpointState }),
    stopReason: t.field({
      type: WebhookStopReason,
      nullable: true,
      description: 'Reason why the endpoint is `STOPPED`, or `null` in other states.',
      resolve: (report) => (getEndpointState(report) === 'STOPPED' ? getStopReason(report) : null),
    }),
    failure: t.field({
      type: WebhookFailure,
      nullable: true,
      description: 'Last failed delivery, or `null` if all messages that failed were accepted since then.',
      resolve: ({ progress }) => progress?.failure ?? null,
    }),
    failingSince: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Time of the first failed delivery of a message that was not accepted since then; the earliest if there are several such messages. `null` if there is none. After three days the endpoint is stopped.',
      resolve: ({ progress }) => getEarliest(progress?.failing.map(({ failingSince }) => failingSince)),
    }),
    nextTryAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Time at which a failed message is sent again; the earliest if there are several. `null` if the endpoint is not `ACTIVE` or no message is failing.',
      resolve: (report) =>
        getEndpointState(report) === 'ACTIVE'
          ? getEarliest(report.progress?.failing.map(({ nextTryAt }) => nextTryAt))
          : null,
    }),
    lastDeliveredAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Time of the last successful delivery, or `null` if there was none.',
      resolve: ({ progress }) => progress?.deliveredAt ?? null,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'Time at which the endpoint was created.',
      resolve: ({ endpoint }) => endpoint.createdAt,
    }),
  }),
})

builder.queryFields((t) => ({
  webhookEndpoints: t.field({
    subGraphs: inPartnerGraph,
    type: [WebhookEndpoint],
    description:
      'Webhook endpoints of the API key, oldest first. For viewers with the `admin` scope and an access scope of the whole workspace, all webhook endpoints. Requires the `read` and `events` scopes.',
    authScopes: { scope: 'events' },
    complexity: { multiplier: assumedListRows },
    resolve: async (_root, _args, { webhooks, viewer }) => [...(await webhooks.list(viewer))],
  }),
  webhookEndpoint: t.field({
    subGraphs: inPartnerGraph,
    type: WebhookEndpoint,
    nullable: true,
    description:
      'Returns a webhook endpoint by ID, or `null` if it does not exist or the viewer is not allowed to see it. Requires the `read` and `events` scopes.',
    authScopes: { scope: 'events' },
    args: { id: t.arg.id({ required: true, description: 'ID of the webhook endpoint.' }) },
    resolve: (_root, { id }, { webhooks, viewer }) => webhooks.get(viewer, id),
  }),
}))
