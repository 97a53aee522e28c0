import { GraphQLError } from 'graphql'
import type { IdempotentInput } from '../../src/commands/idempotency/idempotency-slot.ts'
import { type CommandOutcome, emptyOutcome } from '../../src/commands/saga.ts'
import { createRefusal, MutationRefused } from '../../src/model/user-error.ts'
import { type Endpoint, type JournalPosition, maxParallel } from '../../src/webhook-delivery/endpoint.ts'
import type { EndpointMutationResult } from '../../src/webhook-delivery/idempotent-mutations.ts'
import type { TestMessageResult } from '../../src/webhook-delivery/webhook-endpoints.ts'
import { builder, inPartnerGraph } from '../builder.ts'
import { toChangeFilter } from '../changes/read-change-filter.ts'
import type { GraphContext } from '../context.ts'
import { ChangeFilter } from '../lists/filter-inputs.ts'
import { WebhookEndpoint } from '../types/webhook-endpoint.ts'
import { createPayloadWithoutCursor, idempotencyKeyText } from './mutation-payload.ts'

/** Outcome of a mutation of a webhook endpoint. `answer` is `null` if it was rejected. */
type EndpointOutcome = CommandOutcome & { readonly result: EndpointMutationResult | null }

/** Outcome of a test message. `test` is `null` if the mutation was rejected. */
type TestOutcome = CommandOutcome & { readonly test: TestMessageResult | null }

const authScopes = { scope: 'events' } as const
const urlText =
  'URL to which changes are sent. Must start with `https://`, must resolve to a public IP address, and can have at most 2,048 characters, without user name, password and fragment. Otherwise rejected with `INVALID`. Redirects are not followed.'
const filterText =
  'Conditions that the sent changes must meet. If omitted, all changes in the access scope of the API key are sent.'
const descriptionText = 'Free-text note about the endpoint. At most 255 characters.'
const parallelText = `Maximum number of messages in flight at the same time, from 1 to ${maxParallel}; otherwise rejected with \`INVALID\`. With 1, messages are sent in the order of the change journal, one at a time. With more, messages about different objects overlap; those about one object, and those about an ACS user and its credentials, are sent in their order, one at a time.`
const idText = 'ID of the webhook endpoint.'

