import { GraphQLError } from 'graphql'
import type { Outcome } from '../src/commands/saga.ts'
import { Refused, refused } from '../src/model/user-error.ts'
import type { Endpoint, Place } from '../src/webhooks/endpoint.ts'
import { builder, forPartners } from './builder.ts'
import { readChangeFilter } from './change-filter.ts'
import type { GraphContext } from './context.ts'
import { ChangeFilter } from './filters.ts'
import { idempotencyKeyText, nothingDone, plainPayload } from './mutation.ts'
import { WebhookEndpoint } from './webhook-endpoint.ts'

/** What a mutation of a webhook endpoint came to; `endpoint` is `null` where it was refused, or is gone. */
type EndpointOutcome = Outcome & { readonly endpoint: Endpoint | null }

const authScopes = { scope: 'events' } as const
const urlText = 'Where to: a public address that begins with `https://`. Redirects are not followed.'
const filterText = 'Which changes; all that this key sees without it.'
const descriptionText = 'A note for whoever looks after it, of up to 255 characters.'
const idText = 'The webhook endpoint.'

const CreateWebhookEndpointInput = builder.inputType('CreateWebhookEndpointInput', {
  description: 'A new webhook endpoint.',
  fields: (t) => ({
    url: t.field({ type: 'URL', required: true, description: urlText }),
    description: t.string({ description: descriptionText }),
    filter: t.field({ type: ChangeFilter, description: filterText }),
    after: t.field({
      type: 'Cursor',
      description: 'Sends what came after this position, then what comes. Without it, from now on.',
    }),
    idempotencyKey: t.string({ description: idempotencyKeyText }),
  }),
})

const UpdateWebhookEndpointInput = builder.inputType('UpdateWebhookEndpointInput', {
  description: 'What is to be different. What is not given stays.',
  fields: (t) => ({
    webhookEndpointId: t.id({ required: true, description: idText }),
    url: t.field({
      type: 'URL',
      description: `${urlText} What waits is sent to the new address at once.`,
    }),
    description: t.string({ description: `${descriptionText} \`null\` takes it away.` }),
    filter: t.field({
      type: ChangeFilter,
      description: 'Which changes; `null` is all. It replaces the filter as a whole.',
    }),
  }),
})

const ResumeWebhookEndpointInput = builder.inputType('ResumeWebhookEndpointInput', {
  description: 'Which one is to go on, and from where.',
  fields: (t) => ({
    webhookEndpointId: t.id({ required: true, description: idText }),
    after: t.field({
      type: 'Cursor',
      description:
        'Sends everything after this position, also what was sent before; each under the `webhook-id` that it had. Without it, from where it was.',
    }),
  }),
})

const only = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({ webhookEndpointId: t.id({ required: true, description: idText }) }),
  })
const PauseWebhookEndpointInput = only('PauseWebhookEndpointInput', 'Which one is to be paused.')
const DeleteWebhookEndpointInput = only('DeleteWebhookEndpointInput', 'Which one is to go.')
const RotateWebhookSecretInput = only('RotateWebhookSecretInput', 'Which one is to get a new secret.')

const endpointOf = ({ endpoint }: EndpointOutcome, { webhooks, viewer }: GraphContext) =>
  endpoint === null ? null : webhooks.get(viewer, endpoint.id)
const secretOf = ({ endpoint }: EndpointOutcome): string | null =>
  endpoint?.secrets[0]?.secret.reveal() ?? null
const secretText =
  'Signs what is sent: `whsec_` and base64. Told here, and nowhere else; `null` where it was refused.'

/** Makes a payload with the endpoint, and with its secret where that is new. */
const endpointPayload = (name: string, mutation: string, hasSecret = false) =>
  plainPayload(name, mutation, (t) => ({
    webhookEndpoint: t.field({
      type: WebhookEndpoint,
      nullable: true,
      description: 'The endpoint as it is now; `null` where it was refused.',
      resolve: (outcome, _args, context) => endpointOf(outcome as EndpointOutcome, context),
    }),
    ...(hasSecret && {
      secret: t.string({
        nullable: true,
        description: secretText,
        resolve: (outcome) => secretOf(outcome as EndpointOutcome),
      }),
    }),
  }))

const CreateWebhookEndpointPayload = endpointPayload(
  'CreateWebhookEndpointPayload',
  'createWebhookEndpoint',
  true,
)
const UpdateWebhookEndpointPayload = endpointPayload('UpdateWebhookEndpointPayload', 'updateWebhookEndpoint')
const PauseWebhookEndpointPayload = endpointPayload('PauseWebhookEndpointPayload', 'pauseWebhookEndpoint')
const ResumeWebhookEndpointPayload = endpointPayload('ResumeWebhookEndpointPayload', 'resumeWebhookEndpoint')
const RotateWebhookSecretPayload = endpointPayload('RotateWebhookSecretPayload', 'rotateWebhookSecret', true)
const DeleteWebhookEndpointPayload = plainPayload(
  'DeleteWebhookEndpointPayload',
  'deleteWebhookEndpoint',
  (t) => ({
    webhookEndpointId: t.id({
      nullable: true,
      description: 'The id of the endpoint that is gone; `null` where it was refused.',
      resolve: ({ facts }) => (facts.webhookEndpointId as string | undefined) ?? null,
    }),
  }),
)

