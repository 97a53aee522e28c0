import type { ChangeFilter as ChangeFilterShape } from '../src/model/change-filter.ts'
import {
  type EndpointReport,
  endpointStates,
  type Failure,
  stateOf,
  stopOf,
  stopReasons,
} from '../src/webhooks/endpoint.ts'
import { builder, forPartners, unpagedRows } from './builder.ts'
import { ChangeKindEnum, ChangeOriginEnum, ChangeSubjectEnum } from './enums.ts'

const stateTexts: Readonly<Record<(typeof endpointStates)[number], string>> = {
  ACTIVE: 'Changes are sent, or tried again: see `failure`.',
  PAUSED: 'Its owner has paused it.',
  STOPPED: 'Nothing is sent until somebody resumes it: `stopReason` says why.',
}
const stopTexts: Readonly<Record<(typeof stopReasons)[number], string>> = {
  GONE: 'The receiver answered 410: it wants no more.',
  FAILING: 'The receiver has failed for three days.',
  KEY_ENDED:
    'The API key was revoked, or has expired. A key that is made after it under the same name can resume it.',
}

const describedBy = <V extends string>(values: readonly V[], texts: Readonly<Record<V, string>>) =>
  Object.fromEntries(values.map((value) => [value, { value, description: texts[value] }])) as {
    [K in V]: { value: K; description: string }
  }

const WebhookEndpointState = builder.enumType('WebhookEndpointState', {
  description: 'Whether changes are sent to a webhook endpoint.',
  values: describedBy(endpointStates, stateTexts),
})
const WebhookStopReason = builder.enumType('WebhookStopReason', {
  description: 'Why nothing is sent to a webhook endpoint any more.',
  values: describedBy(stopReasons, stopTexts),
})

const WebhookFailure = builder.objectRef<Failure>('WebhookFailure').implement({
  description: 'A message that a webhook’s receiver has not taken.',
  fields: (t) => ({
    at: t.field({ type: 'DateTime', description: 'When it was sent.', resolve: (failure) => failure.at }),
    status: t.exposeInt('status', {
      nullable: true,
      description: 'The HTTP status of the answer; `null` where there was none.',
    }),
    message: t.exposeString('message', { description: 'What went wrong, for people.' }),
  }),
})

const WebhookFilter = builder.objectRef<ChangeFilterShape>('WebhookFilter').implement({
  description: 'Which changes are sent; `null` is all of them. Everything given must fit.',
  fields: (t) => ({
    acsSystemId: t.id({
      nullable: true,
      description: 'Only of this system: `acs_system_id`.',
      resolve: (filter) => filter.acsSystemId,
    }),
    acsUserId: t.id({
      nullable: true,
      description: 'Only of this ACS user: `acs_user_id`.',
      resolve: (filter) => filter.acsUserId,
    }),
    acsEntranceId: t.id({
      nullable: true,
      description: 'Only of this entrance: `acs_entrance_id`.',
      resolve: (filter) => filter.acsEntranceId,
    }),
    subjects: t.field({
      type: [ChangeSubjectEnum],
      nullable: true,
      description: 'Only about these.',
      resolve: (filter) => filter.subjects && [...filter.subjects],
    }),
    kinds: t.field({
      type: [ChangeKindEnum],
      nullable: true,
      description: 'Only these kinds.',
      resolve: (filter) => filter.kinds && [...filter.kinds],
    }),
    origins: t.field({
      type: [ChangeOriginEnum],
      nullable: true,
      description: 'Only learnt in these ways.',
      resolve: (filter) => filter.origins && [...filter.origins],
    }),
  }),
})

export const WebhookEndpoint = builder.objectRef<EndpointReport>('WebhookEndpoint').implement({
  description:
    'An address that changes are sent to, signed as Standard Webhooks has it (standardwebhooks.com): each at least once, one at a time, in their order.',
  fields: (t) => ({
    id: t.id({ description: 'Its id.', resolve: ({ endpoint }) => endpoint.id }),
    url: t.field({
      type: 'URL',
      description: 'Where to. Viewers who are not its owner see its host alone: the rest may be a secret.',
      resolve: ({ endpoint }, _args, { viewer, webhooks }) =>
        webhooks.isOwner(viewer, endpoint) ? endpoint.url : new URL('/', endpoint.url).href,
    }),
    description: t.string({
      nullable: true,
      description: 'What its owner says of it.',
      resolve: ({ endpoint }) => endpoint.description,
    }),
    filter: t.field({
      type: WebhookFilter,
      description: 'Which changes.',
      resolve: ({ endpoint }) => endpoint.filter,
    }),
    state: t.field({ type: WebhookEndpointState, description: 'What it does now.', resolve: stateOf }),
    stopReason: t.field({
      type: WebhookStopReason,
      nullable: true,
      description: 'Why it is STOPPED; `null` otherwise.',
      resolve: (report) => (stateOf(report) === 'STOPPED' ? stopOf(report) : null),
    }),
    failure: t.field({
      type: WebhookFailure,
      nullable: true,
      description: 'The last message that was not taken, while none was taken since.',
      resolve: ({ progress }) => progress?.failure ?? null,
    }),
    failingSince: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Since when nothing was taken; `null` while all is well. After three days it is given up.',
      resolve: ({ progress }) => progress?.failingSince ?? null,
    }),
    nextTryAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the message that was not taken is sent again.',
      resolve: (report) => (stateOf(report) === 'ACTIVE' ? (report.progress?.nextTryAt ?? null) : null),
    }),
    lastDeliveredAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When a message was taken last.',
      resolve: ({ progress }) => progress?.deliveredAt ?? null,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was made.',
      resolve: ({ endpoint }) => endpoint.createdAt,
    }),
  }),
})

builder.queryFields((t) => ({
  webhookEndpoints: t.field({
    subGraphs: forPartners,
    type: [WebhookEndpoint],
    description:
      'The webhook endpoints of this key, oldest first; everybody’s to viewers with `admin` who reach every system. Needs the scope `events`.',
    authScopes: { scope: 'events' },
    complexity: { multiplier: unpagedRows },
    resolve: async (_root, _args, { webhooks, viewer }) => [...(await webhooks.list(viewer))],
  }),
  webhookEndpoint: t.field({
    subGraphs: forPartners,
    type: WebhookEndpoint,
    nullable: true,
    description:
      'One webhook endpoint; `null` for somebody else’s, as for one that is not there. Needs the scope `events`.',
    authScopes: { scope: 'events' },
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, { id }, { webhooks, viewer }) => webhooks.get(viewer, id),
  }),
}))