const CreateWebhookEndpointInput = builder.inputType('CreateWebhookEndpointInput', {
  description: 'Webhook endpoint to create.',
  fields: (t) => ({
    url: t.field({ type: 'URL', required: true, description: urlText }),
    description: t.string({ description: descriptionText }),
    filter: t.field({ type: ChangeFilter, description: filterText }),
    parallel: t.int({ description: `${parallelText} Default: 1.` }),
    after: t.field({
      type: 'Cursor',
      description:
        'Position after which changes are sent: first the changes since then, then new changes. If omitted, only new changes are sent.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const UpdateWebhookEndpointInput = builder.inputType('UpdateWebhookEndpointInput', {
  description: 'Changes to a webhook endpoint. Omitted fields are not changed.',
  fields: (t) => ({
    webhookEndpointId: t.id({ required: true, description: idText }),
    url: t.field({
      type: 'URL',
      description: `${urlText} Changes that are not delivered yet are sent to the new URL immediately.`,
    }),
    description: t.string({ description: `${descriptionText} \`null\` removes it.` }),
    filter: t.field({
      type: ChangeFilter,
      description:
        'Conditions that the sent changes must meet. Replaces the whole filter. `null` removes it, so that all changes are sent.',
    }),
    parallel: t.int({ description: parallelText }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const ResumeWebhookEndpointInput = builder.inputType('ResumeWebhookEndpointInput', {
  description: 'Webhook endpoint to resume, and the position.',
  fields: (t) => ({
    webhookEndpointId: t.id({ required: true, description: idText }),
    after: t.field({
      type: 'Cursor',
      description:
        'Position after which all changes are sent, including those that were already delivered, which keep their `webhook-id`. If omitted, sending continues where it stopped.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const createEndpointInput = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({
      webhookEndpointId: t.id({ required: true, description: idText }),
      idempotencyKey: t.string({ description: idempotencyKeyText }),
    }),
  })
const PauseWebhookEndpointInput = createEndpointInput(
  'PauseWebhookEndpointInput',
  'Webhook endpoint to pause.',
)
const DeleteWebhookEndpointInput = createEndpointInput(
  'DeleteWebhookEndpointInput',
  'Webhook endpoint to delete.',
)
const RotateWebhookSecretInput = createEndpointInput(
  'RotateWebhookSecretInput',
  'Webhook endpoint that gets a new secret.',
)

const SendTestWebhookInput = builder.inputType('SendTestWebhookInput', {
  description: 'Webhook endpoint to test.',
  fields: (t) => ({ webhookEndpointId: t.id({ required: true, description: idText }) }),
})

const loadEndpoint = ({ result }: EndpointOutcome, { webhooks, viewer }: GraphContext) =>
  result === null ? null : webhooks.get(viewer, result.endpointId)
const secretText =
  'Secret that signs the messages: `whsec_` followed by Base64. Not available anywhere else. `null` if the mutation was rejected. If the request is repeated with the same idempotency key, the secret is returned again as long as it still signs messages.'

/** Creates the payload type of a mutation of a webhook endpoint, with the secret if the mutation creates one. */
const createEndpointPayload = (name: string, mutation: string, hasSecret = false) =>
  createPayloadWithoutCursor<EndpointOutcome>(name, mutation, (t) => ({
    webhookEndpoint: t.field({
      type: WebhookEndpoint,
      nullable: true,
      description: 'Current state of the webhook endpoint, or `null` if the mutation was rejected.',
      resolve: (outcome, _args, context) => loadEndpoint(outcome, context),
    }),
    ...(hasSecret && {
      secret: t.string({
        nullable: true,
        description: secretText,
        resolve: (outcome) => outcome.result?.secret?.reveal() ?? null,
      }),
    }),
  }))

const CreateWebhookEndpointPayload = createEndpointPayload(
  'CreateWebhookEndpointPayload',
  'createWebhookEndpoint',
  true,
)
const UpdateWebhookEndpointPayload = createEndpointPayload(
  'UpdateWebhookEndpointPayload',
  'updateWebhookEndpoint',
)
const PauseWebhookEndpointPayload = createEndpointPayload(
  'PauseWebhookEndpointPayload',
  'pauseWebhookEndpoint',
)
const ResumeWebhookEndpointPayload = createEndpointPayload(
  'ResumeWebhookEndpointPayload',
  'resumeWebhookEndpoint',
)
const RotateWebhookSecretPayload = createEndpointPayload(
  'RotateWebhookSecretPayload',
  'rotateWebhookSecret',
  true,
)
const DeleteWebhookEndpointPayload = createPayloadWithoutCursor<EndpointOutcome>(
  'DeleteWebhookEndpointPayload',
  'deleteWebhookEndpoint',
  (t) => ({
    webhookEndpointId: t.id({
      nullable: true,
      description: 'ID of the deleted webhook endpoint, or `null` if the mutation was rejected.',
      resolve: (outcome) => outcome.result?.endpointId ?? null,
    }),
  }),
)

const WebhookTestResult = builder.objectRef<TestMessageResult>('WebhookTestResult').implement({
  description: 'Result of a test message.',
  fields: (t) => ({
    messageId: t.exposeID('messageId', { description: '`webhook-id` of the test message.' }),
    sentAt: t.field({
      type: 'DateTime',
      description: 'Time at which the message was sent.',
      resolve: ({ sentAt }) => sentAt,
    }),
    isDelivered: t.exposeBoolean('isDelivered', {
      description:
        'Whether the server of the endpoint accepted the message with an HTTP status of 200 to 299.',
    }),
    status: t.exposeInt('status', {
      nullable: true,
      description: 'HTTP status of the response, or `null` if there was no response.',
    }),
    failure: t.exposeString('failure', {
      nullable: true,
      description:
        'Human-readable description of the failure, in English, or `null` if the message was accepted.',
    }),
  }),
})

const SendTestWebhookPayload = createPayloadWithoutCursor(
  'SendTestWebhookPayload',
  'sendTestWebhook',
  (t) => ({
    result: t.field({
      type: WebhookTestResult,
      nullable: true,
      description: 'Result of the test message, or `null` if the mutation was rejected.',
      resolve: (outcome) => (outcome as TestOutcome).test,
    }),
  }),
)

builder.mutationFields((t) => ({
  createWebhookEndpoint: t.field({
    subGraphs: inPartnerGraph,
    type: CreateWebhookEndpointPayload,
    description:
      'Creates a webhook endpoint, to which changes in the access scope of the API key are sent. Messages are signed and sent in order, at least once. An API key can have at most 10 webhook endpoints; otherwise rejected with `CONFLICT`. Rejected with `NOT_ALLOWED` for tokens, because an endpoint outlives a token. Requires the `read` and `events` scopes.',
    authScopes,
    args: {
      input: t.arg({
        type: CreateWebhookEndpointInput,
        required: true,
        description: 'URL, filter, number of messages in flight and start position of the webhook endpoint.',
      }),
    },
    resolve: (_root, { input }, context) =>
      runEndpointMutation(context, 'createWebhookEndpoint', input, async (requestId) =>
        context.webhooks.create(context.viewer, requestId, {
          url: input.url,
          description: input.description ?? null,
          filter: toChangeFilter(input.filter, 'input.filter'),
          parallel: input.parallel ?? 1,
          from: await resolveStartPosition(context, input.after),
        }),
      ),
  }),
  updateWebhookEndpoint: t.field({
    subGraphs: inPartnerGraph,
    type: UpdateWebhookEndpointPayload,
    description:
      'Updates a webhook endpoint. After the response, no message is sent with the previous values. Only for the owner of the endpoint. Requires the `read` and `events` scopes.',
    authScopes,
    args: {
      input: t.arg({
        type: UpdateWebhookEndpointInput,
        required: true,
        description: 'Webhook endpoint and its new values.',
      }),
    },
    resolve: (_root, { input }, context) =>
      runEndpointMutation(context, 'updateWebhookEndpoint', input, (requestId) => {
        const change = {
          ...(input.url != null && { url: input.url }),
          ...(input.description !== undefined && { description: input.description }),
          ...(input.filter !== undefined && { filter: toChangeFilter(input.filter, 'input.filter') }),
          ...(input.parallel != null && { parallel: input.parallel }),
        }
        return context.webhooks.update(context.viewer, input.webhookEndpointId, change, requestId)
      }),
  }),
  pauseWebhookEndpoint: t.field({
    subGraphs: inPartnerGraph,
    type: PauseWebhookEndpointPayload,
    description:
      'Pauses a webhook endpoint until `resumeWebhookEndpoint` is called. No message is sent after the response, which can wait up to six seconds for a message that is being sent. Changes are sent after resuming, as long as the change journal still contains them. Requires the `read` and `events` scopes.',
    authScopes,
    args: {
      input: t.arg({
        type: PauseWebhookEndpointInput,
        required: true,
        description: 'Webhook endpoint to pause.',
      }),
    },
    resolve: (_root, { input }, context) =>
      runEndpointMutation(context, 'pauseWebhookEndpoint', input, (requestId) =>
        context.webhooks.pause(context.viewer, input.webhookEndpointId, requestId),
      ),
  }),
  resumeWebhookEndpoint: t.field({
    subGraphs: inPartnerGraph,
    type: ResumeWebhookEndpointPayload,
    description:
      'Resumes a webhook endpoint that is paused, is stopped, or waits for the next attempt after a failure. With `after`, sends changes again from an earlier position. Requires the `read` and `events` scopes.',
    authScopes,
    args: {
      input: t.arg({
        type: ResumeWebhookEndpointInput,
        required: true,
        description: 'Webhook endpoint to resume, and the position.',
      }),
    },
    resolve: (_root, { input }, context) =>
      runEndpointMutation(context, 'resumeWebhookEndpoint', input, async (requestId) =>
        context.webhooks.resume(
          context.viewer,
          input.webhookEndpointId,
          await resolveStartPosition(context, input.after),
          requestId,
        ),
      ),
  }),
  rotateWebhookSecret: t.field({
    subGraphs: inPartnerGraph,
    type: RotateWebhookSecretPayload,
    description:
      'Creates a new secret for a webhook endpoint. It signs every message after the response. For 24 hours, messages also have a signature of the previous secret. Only for the owner of the endpoint. Requires the `read` and `events` scopes.',
    authScopes,
    args: {
      input: t.arg({
        type: RotateWebhookSecretInput,
        required: true,
        description: 'Webhook endpoint that gets a new secret.',
      }),
    },
    resolve: (_root, { input }, context) =>
      runEndpointMutation(context, 'rotateWebhookSecret', input, (requestId) =>
        context.webhooks.rotateSecret(context.viewer, input.webhookEndpointId, requestId),
      ),
  }),
  sendTestWebhook: t.field({
    subGraphs: inPartnerGraph,
    type: SendTestWebhookPayload,
    description:
      'Sends one signed test message to a webhook endpoint and waits for the response, at most 15 seconds. The message has the type `test`, its own `webhook-id` and no changes. It is sent in every state of the endpoint, is not repeated, and does not affect the delivery of changes. Rejected with `CONFLICT` while another test message is being sent to the endpoint. Requires the `read` and `events` scopes.',
    authScopes,
    args: {
      input: t.arg({
        type: SendTestWebhookInput,
        required: true,
        description: 'Webhook endpoint to test.',
      }),
    },
    resolve: async (_root, { input }, context) => {
      requireReadScope(context)
      try {
        const test = await context.webhooks.sendTest(context.viewer, input.webhookEndpointId)
        return { ...emptyOutcome, test }
      } catch (error) {
        if (!(error instanceof MutationRefused)) throw error
        return { ...emptyOutcome, test: null, userErrors: error.userErrors }
      }
    },
  }),
  deleteWebhookEndpoint: t.field({
    subGraphs: inPartnerGraph,
    type: DeleteWebhookEndpointPayload,
    description:
      'Deletes a webhook endpoint. No message is sent after the response, which can wait up to six seconds for a message that is being sent. Requires the `read` and `events` scopes.',
    authScopes,
    args: {
      input: t.arg({
        type: DeleteWebhookEndpointInput,
        required: true,
        description: 'Webhook endpoint to delete.',
      }),
    },
    resolve: (_root, { input }, context) =>
      runEndpointMutation(context, 'deleteWebhookEndpoint', input, (requestId) =>
        context.webhooks.remove(context.viewer, input.webhookEndpointId, requestId),
      ),
  }),
}))

/** Throws a `GraphQLError` (`FORBIDDEN`) without the `read` scope, because messages contain data that it protects. */
function requireReadScope({ viewer }: GraphContext): void {
  if (viewer.scopes.has('read')) return
  const message =
    'Mutations of webhook endpoints require the scopes read and events. Use an API key that has both.'
  throw new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } })
}

/** Runs a mutation that may be rejected. */
async function runEndpointMutation(
  context: GraphContext,
  mutation: string,
  input: IdempotentInput,
  runMutation: (requestId: string) => Promise<Endpoint>,
): Promise<EndpointOutcome> {
  requireReadScope(context)
  const { viewer, webhooks } = context
  try {
    return { ...emptyOutcome, result: await webhooks.runIdempotently(viewer, mutation, input, runMutation) }
  } catch (error) {
    if (!(error instanceof MutationRefused)) throw error
    return { ...emptyOutcome, result: null, userErrors: error.userErrors }
  }
}

/**
 * Returns the position of a cursor after which the journal still contains every change. Rejects with `Refused`
 * (`INVALID`).
 */
async function resolveStartPosition(
  { changeLog }: GraphContext,
  cursor: string | null | undefined,
): Promise<JournalPosition | null> {
  if (cursor == null) return null
  const position = changeLog.readCursor(cursor)
  if ('gap' in position)
    throw createRefusal(
      'after',
      'INVALID',
      'The changes after this cursor cannot be sent: it belongs to another change journal, access scope or set of permissions. Query `cursor` again and fetch your data with it.',
    )
  const { offset } = position
  const isHeld = offset >= (await changeLog.floor()) && offset <= (await changeLog.journalHead())
  // Whether a cursor belongs to this journal's history can be checked only once its offset is known here.
  const isThere = isHeld && 'offset' in changeLog.readCursor(cursor)
  if (!isThere)
    throw createRefusal(
      'after',
      'INVALID',
      'The change journal no longer contains the changes after this cursor. Query `cursor` again and fetch your data with it.',
    )
  return { epoch: changeLog.epoch, offset }
}
