import type { Secret } from '../../model/secret.ts'
import { convertOne, type ResponseShape, readAll, readOneOrNone } from '../calls/list-pages.ts'
import { createIdParam } from '../calls/request-params.ts'
import type { CallOptions, SeamCaller } from '../calls/seam-caller.ts'
import { SeamError } from '../errors.ts'
import { type JsonObject, MalformedRow, readRequiredSecret } from './json-fields.ts'

/** A webhook of the workspace, without its secret. */
export type SeamWebhook = {
  readonly webhookId: string
  readonly url: string
  /** Event types; `*` stands for all types. */
  readonly eventTypes: readonly string[]
}

/** Manages the webhooks of the workspace. All methods reject with `SeamError`. */
export type SeamWebhooks = {
  listWebhooks(options?: CallOptions): Promise<SeamWebhook[]>
  /** Resolves to `null` if the webhook does not exist. */
  getWebhook(webhookId: string, options?: CallOptions): Promise<SeamWebhook | null>
  /** Only this response contains the secret. Subscribes to all event types unless `eventTypes` is set. */
  createWebhook(
    webhook: { readonly url: string; readonly eventTypes?: readonly string[] },
    options?: CallOptions,
  ): Promise<SeamWebhook & { readonly secret: Secret }>
  /** Changes the event types; the URL cannot be changed. */
  updateWebhook(
    webhookId: string,
    changes: { readonly eventTypes: readonly string[] },
    options?: CallOptions,
  ): Promise<void>
  /** Resolves also if the webhook does not exist. */
  deleteWebhook(webhookId: string, options?: CallOptions): Promise<void>
}

const webhookShape: ResponseShape<SeamWebhook> = {
  objectKey: 'webhook',
  listKey: 'webhooks',
  convert: toWebhook,
}

/** Creates the webhook methods on top of a caller. */
export function createSeamWebhooks(caller: SeamCaller): SeamWebhooks {
  return {
    listWebhooks: (options) => readAll(caller, 'webhooks/list', {}, webhookShape, options),
    async getWebhook(webhookId, options) {
      const route = 'webhooks/get'
      return readOneOrNone(
        caller,
        route,
        createIdParam(route, 'webhook_id', webhookId),
        webhookShape,
        options,
      )
    },
    async createWebhook({ url, eventTypes = ['*'] }, options) {
      const route = 'webhooks/create'
      const answer = await caller.call(route, { url, event_types: eventTypes }, 'creates', options)
      return convertOne(route, answer, { ...webhookShape, convert: toWebhookWithSecret })
    },
    async updateWebhook(webhookId, { eventTypes }, options) {
      const route = 'webhooks/update'
      const params = { ...createIdParam(route, 'webhook_id', webhookId), event_types: eventTypes }
      await caller.call(route, params, 'sets', options)
    },
    async deleteWebhook(webhookId, options) {
      const route = 'webhooks/delete'
      try {
        await caller.call(route, createIdParam(route, 'webhook_id', webhookId), 'sets', options)
      } catch (error) {
        if (!(error instanceof SeamError && error.code === 'NOT_FOUND')) throw error
      }
    },
  }
}

function toWebhook(row: JsonObject): SeamWebhook {
  const { webhook_id: webhookId, url, event_types: eventTypes } = row
  if (typeof webhookId !== 'string' || webhookId === '' || typeof url !== 'string')
    throw new MalformedRow('webhook_id or url is missing')
  return { webhookId, url, eventTypes: Array.isArray(eventTypes) ? eventTypes.map(String) : ['*'] }
}

function toWebhookWithSecret(row: JsonObject): SeamWebhook & { readonly secret: Secret } {
  return { ...toWebhook(row), secret: readRequiredSecret(row, 'secret') }
}
