import { randomBytes, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { createNotSupportedError, requireRow } from '../http/api-error.ts'
import { createPage, matchesSearch } from '../http/pagination.ts'
import { createPageSchema, idSchema, searchSchema } from '../http/params.ts'
import { type ApiAnswer, type ApiCall, createRoute, type Route } from '../http/route.ts'
import type { Webview } from '../state/entities.ts'
import { hasMetadata, metadataFilterSchema } from './connected-accounts.ts'

const capability = z.enum(['lock', 'thermostat', 'noise_sensor', 'access_control', 'camera'])

const createParams = z.object({
  accepted_providers: z.array(z.string()).optional(),
  excluded_providers: z.array(z.string()).optional(),
  provider_category: z.string().optional(),
  accepted_capabilities: z.array(capability).optional(),
  custom_redirect_url: z.url('Invalid url').optional(),
  custom_redirect_failure_url: z.url('Invalid url').optional(),
  custom_metadata: z.record(z.string(), z.union([z.string().max(500), z.boolean(), z.null()])).optional(),
  customer_key: z.string().min(1).optional(),
  automatically_manage_new_devices: z.boolean().default(true),
  wait_for_device_creation: z.boolean().default(false),
  device_selection_mode: z.enum(['none', 'single', 'multiple']).default('none'),
})

const idParams = z.object({ connect_webview_id: idSchema() })

/** The routes `/connect_webviews/…`. */
export const webviewRoutes: readonly Route[] = [
  createRoute('POST', '/connect_webviews/create', createParams, create),
  createRoute('GET', '/connect_webviews/get', idParams, (params, call) => ({
    connect_webview: call.views.webview(webviewOf(params.connect_webview_id, call)),
  })),
  createRoute(
    'GET',
    '/connect_webviews/list',
    z.object({
      user_identifier_key: z.string().optional(),
      customer_key: z.string().optional(),
      custom_metadata_has: metadataFilterSchema,
      search: searchSchema().optional(),
      ...createPageSchema(500),
    }),
    (params, call) => {
      const { webviews } = call.building.state
      const rows = params.customer_key ? webviews.by('customer', params.customer_key) : webviews.all()
      const wanted = rows.filter(
        (row) =>
          params.user_identifier_key === undefined &&
          hasMetadata(row.custom_metadata, params.custom_metadata_has) &&
          matchesSearch(params.search, row.connect_webview_id, row.customer_key, ...row.accepted_providers),
      )
      const { sequence } = webviews
      return createPage(
        { key: 'connect_webviews', rows: wanted, sequence, view: call.views.webview },
        params,
        call,
      )
    },
  ),
  createRoute('DELETE', '/connect_webviews/delete', idParams, (params, call) => {
    const { connect_webview_id } = webviewOf(params.connect_webview_id, call)
    call.building.state.webviews.delete(connect_webview_id)
    return {}
  }),
]

function create(params: z.output<typeof createParams>, call: ApiCall): ApiAnswer {
  const { building, views } = call
  const accepted = params.accepted_providers ?? ['latch']
  if (!accepted.includes('latch') || params.excluded_providers?.includes('latch')) {
    throw createNotSupportedError(
      'This workspace connects to Latch only: latch must be among accepted_providers.',
    )
  }
  const metadata = Object.entries(params.custom_metadata ?? {})
  const webview: Webview = {
    connect_webview_id: randomUUID(),
    auth_token: randomBytes(18).toString('base64url'),
    status: 'pending',
    created_at: building.clock.stamp(),
    authorized_at: null,
    connected_account_id: null,
    accepted_providers: accepted,
    accepted_capabilities: params.accepted_capabilities ?? ['access_control'],
    any_provider_allowed: false,
    automatically_manage_new_devices: params.automatically_manage_new_devices,
    wait_for_device_creation: params.wait_for_device_creation,
    device_selection_mode: params.device_selection_mode,
    custom_metadata: Object.fromEntries(
      metadata.flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
    ),
    custom_redirect_url: params.custom_redirect_url ?? null,
    custom_redirect_failure_url: params.custom_redirect_failure_url ?? null,
    ...(params.customer_key === undefined ? {} : { customer_key: params.customer_key }),
  }
  building.state.webviews.put(webview)
  return { connect_webview: views.webview(webview) }
}

function webviewOf(connectWebviewId: string, { building }: ApiCall): Webview {
  return requireRow(building.state.webviews.get(connectWebviewId), 'connect_webview', connectWebviewId)
}
