import { Secret } from '../model/secret.ts'
import type { Caller, CallOptions } from './call.ts'
import { SeamError } from './errors.ts'
import { type Json, Misshapen } from './json.ts'
import { pick, readAll, readOneOrNone, type Shape } from './pages.ts'
import { named } from './params.ts'

/** A webhook of the workspace, without its secret. */
export type SeamWebhook = {
  readonly webhookId: string
  readonly url: string
  /** `*` is every type. */
  readonly eventTypes: readonly string[]
}

/** Seam's webhooks of this workspace. Throws `SeamError`. */
export type SeamWebhooks = {
  listWebhooks(options?: CallOptions): Promise<SeamWebhook[]>
  /** `null` for one that isn't there. */
  getWebhook(webhookId: string, options?: CallOptions): Promise<SeamWebhook | null>
  /** The only answer that carries the secret: keep it. All types of events unless some are named. */
  createWebhook(
    webhook: { readonly url: string; readonly eventTypes?: readonly string[] },
    options?: CallOptions,
  ): Promise<SeamWebhook & { readonly secret: Secret }>
  /** Only the types of events can be changed, not the address. */
  updateWebhook(
    webhookId: string,
    changes: { readonly eventTypes: readonly string[] },
    options?: CallOptions,
  ): Promise<void>
  /** One that is gone already counts as deleted. */
  deleteWebhook(webhookId: string, options?: CallOptions): Promise<void>
}

const shape: Shape<SeamWebhook> = { one: 'webhook', many: 'webhooks', convert: toWebhook }

/** The webhooks, reached through one caller. */
export function createWebhooks(caller: Caller): SeamWebhooks {
  return {
    listWebhooks: (options) => readAll(caller, 'webhooks/list', {}, shape, options),
    async getWebhook(webhookId, options) {
      const route = 'webhooks/get'
      return readOneOrNone(caller, route, named(route, 'webhook_id', webhookId), shape, options)
    },
    async createWebhook({ url, eventTypes = ['*'] }, options) {
      const route = 'webhooks/create'
      const answer = await caller.call(route, { url, event_types: eventTypes }, 'creates', options)
      return pick(route, answer, { ...shape, convert: withSecret })
    },
    async updateWebhook(webhookId, { eventTypes }, options) {
      const route = 'webhooks/update'
      const params = { ...named(route, 'webhook_id', webhookId), event_types: eventTypes }
      await caller.call(route, params, 'sets', options)
    },
    async deleteWebhook(webhookId, options) {
      const route = 'webhooks/delete'
      try {
        await caller.call(route, named(route, 'webhook_id', webhookId), 'sets', options)
      } catch (error) {
        if (!(error instanceof SeamError && error.code === 'NOT_FOUND')) throw error
      }
    },
  }
}

function toWebhook(row: Json): SeamWebhook {
  const { webhook_id: webhookId, url, event_types: eventTypes } = row
  if (typeof webhookId !== 'string' || webhookId === '' || typeof url !== 'string')
    throw new Misshapen('webhook_id or url is missing')
  return { webhookId, url, eventTypes: Array.isArray(eventTypes) ? eventTypes.map(String) : ['*'] }
}

function withSecret(row: Json): SeamWebhook & { readonly secret: Secret } {
  const { secret } = row
  if (typeof secret !== 'string' || secret === '') throw new Misshapen('secret is missing')
  return { ...toWebhook(row), secret: new Secret(secret) }
}
