import type { Caller, CallOptions } from './call.ts'
import { type Json, Misshapen } from './convert.ts'
import { SeamError } from './errors.ts'
import { pick, readAll } from './pages.ts'
import { named } from './reads.ts'

/** A webhook of the workspace, without its secret. */
export type SeamWebhook = {
  readonly webhookId: string
  readonly url: string
  readonly eventTypes: readonly string[]
}

/** Seam's webhooks of this workspace. Throws `SeamError`. */
export type SeamWebhooks = {
  listWebhooks(options?: CallOptions): Promise<SeamWebhook[]>
  /** The only answer that carries the secret: keep it. */
  createWebhook(
    webhook: { url: string },
    options?: CallOptions,
  ): Promise<SeamWebhook & { readonly secret: string }>
  /** One that is gone already counts as deleted. */
  deleteWebhook(webhookId: string, options?: CallOptions): Promise<void>
}

export function createWebhooks(caller: Caller): SeamWebhooks {
  return {
    listWebhooks: (options) => readAll(caller, 'webhooks/list', {}, 'webhooks', toWebhook, options),
    async createWebhook({ url }, options) {
      const answer = await caller.call('webhooks/create', { url, event_types: ['*'] }, false, options)
      return pick('webhooks/create', answer, 'webhook', withSecret)
    },
    async deleteWebhook(webhookId, options) {
      try {
        await caller.call('webhooks/delete', named('webhook_id', webhookId), true, options)
      } catch (error) {
        if (!(error instanceof SeamError && error.code === 'NOT_FOUND')) throw error
      }
    },
  }
}

function toWebhook(row: Json): SeamWebhook {
  const { webhook_id: webhookId, url, event_types: eventTypes } = row
  if (typeof webhookId !== 'string' || typeof url !== 'string')
    throw new Misshapen('webhook_id or url is missing')
  return { webhookId, url, eventTypes: Array.isArray(eventTypes) ? eventTypes.map(String) : ['*'] }
}

function withSecret(row: Json): SeamWebhook & { readonly secret: string } {
  const { secret } = row
  if (typeof secret !== 'string') throw new Misshapen('secret is missing')
  return { ...toWebhook(row), secret }
}