builder.mutationFields((t) => ({
  createWebhookEndpoint: t.field({
    subGraphs: forPartners,
    type: CreateWebhookEndpointPayload,
    description:
      'Has changes sent to an address of yours, signed, each at least once and in their order: as far as this key sees them. Needs the scopes `read` and `events`, and an API key, since tokens end.',
    authScopes,
    args: {
      input: t.arg({ type: CreateWebhookEndpointInput, required: true, description: 'Where to, and what.' }),
    },
    resolve: (_root, { input }, context) =>
      carryOut(context, async () =>
        context.webhooks.create(context.viewer, {
          url: input.url,
          description: input.description ?? null,
          filter: readChangeFilter(input.filter, 'input.filter'),
          from: await placeOf(context, input.after),
          idempotencyKey: input.idempotencyKey ?? null,
        }),
      ),
  }),
  updateWebhookEndpoint: t.field({
    subGraphs: forPartners,
    type: UpdateWebhookEndpointPayload,
    description: 'Changes where to, or what, a webhook endpoint sends.',
    authScopes,
    args: {
      input: t.arg({ type: UpdateWebhookEndpointInput, required: true, description: 'Which, and how.' }),
    },
    resolve: (_root, { input }, context) =>
      carryOut(context, () =>
        context.webhooks.update(context.viewer, input.webhookEndpointId, {
          ...(input.url != null && { url: input.url }),
          ...(input.description !== undefined && { description: input.description }),
          ...(input.filter !== undefined && { filter: readChangeFilter(input.filter, 'input.filter') }),
        }),
      ),
  }),
  pauseWebhookEndpoint: t.field({
    subGraphs: forPartners,
    type: PauseWebhookEndpointPayload,
    description:
      'Sends nothing more until `resumeWebhookEndpoint`. Nothing is lost meanwhile, as long as the journal keeps it.',
    authScopes,
    args: { input: t.arg({ type: PauseWebhookEndpointInput, required: true, description: 'Which.' }) },
    resolve: (_root, { input }, context) =>
      carryOut(context, () => context.webhooks.pause(context.viewer, input.webhookEndpointId)),
  }),
  resumeWebhookEndpoint: t.field({
    subGraphs: forPartners,
    type: ResumeWebhookEndpointPayload,
    description:
      'Sends again, at once: to an endpoint that was paused, was stopped, or waits after a failure; or again from an earlier position.',
    authScopes,
    args: {
      input: t.arg({
        type: ResumeWebhookEndpointInput,
        required: true,
        description: 'Which, and from where.',
      }),
    },
    resolve: (_root, { input }, context) =>
      carryOut(context, async () =>
        context.webhooks.resume(context.viewer, input.webhookEndpointId, await placeOf(context, input.after)),
      ),
  }),
  rotateWebhookSecret: t.field({
    subGraphs: forPartners,
    type: RotateWebhookSecretPayload,
    description: 'Gives a webhook endpoint a new secret. For a day messages carry the signatures of both.',
    authScopes,
    args: { input: t.arg({ type: RotateWebhookSecretInput, required: true, description: 'Which.' }) },
    resolve: (_root, { input }, context) =>
      carryOut(context, () => context.webhooks.rotateSecret(context.viewer, input.webhookEndpointId)),
  }),
  deleteWebhookEndpoint: t.field({
    subGraphs: forPartners,
    type: DeleteWebhookEndpointPayload,
    description: 'Takes a webhook endpoint away. A message that is under way may still come.',
    authScopes,
    args: { input: t.arg({ type: DeleteWebhookEndpointInput, required: true, description: 'Which.' }) },
    resolve: (_root, { input }, context) =>
      carryOut(context, async () => {
        await context.webhooks.remove(context.viewer, input.webhookEndpointId)
        return null
      }).then((outcome) =>
        outcome.userErrors.length > 0
          ? outcome
          : { ...outcome, facts: { webhookEndpointId: input.webhookEndpointId } },
      ),
  }),
}))

/** Runs what may be refused. Who can't read must not be sent what they can't read. */
async function carryOut(
  { viewer }: GraphContext,
  run: () => Promise<Endpoint | null>,
): Promise<EndpointOutcome> {
  if (!viewer.scopes.has('read')) {
    const message = 'Webhooks need a key with the scopes read and events.'
    throw new GraphQLError(message, { extensions: { code: 'FORBIDDEN' } })
  }
  try {
    return { ...nothingDone, endpoint: await run() }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { ...nothingDone, endpoint: null, userErrors: error.userErrors }
  }
}

/** The place of a cursor from which everything can still be told. */
async function placeOf({ log }: GraphContext, cursor: string | null | undefined): Promise<Place | null> {
  if (cursor == null) return null
  const found = log.readCursor(cursor)
  if ('gap' in found)
    throw refused(
      'after',
      'INVALID',
      'The changes after this cursor can’t be told. Take a new one, and fetch what you show anew.',
    )
  const { offset } = found
  const isThere = offset >= (await log.floor()) && offset <= (await log.newest())
  if (!isThere)
    throw refused(
      'after',
      'INVALID',
      'The journal no longer holds what followed this cursor. Take a new one, and fetch what you show anew.',
    )
  return { epoch: log.epoch, offset }
}
