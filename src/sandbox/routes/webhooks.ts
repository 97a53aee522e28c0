import { randomBytes, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { requireRow, SandboxApiError } from '../http/api-error.ts'
import { type ApiCall, createRoute, type Route } from '../http/route.ts'
import type { Webhook } from '../state/entities.ts'

const idParams = z.object({ webhook_id: z.string() })

/** The routes `/webhooks/…`. */
export const webhookRoutes: readonly Route[] = [
  createRoute(
    'POST',
    '/webhooks/create',
    z.object({
      url: z.url({ protocol: /^https?$/, error: 'Invalid url' }),
      event_types: z.array(z.string()).default(['*']),
    }),
    ({ url, event_types }, { building, views }) => {
      refuseMalformed(event_types)
      const secret = `whsec_${randomBytes(24).toString('base64')}`
      const webhook: Webhook = { webhook_id: randomUUID(), url, event_types, secret }
      building.state.webhooks.put(webhook)
      return { webhook: views.webhook(webhook) }
    },
  ),
  createRoute('GET', '/webhooks/list', z.object({}), (_params, { building, views }) => ({
    webhooks: building.state.webhooks.all().map(views.webhook),
  })),
  createRoute('GET', '/webhooks/get', idParams, (params, call) => ({
    webhook: call.views.webhook(webhookOf(params, call)),
  })),
  createRoute(
    'PUT',
    '/webhooks/update',
    idParams.extend({ event_types: z.array(z.string()) }),
    ({ webhook_id, event_types }, call) => {
      refuseMalformed(event_types)
      call.building.state.webhooks.put({ ...webhookOf({ webhook_id }, call), event_types })
      return {}
    },
  ),
  createRoute('DELETE', '/webhooks/delete', idParams, (params, call) => {
    call.building.state.webhooks.delete(webhookOf(params, call).webhook_id)
    return {}
  }),
]

/** Throws unless every event type is `*` or has the form `family.name`. Accepts unknown types, since Seam adds types over time. */
function refuseMalformed(eventTypes: string[]): void {
  const wrong = eventTypes.filter((type) => type !== '*' && !/^[a-z_]+\.[a-z_]+$/.test(type))
  if (eventTypes.length > 0 && wrong.length === 0) return
  const named = wrong.length === 0 ? 'none given' : wrong.join(', ')
  throw new SandboxApiError(400, 'invalid_event_types', `These are no event types: ${named}.`)
}

function webhookOf({ webhook_id }: { webhook_id: string }, { building }: ApiCall): Webhook {
  return requireRow(building.state.webhooks.get(webhook_id), 'webhook', webhook_id)
}
